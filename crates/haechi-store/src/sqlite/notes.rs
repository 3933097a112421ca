use super::SqliteStore;
use crate::{Note, StoreError};
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Notes that are not in the file yet: a reader must not wait for the writer.
#[derive(Debug, Default)]
pub(crate) struct PendingNotes {
    inner: Mutex<Pending>,
}

#[derive(Debug, Default)]
struct Pending {
    notes: Vec<Note>,
    /// Kind and name of what was said already.
    said: HashSet<(&'static str, String)>,
}

impl PendingNotes {
    fn inner(&self) -> MutexGuard<'_, Pending> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, kind: &'static str, name: &str, text: String) {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.inner().notes.push(Note {
            time_unix_ms: time.as_millis() as u64,
            kind: kind.into(),
            name: name.into(),
            text,
            count: 1,
        });
    }

    /// Says something about a thing once while the store is open.
    pub(crate) fn add_once(&self, kind: &'static str, name: &str, text: String) {
        let is_new = self.inner().said.insert((kind, name.to_owned()));
        if is_new {
            self.add(kind, name, text);
        }
    }

    /// What is not in the file yet.
    pub(crate) fn snapshot(&self) -> Vec<Note> {
        self.inner().notes.clone()
    }

    /// The first `count` of a snapshot are in the file now.
    pub(crate) fn saved(&self, count: usize) {
        self.inner().notes.drain(..count);
    }
}

impl SqliteStore {
    pub(super) fn read_notes(&self, limit: usize) -> Result<Vec<Note>, StoreError> {
        let mut notes = self.pending.snapshot();
        notes.reverse();
        let stored = self.read_main(self.short_deadline(), "read the notes", |conn| {
            let sql = "SELECT time_unix_ms, kind, name, text, count FROM notes \
                       ORDER BY id DESC LIMIT ?1";
            let mut statement = conn.prepare_cached(sql)?;
            let rows = statement.query_map([limit as i64], |row| {
                Ok(Note {
                    time_unix_ms: row.get::<_, i64>(0)?.unsigned_abs(),
                    kind: row.get(1)?,
                    name: row.get(2)?,
                    text: row.get(3)?,
                    count: row.get::<_, i64>(4)?.unsigned_abs(),
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<Note>>>()
        })?;
        notes.extend(stored);
        notes.truncate(limit);
        Ok(notes)
    }

    pub(super) fn read_drops(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.read_main(self.short_deadline(), "read the drops", |conn| {
            let sql = "SELECT reason, count FROM drops ORDER BY reason";
            let mut statement = conn.prepare_cached(sql)?;
            let rows = statement
                .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
            rows.collect()
        })
    }
}
