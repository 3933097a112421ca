//! Tickets that web2py wrote and the recorder did not see: from before Haechi,
//! or from a run without it. On a thread of its own, at a fifth of one core at
//! the most, the folders that programs have left with the spool are looked
//! through (`folders.rs`), files are read without following or opening anything
//! but a plain file (`file.rs`), and what `haechi-ticket` understands of them is
//! stored as exceptions (`import.rs`). The files are the app's: nothing of them
//! is changed, and one that cannot be understood is noted and left.
//!
//! Each ticket is a segment of its own for the store (see
//! [`haechi_store::TICKETS`]), so it counts once however often it is met.

mod file;
mod folders;
mod gathered;
mod import;
#[cfg(test)]
mod tests;
mod zone;

use crate::ServerError;
use crate::health::Health;
use haechi_spool::read::SpoolDir;
use haechi_store::Store;
use import::{Import, Pace};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two looks at folders in which nothing is left to do.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Wait after a step, in times of what it took, and at least.
const REST: u32 = 4;
const REST_MIN: Duration = Duration::from_millis(20);
/// Wait after the store refused something.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// The thread reads files of at most some MB, on the heap.
const STACK_BYTES: usize = 512 * 1024;

/// The running import.
#[derive(Debug)]
pub(crate) struct Tickets {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

/// What the import works with.
pub(crate) struct Parts {
    pub(crate) spool: SpoolDir,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) health: Arc<Health>,
}

impl Tickets {
    /// # Errors
    /// [`ServerError::Io`] if there can be no more threads.
    pub(crate) fn start(parts: Parts) -> Result<Self, ServerError> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("haechi-tickets".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || run(parts, &stopped))
            .map_err(ServerError::io("start to read tickets"))?;
        Ok(Self { stop, thread })
    }

    /// Ends after the step it is in; what is left is found again by the next.
    pub(crate) fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

fn run(parts: Parts, stopped: &Receiver<()>) {
    let mut import = Import::new(parts);
    let mut wait = Duration::ZERO;
    while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
        let began = Instant::now();
        wait = match import.step() {
            Pace::More => (began.elapsed() * REST).max(REST_MIN),
            Pace::Done => LOOK_EVERY,
            Pace::Failed => RETRY_AFTER,
        };
    }
}
