use super::SqliteStore;
use super::folder::Folder;
use super::readers::FileKey;
use crate::{Size, StoreError};
use rusqlite::{Connection, OptionalExtension};

impl SqliteStore {
    pub(super) fn read_size(&self) -> Result<Size, StoreError> {
        let deadline = self.long_deadline();
        let days = self.days();
        let mut size = Size {
            bytes: Folder::file_bytes(&self.folder.main_path()),
            quarantine_bytes: self.folder.quarantine_bytes(),
            ..Size::default()
        };
        let folded = self.read_main(deadline, "read what is folded", folded_days)?;
        for (day, part, counts) in folded {
            let state = days.iter().find(|(known, _)| known.number() == day).map(|(_, s)| *s);
            // the file itself knows better
            if !state.is_some_and(|state| state.dirty && state.part == Some(part)) {
                add(&mut size, counts);
            }
        }
        for (day, state) in days.iter().filter(|(_, state)| state.part.is_some()) {
            size.days += 1;
            size.bytes += Folder::file_bytes(&self.folder.day_path(*day));
            if state.dirty {
                let key = FileKey::Day(*day);
                let read = self.readers.lend(key, deadline).and_then(|conn| {
                    counts(&conn).map_err(StoreError::sqlite("read what a day holds"))
                });
                add(&mut size, self.skip_damage(*day, read)?.unwrap_or_default());
            }
        }
        Ok(size)
    }
}

/// Requests, log lines, exceptions, spans, samples and headers.
type Counts = [u64; 6];

fn counts(conn: &Connection) -> rusqlite::Result<Counts> {
    let mut counts = Counts::default();
    let names = ["requests", "logs", "exceptions", "spans", "samples", "headers"];
    for (name, place) in names.into_iter().zip(&mut counts) {
        *place = count(conn, name)?;
    }
    Ok(counts)
}

/// What was counted in a day's file, by the name of the counter.
pub(crate) fn count(conn: &Connection, name: &str) -> rusqlite::Result<u64> {
    let mut statement = conn.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    let found: Option<i64> = statement.query_row([name], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(0).unsigned_abs())
}

fn add(size: &mut Size, [requests, logs, exceptions, spans, samples, headers]: Counts) {
    size.requests += requests;
    size.logs += logs;
    size.exceptions += exceptions;
    size.spans += spans;
    size.samples += samples;
    size.headers += headers;
}

/// Day, part, and what was counted.
fn folded_days(conn: &Connection) -> rusqlite::Result<Vec<(u32, i64, Counts)>> {
    let sql = "SELECT day, part, requests, logs, exceptions, spans, samples, headers \
               FROM folded_days";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let number = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
        let counts = [number(2)?, number(3)?, number(4)?, number(5)?, number(6)?, number(7)?];
        Ok((row.get(0)?, row.get(1)?, counts))
    })?;
    rows.collect()
}
