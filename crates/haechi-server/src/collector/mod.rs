//! From the spool into the store, on a thread of its own. Each round lists the
//! segments, reads on where the store has got to, commits what was found as one
//! batch, and only then unlinks what is finished. If there is more than one batch,
//! the next is read while one is committed. Nothing is remembered between rounds
//! that the disk does not hold: after `kill -9` the next collector goes on as if
//! nothing had happened.

mod batch;
mod deaths;
mod end_of;
mod memory;
#[cfg(test)]
mod refusing_store;
mod round;
mod segment;
mod segments;
#[cfg(test)]
mod tests;
mod upkeep;

use crate::countries::CountryTable;
use crate::health::Health;
use crate::live::Live;
use crate::{ServerError, Settings};
use deaths::Deaths;
use haechi_spool::SetAside;
use haechi_spool::read::{CollectorLock, SpoolDir};
use haechi_store::Store;
use round::{Progress, Rounds};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use upkeep::Upkeep;

/// Between two looks at the spool, and so between two commits of a trickle.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The same once nothing has come for [`QUIET_AFTER`]: waking up is most of what
/// a look costs, and a single event shall be seen within 1.5 s.
const LOOK_EVERY_QUIET: Duration = Duration::from_millis(500);
const QUIET_AFTER: Duration = Duration::from_secs(5);
/// Wait after a failed commit; doubled with each further one, up to the second.
const RETRY_AFTER: Duration = Duration::from_millis(500);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(5);

/// The running collector.
#[derive(Debug)]
pub(crate) struct Collector {
    stop: Sender<Duration>,
    thread: JoinHandle<bool>,
}

/// What the collector works with.
pub(crate) struct Parts {
    pub(crate) settings: Settings,
    pub(crate) spool: SpoolDir,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) health: Arc<Health>,
    pub(crate) live: Arc<Live>,
    pub(crate) countries: Option<Arc<CountryTable>>,
}

impl Collector {
    /// Becomes the spool's collector and starts.
    ///
    /// # Errors
    /// [`ServerError::Spool`] if another collector runs; [`ServerError::Io`] if
    /// there can be no more threads.
    pub(crate) fn start(parts: Parts) -> Result<Self, ServerError> {
        let lock = parts.spool.lock_collector()?;
        // before anybody opens them, so that whoever does finds sound ones
        let aside = parts.spool.set_aside_faulty()?;
        let (stop, stopped) = channel();
        parts.health.set_running(true);
        let thread = std::thread::Builder::new()
            .name("haechi-collect".to_owned())
            .spawn(move || run(parts, &stopped, &lock, aside))
            .map_err(ServerError::io("start the collector"))?;
        Ok(Self { stop, thread })
    }

    /// Reads what is left, for at most `within`, and ends. Says whether all of
    /// it was stored; what was not stays in the spool for the next time.
    pub(crate) fn stop(self, within: Duration) -> bool {
        let _ = self.stop.send(within);
        self.thread.join().unwrap_or(false)
    }
}

/// Says that the collector no longer runs, also when it ends by a panic.
struct Running<'a>(&'a Health);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.set_running(false);
    }
}

fn run(
    parts: Parts,
    stopped: &Receiver<Duration>,
    _lock: &CollectorLock,
    aside: Vec<SetAside>,
) -> bool {
    let health = Arc::clone(&parts.health);
    let _running = Running(&health);
    let mut upkeep = Upkeep::new(&parts);
    let mut deaths = Deaths::new(&parts);
    let mut rounds = Rounds::new(parts);
    rounds.note_aside(aside);
    let mut last_found = Instant::now();
    let mut retry = RETRY_AFTER;
    let mut was_behind = false;
    loop {
        let progress = rounds.round(false);
        let wait = match progress {
            Progress::Behind => Duration::ZERO,
            Progress::Nothing if last_found.elapsed() > QUIET_AFTER => LOOK_EVERY_QUIET,
            Progress::CaughtUp | Progress::Nothing => LOOK_EVERY,
            Progress::Failed => retry,
        };
        match progress {
            Progress::Failed => retry = (retry * 2).min(RETRY_AFTER_MAX),
            Progress::Nothing if was_behind => {
                rounds.rest();
                memory::give_back();
                was_behind = false;
            }
            Progress::Nothing => {}
            Progress::Behind | Progress::CaughtUp => {
                was_behind |= progress == Progress::Behind;
                last_found = Instant::now();
                retry = RETRY_AFTER;
            }
        }
        health.beat();
        deaths.tell(&mut rounds, false);
        upkeep.look_after(&mut rounds);
        match stopped.recv_timeout(wait) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(within) => {
                let is_whole = drain(&mut rounds, within);
                deaths.tell(&mut rounds, true);
                return is_whole;
            }
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

/// Rounds until one finds nothing more.
fn drain(rounds: &mut Rounds, within: Duration) -> bool {
    let deadline = Instant::now() + within;
    loop {
        match rounds.round(true) {
            Progress::Nothing | Progress::CaughtUp => return true,
            Progress::Failed => return false,
            Progress::Behind if Instant::now() >= deadline => return false,
            Progress::Behind => {}
        }
    }
}
