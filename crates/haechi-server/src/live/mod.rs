//! What is happening now: one tick a second computed once for all who listen,
//! log lines as they are stored, and issues that are new or back. Nobody listening costs nothing; a client
//! that does not keep up misses events rather than holding anyone.

mod pulse;
mod tick;
mod ticker;

pub use tick::{AppTick, Numbers, Tick};
pub(crate) use ticker::run as run_ticker;

use crate::ServerError;
use crate::ask::{IssueNews, LogLine};
use std::sync::Arc;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, broadcast};

/// Clients at one time.
const LISTENERS: usize = 64;
/// Ticks a client may be behind before it misses some.
const TICKS: usize = 4;
/// Log lines a client may be behind before it misses some.
const LOGS: usize = 512;
/// Issues a client may be behind before it misses some.
const ISSUES: usize = 64;

/// Where ticks, log lines and issues are handed to whoever listens.
#[derive(Debug)]
pub(crate) struct Live {
    ticks: broadcast::Sender<Arc<Tick>>,
    logs: broadcast::Sender<Arc<LogLine>>,
    issues: broadcast::Sender<Arc<IssueNews>>,
    places: Arc<Semaphore>,
    /// Somebody has begun to listen.
    arrived: Notify,
}

/// One client's share of the live stream.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) ticks: broadcast::Receiver<Arc<Tick>>,
    pub(crate) logs: broadcast::Receiver<Arc<LogLine>>,
    pub(crate) issues: broadcast::Receiver<Arc<IssueNews>>,
    _place: OwnedSemaphorePermit,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            ticks: broadcast::Sender::new(TICKS),
            logs: broadcast::Sender::new(LOGS),
            issues: broadcast::Sender::new(ISSUES),
            places: Arc::new(Semaphore::new(LISTENERS)),
            arrived: Notify::new(),
        }
    }
}

impl Live {
    /// Begins to listen.
    ///
    /// # Errors
    /// [`ServerError::Busy`] if too many listen already.
    pub(crate) fn listen(&self) -> Result<Listener, ServerError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            ServerError::Busy(format!("{LISTENERS} live views are open; close one and try again"))
        })?;
        let listener = Listener {
            ticks: self.ticks.subscribe(),
            logs: self.logs.subscribe(),
            issues: self.issues.subscribe(),
            _place: place,
        };
        self.arrived.notify_one();
        Ok(listener)
    }

    /// Whether anybody would see a log line or an issue.
    pub(crate) fn is_heard(&self) -> bool {
        self.logs.receiver_count() > 0
    }

    /// A log line was stored. With nobody listening it is forgotten.
    pub(crate) fn log(&self, line: LogLine) {
        let _ = self.logs.send(Arc::new(line));
    }

    /// An issue is new or back. With nobody listening it is forgotten.
    pub(crate) fn issue(&self, news: IssueNews) {
        let _ = self.issues.send(Arc::new(news));
    }
}
