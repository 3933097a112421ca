//! What stays of single exceptions when their day is deleted: the first, latest
//! and representative occurrence of each issue.

use super::SqliteStore;
use super::day_file::DayFile;
use super::issue_ids::other_issue;
use super::issue_moves::merge_into;
use super::main_file::MainFile;
use super::stored_text::StoredTexts;
use super::writer::Writer;
use crate::StoreError;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};

/// All stacks that are kept take at most this part of the store's budget.
const PART_OF_BUDGET: u64 = 8;

const TO_KEEP: &str = "SELECT i.issue, i.first_id, i.latest_id, i.representative_id \
     FROM issue_days d JOIN issues i ON i.issue = d.issue WHERE d.day = ?1 AND d.part = ?2";
const READ: &str = "SELECT id, issue, grouping, mechanism, pid, request_id, ticket, message, \
     stack, app, route, release, kind, user FROM exceptions WHERE id = ?1 AND issue = ?2";
const KEEP: &str = "INSERT OR IGNORE INTO kept_events(id, issue, grouping, mechanism, pid, \
     request_id, ticket, message, stack, app, route, release, kind, user) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
const DROP_OTHERS: &str = "DELETE FROM kept_events WHERE issue = ?1 AND id NOT IN (?2, ?3, ?4)";

/// Copies what is to be kept of a day that is about to be deleted. Doing it
/// again changes nothing.
pub(crate) fn keep_events(file: &DayFile, main: &Connection) -> rusqlite::Result<()> {
    let (first, next) = file.day.request_ids();
    let transaction = Transaction::new_unchecked(main, TransactionBehavior::Immediate)?;
    let mut texts = StoredTexts::new(&file.conn);
    let mut read = file.conn.prepare_cached(READ)?;
    let mut keep = main.prepare_cached(KEEP)?;
    let mut drop_others = main.prepare_cached(DROP_OTHERS)?;
    let mut to_keep = main.prepare_cached(TO_KEEP)?;
    let mut issues = to_keep.query((file.day.number(), file.part))?;
    while let Some(row) = issues.next()? {
        let issue: i64 = row.get(0)?;
        let ids: [i64; 3] = [row.get(1)?, row.get(2)?, row.get(3)?];
        for id in ids.into_iter().filter(|id| (first..next).contains(&id.unsigned_abs())) {
            read.query_row((id, issue), |row| copy(row, &mut keep, &mut texts)).optional()?;
        }
        drop_others.execute((issue, ids[0], ids[1], ids[2]))?;
    }
    drop(issues);
    transaction.commit()
}

/// Texts that are numbers in the day's file become texts again.
fn copy(
    row: &Row<'_>,
    keep: &mut rusqlite::Statement<'_>,
    texts: &mut StoredTexts<'_>,
) -> rusqlite::Result<()> {
    for column in 0..9 {
        let value = rusqlite::types::ToSqlOutput::Borrowed(row.get_ref(column)?);
        keep.raw_bind_parameter(column + 1, value)?;
    }
    for column in 9..14 {
        keep.raw_bind_parameter(column + 1, texts.column(row, column)?)?;
    }
    keep.raw_execute()?;
    Ok(())
}

impl SqliteStore {
    /// Keeps what is kept for ever within bounds, whatever was recorded: stacks
    /// within a part of the budget, and of each app as many issues as it may
    /// have on a day. Those that occurred last longest ago give way: their
    /// stacks go, and past the second bound they become part of `(other)`.
    pub(super) fn bound_kept(
        &self,
        writer: &mut Writer,
        budget_bytes: u64,
    ) -> Result<(), StoreError> {
        let oldest = self.days().into_iter().find(|(_, s)| s.part.is_some()).map(|(day, _)| day);
        let before = oldest.map_or(0, |day| day.request_ids().0) as i64;
        let most = self.options.issues_per_app as i64;
        self.with_main(writer, |main| {
            let work = || -> rusqlite::Result<()> {
                bound_issues(main, before, most)?;
                bound_stacks(main, budget_bytes / PART_OF_BUDGET)
            };
            work().map_err(StoreError::sqlite("bound what is kept of issues"))
        })
    }
}

/// Only issues all of whose days are deleted, and that nobody decided about.
const TOO_MANY: &str = "SELECT issue FROM issues WHERE app = ?1 AND latest_id < ?2 \
     AND state_changed_ms IS NULL AND issue <> ?3 ORDER BY latest_id LIMIT ?4";
const PUT_OTHER: &str = "INSERT OR IGNORE INTO issues(issue, app, kind, message, culprit, reason, \
     grouping, events, first_id, latest_id, representative_id, frames) \
     SELECT ?1, app, '(other)', '', '', \
     'together because the app had too many issues', grouping, 0, first_id, latest_id, \
     representative_id, frames FROM issues WHERE issue = ?2";

fn bound_issues(main: &MainFile, before: i64, most: i64) -> rusqlite::Result<()> {
    let conn = &main.conn;
    let sql = "SELECT app, count(*) FROM issues GROUP BY app HAVING count(*) > ?1";
    let mut counts = conn.prepare_cached(sql)?;
    let counts: Vec<(String, i64)> = counts
        .query_map([most], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (app, count) in counts {
        let other = other_issue(&app) as i64;
        let transaction = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
        let mut too_many = conn.prepare_cached(TOO_MANY)?;
        let issues: Vec<i64> = too_many
            .query_map((&app, before, other, count - most), |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for issue in issues {
            conn.prepare_cached(PUT_OTHER)?.execute((other, issue))?;
            merge_into(conn, issue, other)?;
            // one of them is as good as another
            let sql = "DELETE FROM kept_events WHERE issue = ?1 AND id NOT IN \
                       (SELECT first_id FROM issues WHERE issue = ?1 \
                       UNION SELECT latest_id FROM issues WHERE issue = ?1 \
                       UNION SELECT representative_id FROM issues WHERE issue = ?1)";
            conn.prepare_cached(sql)?.execute([other])?;
        }
        transaction.commit()?;
    }
    Ok(())
}

fn bound_stacks(main: &MainFile, most_bytes: u64) -> rusqlite::Result<()> {
    let conn = &main.conn;
    let sql = "SELECT coalesce(sum(length(stack)), 0) FROM kept_events";
    let mut bytes = conn.query_row(sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs();
    if bytes <= most_bytes {
        return Ok(());
    }
    let sql = "SELECT k.rowid, length(k.stack) FROM kept_events k JOIN issues i USING (issue) \
               WHERE k.stack IS NOT NULL ORDER BY i.latest_id";
    let mut oldest = conn.prepare(sql)?;
    let mut gone = Vec::new();
    let mut rows = oldest.query([])?;
    while let Some(row) = rows.next()? {
        if bytes <= most_bytes {
            break;
        }
        bytes -= row.get::<_, i64>(1)?.unsigned_abs().min(bytes);
        gone.push(row.get::<_, i64>(0)?);
    }
    drop(rows);
    let transaction = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
    let mut forget = conn.prepare("UPDATE kept_events SET stack = NULL WHERE rowid = ?1")?;
    for rowid in gone {
        forget.execute([rowid])?;
    }
    drop(forget);
    transaction.commit()
}
