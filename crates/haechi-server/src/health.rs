use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A collector that has not gone round for this long is not moving rows.
const STALE: Duration = Duration::from_secs(8);

/// What the collector tells everyone else about itself. Ready means that rows
/// move: the loop goes round and the store takes what it is given.
#[derive(Debug)]
pub struct Health {
    started: Instant,
    /// Milliseconds after `started` of the last round.
    beat_ms: AtomicU64,
    running: AtomicBool,
    stored: AtomicU64,
    lag_ms: AtomicU64,
    appends_failed: AtomicU64,
    caught_up_unix_ms: AtomicU64,
    tickets: TicketProgress,
    /// Processes seen to end, by app.
    ended: Mutex<BTreeMap<String, u64>>,
    trouble: Mutex<Option<String>>,
}

/// How far the reading of tickets from before has got, since the start.
#[derive(Debug, Default)]
pub struct TicketProgress {
    waiting: AtomicU64,
    read: AtomicU64,
    refused: AtomicU64,
    trouble: Mutex<Option<String>>,
}

impl TicketProgress {
    /// Waiting to be read, read, and refused.
    #[must_use]
    pub fn numbers(&self) -> (u64, u64, u64) {
        let number = |of: &AtomicU64| of.load(Ordering::Relaxed);
        (number(&self.waiting), number(&self.read), number(&self.refused))
    }

    /// Why it does not go on; `None` if it does.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn waiting(&self, tickets: u64) {
        self.waiting.store(tickets, Ordering::Relaxed);
    }

    /// So many more, without trouble.
    pub(crate) fn read(&self, read: u64, refused: u64) {
        self.read.fetch_add(read, Ordering::Relaxed);
        self.refused.fetch_add(refused, Ordering::Relaxed);
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn failed(&self, why: String) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }
}

impl Default for Health {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            beat_ms: AtomicU64::new(0),
            running: AtomicBool::new(false),
            stored: AtomicU64::new(0),
            lag_ms: AtomicU64::new(0),
            appends_failed: AtomicU64::new(0),
            caught_up_unix_ms: AtomicU64::new(0),
            tickets: TicketProgress::default(),
            ended: Mutex::default(),
            trouble: Mutex::new(None),
        }
    }
}

impl Health {
    /// How long the server runs.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Records committed since the start.
    #[must_use]
    pub fn stored(&self) -> u64 {
        self.stored.load(Ordering::Relaxed)
    }

    /// How old the newest record of the last commit was when it was committed.
    #[must_use]
    pub fn lag(&self) -> Duration {
        Duration::from_millis(self.lag_ms.load(Ordering::Relaxed))
    }

    /// Commits that the store refused since the start.
    #[must_use]
    pub fn appends_failed(&self) -> u64 {
        self.appends_failed.load(Ordering::Relaxed)
    }

    /// # Errors
    /// Why rows do not move.
    pub fn ready(&self) -> Result<(), String> {
        if let Some(trouble) = self.trouble().clone() {
            return Err(trouble);
        }
        if !self.running.load(Ordering::Acquire) {
            return Err("the collector does not run; restart haechi".to_owned());
        }
        let beat = Duration::from_millis(self.beat_ms.load(Ordering::Relaxed));
        let silent = self.started.elapsed().saturating_sub(beat);
        if silent > STALE {
            let seconds = silent.as_secs();
            return Err(format!("the collector has been stuck for {seconds} s; restart haechi"));
        }
        Ok(())
    }

    /// The collector begins or ends.
    pub(crate) fn set_running(&self, running: bool) {
        self.beat();
        self.running.store(running, Ordering::Release);
    }

    /// The collector has gone round once more.
    pub(crate) fn beat(&self) {
        let ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.beat_ms.store(ms, Ordering::Relaxed);
    }

    /// The store took `records`; the newest was `lag_ms` old.
    pub(crate) fn committed(&self, records: u64, lag_ms: u64) {
        self.stored.fetch_add(records, Ordering::Relaxed);
        self.lag_ms.store(lag_ms, Ordering::Relaxed);
    }

    /// A commit failed, or the spool could not be read.
    pub(crate) fn append_failed(&self, why: String) {
        self.appends_failed.fetch_add(1, Ordering::Relaxed);
        self.set_trouble(Some(why));
    }

    /// All that was in the spool at that time is stored.
    pub(crate) fn caught_up(&self, unix_ms: u64) {
        self.caught_up_unix_ms.store(unix_ms, Ordering::Release);
    }

    /// Up to when all that reached the spool is stored, Unix ms; 0 if unknown.
    pub(crate) fn caught_up_unix_ms(&self) -> u64 {
        self.caught_up_unix_ms.load(Ordering::Acquire)
    }

    /// A process that recorded for these apps was seen to end.
    pub(crate) fn worker_ended<'a>(&self, apps: impl Iterator<Item = &'a str>) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        for app in apps {
            *ended.entry(app.to_owned()).or_default() += 1;
        }
    }

    /// Processes that were seen to end since the start, by app.
    #[must_use]
    pub fn workers_ended(&self) -> BTreeMap<String, u64> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far tickets from before are read.
    #[must_use]
    pub fn tickets(&self) -> &TicketProgress {
        &self.tickets
    }

    /// What keeps rows from moving, until it is over.
    pub(crate) fn set_trouble(&self, trouble: Option<String>) {
        *self.trouble() = trouble;
    }

    fn trouble(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Health;

    #[test]
    fn ready_means_running_and_without_trouble() {
        let health = Health::default();
        assert!(health.ready().is_err());
        health.set_running(true);
        assert_eq!(health.ready(), Ok(()));
        health.append_failed("the disk is full".to_owned());
        assert_eq!(health.ready(), Err("the disk is full".to_owned()));
        health.set_trouble(None);
        assert_eq!(health.ready(), Ok(()));
        assert_eq!(health.appends_failed(), 1);
    }
}
