use super::calendar::Day;
use super::folder::Folder;
use super::open_file::open_reader;
use crate::StoreError;
use rusqlite::Connection;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Connections kept open while nobody reads.
const MOST_IDLE: usize = 6;
/// How long one is kept.
const IDLE_FOR: Duration = Duration::from_secs(30);
/// Steps of SQLite's machine between two looks at the clock: about 0.1 ms.
const STEPS: i32 = 5000;

/// A file of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FileKey {
    Main,
    Day(Day),
}

/// Connections for reading, opened when needed, kept for a while.
#[derive(Debug)]
pub(crate) struct Readers {
    folder: Folder,
    idle: Mutex<Idle>,
    /// Deadlines are milliseconds since here.
    start: Instant,
}

#[derive(Debug, Default)]
struct Idle {
    readers: Vec<(FileKey, Reader, Instant)>,
    /// Goes up whenever a file is replaced or deleted: readers lent before
    /// that are not kept.
    epoch: u64,
}

#[derive(Debug)]
struct Reader {
    conn: Connection,
    deadline: Arc<AtomicU64>,
}

/// When a query must be over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Self {
        let now = Instant::now();
        Self(now.checked_add(limit).unwrap_or(now + Duration::from_secs(3600)))
    }

    pub(crate) fn is_over(self) -> bool {
        Instant::now() >= self.0
    }
}

impl Readers {
    pub(crate) fn new(folder: Folder) -> Self {
        Self { folder, idle: Mutex::default(), start: Instant::now() }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        // a list of connections is whole whatever another thread did
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends a connection whose queries end at the deadline.
    pub(crate) fn lend(&self, key: FileKey, deadline: Deadline) -> Result<Lent<'_>, StoreError> {
        let (found, epoch) = {
            let mut idle = self.idle();
            let at = idle.readers.iter().position(|(k, ..)| *k == key);
            (at.map(|at| idle.readers.swap_remove(at).1), idle.epoch)
        };
        let reader = match found {
            Some(reader) => reader,
            None => self.open(key)?,
        };
        let until = deadline.0.saturating_duration_since(self.start).as_millis() as u64;
        reader.deadline.store(until, Ordering::Relaxed);
        Ok(Lent { readers: self, key, epoch, reader: Some(reader) })
    }

    fn open(&self, key: FileKey) -> Result<Reader, StoreError> {
        let path = match key {
            FileKey::Main => self.folder.main_path(),
            FileKey::Day(day) => self.folder.day_path(day),
        };
        let mut conn = open_reader(&path)?;
        let deadline = Arc::new(AtomicU64::new(u64::MAX));
        let (until, start) = (Arc::clone(&deadline), self.start);
        let is_over = move || start.elapsed().as_millis() as u64 >= until.load(Ordering::Relaxed);
        conn.progress_handler(STEPS, Some(is_over))
            .map_err(StoreError::sqlite("prepare a file for reading"))?;
        Ok(Reader { conn, deadline })
    }

    /// Closes the readers of a file that is replaced or deleted.
    pub(crate) fn forget(&self, key: FileKey) {
        let mut idle = self.idle();
        idle.epoch += 1;
        idle.readers.retain(|(k, ..)| *k != key);
    }

    /// Closes readers nobody used for a while.
    pub(crate) fn close_idle(&self) {
        self.idle().readers.retain(|(_, _, since)| since.elapsed() < IDLE_FOR);
    }

    fn take_back(&self, key: FileKey, epoch: u64, reader: Reader) {
        let mut idle = self.idle();
        idle.readers.retain(|(_, _, since)| since.elapsed() < IDLE_FOR);
        if idle.epoch != epoch {
            return;
        }
        if idle.readers.len() >= MOST_IDLE {
            idle.readers.remove(0);
        }
        idle.readers.push((key, reader, Instant::now()));
    }
}

/// A lent connection; goes back when dropped.
#[derive(Debug)]
pub(crate) struct Lent<'r> {
    readers: &'r Readers,
    key: FileKey,
    epoch: u64,
    /// `None` only while dropping.
    reader: Option<Reader>,
}

impl Deref for Lent<'_> {
    type Target = Connection;

    #[expect(clippy::expect_used, reason = "the reader is there until the drop")]
    fn deref(&self) -> &Connection {
        &self.reader.as_ref().expect("a lent reader is there").conn
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            if !reader.conn.is_autocommit() && reader.conn.execute_batch("ROLLBACK").is_err() {
                return;
            }
            self.readers.take_back(self.key, self.epoch, reader);
        }
    }
}
