use super::calendar::Day;
use super::folder::Folder;
use super::open_file::{Refused, When, open_writer};
use super::releases::ReleaseTimes;
use super::schema::Kind;
use crate::{Note, Position, StoreError, TICKETS};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use std::collections::BTreeMap;

/// Notes kept; older ones go.
const MOST_NOTES: i64 = 10_000;
/// Reasons of drops kept apart.
const MOST_REASONS: i64 = 1000;

/// What is known of a day without opening its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DayState {
    /// The part its file is, if it has one.
    pub(crate) part: Option<i64>,
    /// Its file may hold numbers that are not folded yet.
    pub(crate) dirty: bool,
    /// Numbers of files it had before are folded.
    pub(crate) older_parts: bool,
}

/// All days that have a file or folded numbers.
pub(crate) type Days = BTreeMap<Day, DayState>;

/// First and last time an app was seen, Unix ms.
pub(crate) type Seen<'a> = Vec<(&'a str, u64, u64)>;

/// The main file, open for writing.
#[derive(Debug)]
pub(crate) struct MainFile {
    pub(crate) conn: Connection,
}

impl MainFile {
    pub(crate) fn open(folder: &Folder) -> Result<Self, Refused> {
        Ok(Self { conn: open_writer(&folder.main_path(), Kind::Main, When::Start)? })
    }

    /// Reads what is known of all days.
    pub(crate) fn days(&self) -> Result<Days, StoreError> {
        self.read_days().map_err(StoreError::sqlite("read the list of days"))
    }

    fn read_days(&self) -> rusqlite::Result<Days> {
        let mut days = Days::new();
        let mut files = self.conn.prepare("SELECT day, part, dirty FROM day_files")?;
        let mut rows = files.query([])?;
        while let Some(row) = rows.next()? {
            let state =
                DayState { part: Some(row.get(1)?), dirty: row.get(2)?, older_parts: false };
            days.insert(Day::from_number(row.get(0)?), state);
        }
        let mut folded = self.conn.prepare("SELECT day, part FROM folded_days")?;
        let mut rows = folded.query([])?;
        while let Some(row) = rows.next()? {
            let part: i64 = row.get(1)?;
            let state = days.entry(Day::from_number(row.get(0)?)).or_default();
            state.older_parts |= state.part != Some(part);
        }
        Ok(days)
    }

    /// Says that a day has a file of this part whose numbers are not folded.
    pub(crate) fn set_day_file(&self, day: Day, part: i64) -> Result<(), StoreError> {
        let doing = StoreError::sqlite("note a new day");
        let sql = "INSERT OR REPLACE INTO day_files(day, part, dirty) VALUES (?1, ?2, 1)";
        self.conn.execute(sql, (day.number(), part)).map_err(&doing)?;
        let sql = "INSERT INTO meta(name, value) VALUES ('part', ?1) \
                   ON CONFLICT(name) DO UPDATE SET value = max(value, excluded.value)";
        self.conn.execute(sql, [part]).map_err(&doing)?;
        Ok(())
    }

    /// A part no file has or had.
    pub(crate) fn new_part(&self) -> Result<i64, StoreError> {
        let sql = "INSERT INTO meta(name, value) VALUES ('part', 1) \
                   ON CONFLICT(name) DO UPDATE SET value = value + 1 RETURNING value";
        let read = self.conn.query_row(sql, [], |row| row.get(0));
        read.map_err(StoreError::sqlite("number a new day"))
    }

    pub(crate) fn forget_day_file(&self, day: Day) -> Result<(), StoreError> {
        let sql = "DELETE FROM day_files WHERE day = ?1";
        let done = self.conn.execute(sql, [day.number()]);
        done.map(|_| ()).map_err(StoreError::sqlite("forget a day"))
    }

    /// Commits what a batch tells besides its records.
    pub(crate) fn commit_batch(
        &self,
        positions: &[(&str, Position)],
        seen: &Seen<'_>,
        releases: &ReleaseTimes<'_>,
        drops: &[(String, u64)],
        notes: &[Note],
    ) -> Result<(), StoreError> {
        let work = || -> rusqlite::Result<()> {
            let transaction =
                Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)?;
            self.put_positions(positions)?;
            self.put_seen(seen)?;
            releases.save_in_main(&self.conn)?;
            self.add_drops(drops)?;
            self.add_notes(notes)?;
            transaction.commit()
        };
        work().map_err(StoreError::sqlite("write the main file"))
    }

    fn put_positions(&self, positions: &[(&str, Position)]) -> rusqlite::Result<()> {
        let sql = "INSERT INTO positions(segment, end, records) VALUES (?1, ?2, ?3) \
                   ON CONFLICT(segment) DO UPDATE SET end = max(end, excluded.end), \
                   records = max(records, excluded.records)";
        let mut statement = self.conn.prepare_cached(sql)?;
        for (segment, position) in positions {
            statement.execute((segment, position.end as i64, position.records as i64))?;
        }
        Ok(())
    }

    fn put_seen(&self, seen: &Seen<'_>) -> rusqlite::Result<()> {
        let sql = "INSERT INTO apps(app, first_seen_ms, last_seen_ms) VALUES (?1, ?2, ?3) \
                   ON CONFLICT(app) DO UPDATE SET \
                   first_seen_ms = min(first_seen_ms, excluded.first_seen_ms), \
                   last_seen_ms = max(last_seen_ms, excluded.last_seen_ms)";
        let mut statement = self.conn.prepare_cached(sql)?;
        for (app, first, last) in seen {
            statement.execute((app, *first as i64, *last as i64))?;
        }
        Ok(())
    }

    fn add_drops(&self, drops: &[(String, u64)]) -> rusqlite::Result<()> {
        let sql = "INSERT INTO drops(reason, count) SELECT CASE WHEN \
                   (SELECT count(*) FROM drops) < ?3 THEN ?1 ELSE '(other)' END, ?2 WHERE true \
                   ON CONFLICT(reason) DO UPDATE SET count = count + excluded.count";
        let known = "UPDATE drops SET count = count + ?2 WHERE reason = ?1";
        for (reason, count) in drops {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            if self.conn.prepare_cached(known)?.execute((reason, count))? == 0 {
                self.conn.prepare_cached(sql)?.execute((reason, count, MOST_REASONS))?;
            }
        }
        Ok(())
    }

    fn add_notes(&self, notes: &[Note]) -> rusqlite::Result<()> {
        if notes.is_empty() {
            return Ok(());
        }
        let sql = "INSERT INTO notes(time_unix_ms, kind, name, text, count) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let mut statement = self.conn.prepare_cached(sql)?;
        for note in notes {
            let count = i64::try_from(note.count).unwrap_or(i64::MAX);
            let time = i64::try_from(note.time_unix_ms).unwrap_or(i64::MAX);
            statement.execute((time, &note.kind, &note.name, &note.text, count))?;
        }
        let sql = "DELETE FROM notes WHERE id <= (SELECT max(id) FROM notes) - ?1";
        self.conn.prepare_cached(sql)?.execute([MOST_NOTES])?;
        Ok(())
    }

    pub(crate) fn position(&self, segment: &str) -> Result<Position, StoreError> {
        let sql = "SELECT end, records FROM positions WHERE segment = ?1";
        let read = || {
            let mut statement = self.conn.prepare_cached(sql)?;
            let found = statement.query_row([segment], |row| {
                let (end, records): (i64, i64) = (row.get(0)?, row.get(1)?);
                Ok(Position { end: end as u64, records: records as u64 })
            });
            found.optional()
        };
        let found = read().map_err(StoreError::sqlite("read a position"))?;
        Ok(found.unwrap_or_default())
    }

    pub(crate) fn forget_segments(&self, keep: &[&str]) -> Result<(), StoreError> {
        let keep: std::collections::HashSet<&str> = keep.iter().copied().collect();
        let work = || -> rusqlite::Result<()> {
            let transaction =
                Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)?;
            let mut gone = Vec::new();
            {
                let mut names = self.conn.prepare_cached("SELECT segment FROM positions")?;
                let mut rows = names.query([])?;
                while let Some(row) = rows.next()? {
                    let name: String = row.get(0)?;
                    if !name.starts_with(TICKETS) && !keep.contains(name.as_str()) {
                        gone.push(name);
                    }
                }
            }
            let mut delete =
                self.conn.prepare_cached("DELETE FROM positions WHERE segment = ?1")?;
            for name in gone {
                delete.execute([name])?;
            }
            drop(delete);
            transaction.commit()
        };
        work().map_err(StoreError::sqlite("forget old positions"))
    }
}
