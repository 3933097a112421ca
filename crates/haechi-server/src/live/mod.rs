//! What is happening now: one tick a second computed once for all who listen,
//! log lines as they are stored, each client those of its own search, and issues and
//! patterns that are new. Nobody listening costs nothing; a client that does not
//! keep up misses events rather than holding anyone.

mod pulse;
mod tails;
mod tick;
mod ticker;

pub use pulse::Pulse;
pub(crate) use tails::NewLine;
pub use tick::{AppTick, Numbers, Tick};
pub(crate) use ticker::run as run_ticker;

use crate::ServerError;
use crate::ask::{IssueNews, LogLine, PatternNews};
use haechi_store::LogMatcher;
use std::sync::Arc;
use tails::Tails;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, broadcast, mpsc};

/// Clients at one time.
const LISTENERS: usize = 64;
/// Ticks a client may be behind before it misses some.
const TICKS: usize = 4;
/// Issues, and patterns, a client may be behind before it misses some.
const NEWS: usize = 64;

/// Where ticks, log lines and issues are handed to whoever listens.
#[derive(Debug)]
pub(crate) struct Live {
    ticks: broadcast::Sender<Arc<Tick>>,
    tails: Tails,
    issues: broadcast::Sender<Arc<IssueNews>>,
    patterns: broadcast::Sender<Arc<PatternNews>>,
    places: Arc<Semaphore>,
    /// Somebody has begun to listen.
    arrived: Notify,
}

/// One client's share of the live stream.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) ticks: broadcast::Receiver<Arc<Tick>>,
    pub(crate) logs: mpsc::Receiver<Arc<LogLine>>,
    pub(crate) issues: broadcast::Receiver<Arc<IssueNews>>,
    pub(crate) patterns: broadcast::Receiver<Arc<PatternNews>>,
    _place: OwnedSemaphorePermit,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            ticks: broadcast::Sender::new(TICKS),
            tails: Tails::default(),
            issues: broadcast::Sender::new(NEWS),
            patterns: broadcast::Sender::new(NEWS),
            places: Arc::new(Semaphore::new(LISTENERS)),
            arrived: Notify::new(),
        }
    }
}

impl Live {
    /// Begins to listen, to log lines that pass.
    ///
    /// # Errors
    /// [`ServerError::Busy`] if too many listen already.
    pub(crate) fn listen(&self, lines: LogMatcher) -> Result<Listener, ServerError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            ServerError::Busy(format!("{LISTENERS} live views are open; close one and try again"))
        })?;
        let listener = Listener {
            ticks: self.ticks.subscribe(),
            logs: self.tails.add(lines),
            issues: self.issues.subscribe(),
            patterns: self.patterns.subscribe(),
            _place: place,
        };
        self.arrived.notify_one();
        Ok(listener)
    }

    /// Whether anybody would see a log line, an issue or a pattern.
    pub(crate) fn is_heard(&self) -> bool {
        self.tails.any()
    }

    /// Log lines were stored.
    pub(crate) fn lines<'a>(&self, lines: impl Iterator<Item = NewLine<'a>>) {
        self.tails.hand_out(lines);
    }

    /// An issue is new or back. With nobody listening it is forgotten.
    pub(crate) fn issue(&self, news: IssueNews) {
        let _ = self.issues.send(Arc::new(news));
    }

    /// A pattern is new. With nobody listening it is forgotten.
    pub(crate) fn pattern(&self, news: PatternNews) {
        let _ = self.patterns.send(Arc::new(news));
    }
}
