//! Clients that wait for log lines, each with its own search.

use crate::ask::LogLine;
use haechi_event::Log;
use haechi_store::{LogId, LogMatcher};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// Log lines a client may be behind before it misses some.
const LINES: usize = 512;

/// A line on its way into the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewLine<'a> {
    pub(crate) id: LogId,
    pub(crate) pattern: u64,
    pub(crate) pid: u32,
    pub(crate) log: &'a Log<'a>,
}

/// All that wait.
#[derive(Default)]
pub(super) struct Tails {
    waiting: Mutex<Vec<Tail>>,
}

struct Tail {
    matcher: LogMatcher,
    lines: mpsc::Sender<Arc<LogLine>>,
}

impl Tails {
    fn waiting(&self) -> MutexGuard<'_, Vec<Tail>> {
        // a list of clients is whole whatever another thread did
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to wait for lines that pass.
    pub(super) fn add(&self, matcher: LogMatcher) -> mpsc::Receiver<Arc<LogLine>> {
        let (lines, received) = mpsc::channel(LINES);
        self.waiting().push(Tail { matcher, lines });
        received
    }

    /// Whether anybody waits.
    pub(super) fn any(&self) -> bool {
        let mut waiting = self.waiting();
        waiting.retain(|tail| !tail.lines.is_closed());
        !waiting.is_empty()
    }

    /// Hands lines to those whose search they pass. One that is behind misses
    /// them.
    pub(super) fn hand_out<'a>(&self, lines: impl Iterator<Item = NewLine<'a>>) {
        let mut waiting = self.waiting();
        for NewLine { id, pattern, pid, log } in lines {
            let mut shared = None;
            for tail in waiting.iter_mut().filter(|tail| tail.lines.capacity() > 0) {
                // without memory for the line it is missed
                if !tail.matcher.matches(log, pattern).unwrap_or(false) {
                    continue;
                }
                let make = || Arc::new(LogLine::incoming(id, pattern, pid, log));
                let _ = tail.lines.try_send(Arc::clone(shared.get_or_insert_with(make)));
            }
        }
    }
}

impl fmt::Debug for Tails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tails({})", self.waiting().len())
    }
}
