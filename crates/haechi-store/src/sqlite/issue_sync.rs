//! Brings what the main file knows of issues up to what day files count.
//!
//! Day files are the truth: a row, its issue's numbers and the read position
//! are one transaction there. The main file repeats the numbers of each issue
//! and day as they are, never as a difference, so that doing it again after a
//! crash changes nothing; which ones changed is told by a number that only
//! goes up ([`schema`](super::schema), `changed` and `synced_days`).

use super::SqliteStore;
use super::calendar::Day;
use super::day_file::DayFile;
use super::fold::is_sound;
use super::issue_moves;
use super::issue_state::settle;
use super::issue_users;
use super::size::count;
use super::writer::Writer;
use crate::{AppendedException, StoreError};
use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};
use std::collections::HashSet;

/// So many new main files in a row that are damaged at once are the disk's.
const TRIES: u32 = 3;

/// What became of issues.
#[derive(Debug, Default)]
pub(crate) struct Synced {
    new: HashSet<u64>,
    regressed: HashSet<u64>,
}

impl Synced {
    /// Says it of the first occurrence of each.
    pub(crate) fn tell(mut self, exceptions: &mut [AppendedException]) {
        for exception in exceptions {
            exception.is_new_issue = self.new.remove(&exception.issue);
            exception.regressed = self.regressed.remove(&exception.issue);
        }
    }
}

impl SqliteStore {
    /// Brings in every day whose file may have counted more.
    pub(super) fn sync_issues(&self, writer: &mut Writer) -> Result<Synced, StoreError> {
        let mut synced = Synced::default();
        let mut tries = 0;
        while let Some(day) = writer.unsynced.first().copied() {
            match self.sync_day(writer, day, &mut synced) {
                Err(error) if error.is_damage() && tries < TRIES => {
                    tries += 1;
                    if is_sound(&writer.main.conn) {
                        self.replace_day(writer, day, &error.to_string())?;
                    } else {
                        self.replace_main(writer, &error.to_string())?;
                    }
                }
                Err(error) => return Err(error),
                Ok(()) => drop(writer.unsynced.remove(&day)),
            }
        }
        Ok(synced)
    }

    fn sync_day(
        &self,
        writer: &mut Writer,
        day: Day,
        synced: &mut Synced,
    ) -> Result<(), StoreError> {
        if self.days().get(&day).is_none_or(|state| state.part.is_none()) {
            return Ok(());
        }
        self.open_day(writer, day)?;
        let Some(file) = writer.opened(day) else { return Ok(()) };
        sync_file(file, &writer.main.conn, synced).map_err(StoreError::sqlite("count issues"))
    }
}

fn sync_file(file: &DayFile, main: &Connection, synced: &mut Synced) -> rusqlite::Result<()> {
    let now = (count(&file.conn, "exceptions")?, count(&file.conn, "regroups")?);
    let seen = seen(file, main)?;
    if now == seen {
        return Ok(());
    }
    let transaction = Transaction::new_unchecked(main, TransactionBehavior::Immediate)?;
    if now.1 == seen.1 {
        for issue in bring(file, main, seen.0)? {
            refresh(main, issue.issue)?;
            if issue.is_new {
                synced.new.insert(issue.issue as u64);
            }
            if settle(main, &file.conn, issue.issue)? {
                synced.regressed.insert(issue.issue as u64);
            }
        }
    } else {
        issue_moves::follow(file, main)?;
    }
    let sql = "INSERT OR REPLACE INTO synced_days(day, part, changes, regroups) \
               VALUES (?1, ?2, ?3, ?4)";
    main.execute(sql, (file.day.number(), file.part, now.0 as i64, now.1 as i64))?;
    transaction.commit()
}

/// How many exceptions, and how many groupings again, are known.
fn seen(file: &DayFile, main: &Connection) -> rusqlite::Result<(u64, u64)> {
    let sql = "SELECT changes, regroups FROM synced_days WHERE day = ?1 AND part = ?2";
    let mut statement = main.prepare_cached(sql)?;
    let found = statement.query_row((file.day.number(), file.part), |row| {
        Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, i64>(1)?.unsigned_abs()))
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// An issue whose numbers were brought to the main file.
pub(crate) struct Brought {
    pub(crate) issue: i64,
    /// The main file did not know it.
    pub(crate) is_new: bool,
}

const CHANGED: &str = "SELECT issue, app, kind, message, culprit, reason, grouping, events, \
     first_id, latest_id, representative_id, frames FROM issues WHERE changed > ?1 ORDER BY issue";
const PUT_DAY: &str = "INSERT OR REPLACE INTO issue_days(issue, day, part, events, first_id, \
     latest_id, representative_id, frames) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const PUT_ISSUE: &str = "INSERT INTO issues(issue, app, kind, message, culprit, reason, grouping, \
     events, first_id, latest_id, representative_id, frames) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
     ON CONFLICT(issue) DO UPDATE SET \
     kind = iif(excluded.latest_id >= latest_id, excluded.kind, kind), \
     message = iif(excluded.latest_id >= latest_id, excluded.message, message), \
     culprit = iif(excluded.latest_id >= latest_id, excluded.culprit, culprit), \
     reason = iif(excluded.latest_id >= latest_id, excluded.reason, reason), \
     grouping = excluded.grouping";

/// Repeats the numbers of the issues that changed since, as they are now.
pub(crate) fn bring(
    file: &DayFile,
    main: &Connection,
    since: u64,
) -> rusqlite::Result<Vec<Brought>> {
    let mut brought = Vec::new();
    let mut changed = file.conn.prepare_cached(CHANGED)?;
    let mut is_known = main.prepare_cached("SELECT 1 FROM issues WHERE issue = ?1")?;
    let mut rows = changed.query([since as i64])?;
    while let Some(row) = rows.next()? {
        let issue: i64 = row.get(0)?;
        brought.push(Brought { issue, is_new: !is_known.exists([issue])? });
        put_issue(file, main, row, issue)?;
        put_details(file, main, issue)?;
    }
    Ok(brought)
}

fn put_issue(file: &DayFile, main: &Connection, row: &Row<'_>, issue: i64) -> rusqlite::Result<()> {
    let number = |column: usize| row.get::<_, i64>(column);
    let mut put = main.prepare_cached(PUT_ISSUE)?;
    for column in 0..12 {
        put.raw_bind_parameter(column + 1, ToSqlOutput::Borrowed(row.get_ref(column)?))?;
    }
    put.raw_execute()?;
    main.prepare_cached(PUT_DAY)?.execute((
        issue,
        file.day.number(),
        file.part,
        number(7)?,
        number(8)?,
        number(9)?,
        number(10)?,
        number(11)?,
    ))?;
    Ok(())
}

fn put_details(file: &DayFile, main: &Connection, issue: i64) -> rusqlite::Result<()> {
    let sql = "SELECT hour, events FROM issue_hours WHERE issue = ?1";
    let mut read = file.conn.prepare_cached(sql)?;
    let sql = "INSERT OR REPLACE INTO issue_hours(issue, hour, part, events) \
               VALUES (?1, ?2, ?3, ?4)";
    let mut put = main.prepare_cached(sql)?;
    let mut rows = read.query([issue])?;
    while let Some(row) = rows.next()? {
        put.execute((issue, row.get::<_, i64>(0)?, file.part, row.get::<_, i64>(1)?))?;
    }
    let sql = "SELECT of, name, events FROM issue_shares WHERE issue = ?1";
    let mut read = file.conn.prepare_cached(sql)?;
    let sql = "INSERT OR REPLACE INTO issue_shares(issue, of, name, day, part, events) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut put = main.prepare_cached(sql)?;
    let mut rows = read.query([issue])?;
    while let Some(row) = rows.next()? {
        let (of, events): (i64, i64) = (row.get(0)?, row.get(2)?);
        let name = row.get_ref(1)?.as_str()?;
        put.execute((issue, of, name, file.day.number(), file.part, events))?;
    }
    issue_users::bring(&file.conn, main, issue, (file.day.number().into(), file.part))
}

/// Adds up an issue's days; without any there is no issue.
pub(crate) fn refresh(main: &Connection, issue: i64) -> rusqlite::Result<()> {
    let sql = "SELECT 1 FROM issue_days WHERE issue = ?1";
    if !main.prepare_cached(sql)?.exists([issue])? {
        main.prepare_cached("DELETE FROM issues WHERE issue = ?1")?.execute([issue])?;
        main.prepare_cached("DELETE FROM kept_events WHERE issue = ?1")?.execute([issue])?;
        return Ok(());
    }
    let sql = "UPDATE issues SET (events, first_id, latest_id) = \
               (SELECT sum(events), min(first_id), max(latest_id) FROM issue_days d \
               WHERE d.issue = ?1), \
               (representative_id, frames) = (SELECT representative_id, frames FROM issue_days d \
               WHERE d.issue = ?1 ORDER BY frames DESC, representative_id LIMIT 1) \
               WHERE issue = ?1";
    main.prepare_cached(sql)?.execute([issue])?;
    Ok(())
}
