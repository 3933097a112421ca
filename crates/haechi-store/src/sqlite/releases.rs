//! Which releases of which apps handled requests, and when: counted in each day's
//! file with its rows, and kept in the main file for years.

use super::SqliteStore;
use super::day_file::DayFile;
use super::hash::QuickMap;
use crate::{ReleaseSeen, StoreError};
use haechi_event::Request;
use rusqlite::{CachedStatement, Connection, OptionalExtension};

/// A release that comes back after this long, and after another one began, is
/// told as one of its own: somebody went back to it. Sooner, old and new workers
/// may only be taking turns.
const AGAIN_MS: i64 = 10 * 60_000;
/// Releases kept of an app; the oldest go.
const KEPT_PER_APP: i64 = 1000;

impl SqliteStore {
    /// By the time they began.
    pub(super) fn read_releases(&self) -> Result<Vec<ReleaseSeen>, StoreError> {
        self.read_main(self.long_deadline(), "read the releases", |main| {
            let sql = "SELECT app, release, first_ms, last_ms FROM releases \
                       ORDER BY first_ms, app, release";
            let mut statement = main.prepare_cached(sql)?;
            let ms = |value: i64| value.unsigned_abs();
            let rows = statement.query_map([], |row| {
                Ok(ReleaseSeen {
                    app: row.get(0)?,
                    release: row.get(1)?,
                    first_ms: ms(row.get(2)?),
                    last_ms: ms(row.get(3)?),
                })
            })?;
            rows.collect()
        })
    }
}

/// App and release with the first and last time they were seen, Unix ms.
#[derive(Debug, Default)]
pub(crate) struct ReleaseTimes<'a> {
    times: Vec<(&'a str, &'a str, u64, u64)>,
    index: QuickMap<(&'a str, &'a str), usize>,
}

impl<'a> ReleaseTimes<'a> {
    /// A request of it that began at `ms`.
    #[inline]
    pub(crate) fn see(&mut self, request: &Request<'a>, ms: u64) {
        let (app, release) = (request.app, request.release);
        if release.is_empty() {
            return;
        }
        let at = *self.index.entry((app, release)).or_insert_with(|| {
            self.times.push((app, release, ms, ms));
            self.times.len() - 1
        });
        let (_, _, first, last) = &mut self.times[at];
        *first = (*first).min(ms);
        *last = (*last).max(ms);
    }

    /// Adds them to those of a day.
    pub(crate) fn save_in_day(&self, day: &Connection) -> rusqlite::Result<()> {
        let sql = "INSERT INTO releases(app, release, first_ms, last_ms) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT(app, release) DO UPDATE SET \
                   first_ms = min(first_ms, excluded.first_ms), \
                   last_ms = max(last_ms, excluded.last_ms)";
        for (app, release, first, last) in &self.times {
            let mut statement = day.prepare_cached(sql)?;
            statement.execute((app, release, *first as i64, *last as i64))?;
        }
        Ok(())
    }

    /// Adds them to those of the main file; the same ones again change nothing.
    pub(crate) fn save_in_main(&self, main: &Connection) -> rusqlite::Result<()> {
        let mut times = self.times.clone();
        times.sort_unstable_by_key(|(_, _, first, _)| *first);
        for (app, release, first, last) in &times {
            save_one(main, (app, release), (*first as i64, *last as i64))?;
        }
        Ok(())
    }
}

impl DayFile {
    /// The releases in this file, for a main file that has none of them.
    pub(crate) fn bring_releases(&self, main: &Connection) -> Result<(), StoreError> {
        let work = || -> rusqlite::Result<()> {
            let sql = "SELECT app, release, first_ms, last_ms FROM releases ORDER BY first_ms";
            let mut statement = self.conn.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let names = (row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
                save_one(main, names, (row.get(2)?, row.get(3)?))?;
            }
            Ok(())
        };
        work().map_err(StoreError::sqlite("bring the releases of a day"))
    }
}

fn save_one(
    main: &Connection,
    (app, release): (&str, &str),
    (first, last): (i64, i64),
) -> rusqlite::Result<()> {
    let known =
        |sql: &'static str| -> rusqlite::Result<CachedStatement<'_>> { main.prepare_cached(sql) };
    // the time it was there before this one; of a record that comes late the first
    let sql = "SELECT first_ms, last_ms FROM releases WHERE app = ?1 AND release = ?2 \
               ORDER BY first_ms > ?3, abs(first_ms - ?3) LIMIT 1";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let before = known(sql)?.query_row((app, release, first), row).optional()?;
    if let Some((began, ended)) = before {
        let sql = "SELECT EXISTS (SELECT 1 FROM releases WHERE app = ?1 AND release <> ?2 \
                   AND first_ms > ?3 AND first_ms <= ?4)";
        let other: bool = known(sql)?.query_row((app, release, ended, first), |row| row.get(0))?;
        if !(other && first - ended >= AGAIN_MS) {
            let sql = "UPDATE releases SET first_ms = min(first_ms, ?4) \
                       WHERE app = ?1 AND release = ?2 AND first_ms = ?3";
            known(sql)?.execute((app, release, began, first))?;
            // read again, it may reach over a time that was told as another one
            let sql = "UPDATE releases SET last_ms = max(last_ms, ?3) WHERE app = ?1 \
                       AND release = ?2 AND first_ms = (SELECT max(first_ms) FROM releases \
                       WHERE app = ?1 AND release = ?2 AND first_ms <= ?3)";
            known(sql)?.execute((app, release, last))?;
            return Ok(());
        }
    }
    let sql = "INSERT INTO releases(app, release, first_ms, last_ms) VALUES (?1, ?2, ?3, ?4)";
    known(sql)?.execute((app, release, first, last))?;
    let sql = "DELETE FROM releases WHERE app = ?1 AND first_ms < (SELECT first_ms FROM releases \
               WHERE app = ?1 ORDER BY first_ms DESC LIMIT 1 OFFSET ?2)";
    known(sql)?.execute((app, KEPT_PER_APP - 1))?;
    Ok(())
}
