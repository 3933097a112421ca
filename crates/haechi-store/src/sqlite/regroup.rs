use super::SqliteStore;
use super::calendar::Day;
use super::day_file::DayFile;
use super::exception_rows::{ExceptionRows, grouped};
use super::issue_ids::IssueIds;
use super::issue_moves::merge_into;
use super::main_file::MainFile;
use super::route_ids::OTHER;
use super::size::count;
use super::stored_exceptions::{KEPT, OF_DAY, whole};
use super::writer::Writer;
use crate::{Regrouped, StoreError, StoredException};
use haechi_event::{Exception, Grouping, RequestId};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use std::collections::BTreeSet;

/// Rows that are in memory at once.
const AT_ONCE: i64 = 200;

impl SqliteStore {
    /// Day by day, each in one transaction that also says which issues became
    /// which; the main file follows after each. A crash in between loses
    /// nothing: what the main file lacks, the next start brings.
    pub(super) fn group_again(
        &self,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Regrouped, StoreError> {
        let mut writer = self.writer()?;
        self.sync_issues(&mut writer)?;
        let days: Vec<Day> =
            self.days().into_iter().filter(|(_, s)| s.part.is_some()).map(|(day, _)| day).collect();
        let mut regrouped = Regrouped::default();
        for (done, day) in days.iter().enumerate() {
            progress(done as u64, days.len() as u64);
            self.group_day_again(&mut writer, *day, &mut regrouped)?;
            self.sync_issues(&mut writer)?;
        }
        regrouped.issues = self.with_main(&mut writer, |main| {
            group_deleted_again(main).map_err(StoreError::sqlite("group deleted days again"))
        })?;
        progress(days.len() as u64, days.len() as u64);
        Ok(regrouped)
    }

    fn group_day_again(
        &self,
        writer: &mut Writer,
        day: Day,
        regrouped: &mut Regrouped,
    ) -> Result<(), StoreError> {
        self.open_day(writer, day)?;
        let doing = StoreError::sqlite("group a day again");
        let is_old = match writer.opened(day) {
            Some(file) => is_old(&file.conn).map_err(&doing),
            None => return Ok(()),
        };
        let most = self.options.issues_per_app;
        let done = is_old.and_then(|is_old| {
            if !is_old {
                return Ok(());
            }
            let file = self.writable_day(writer, day)?;
            let done = group_file_again(file, most).map_err(&doing)?;
            regrouped.events += done.events;
            regrouped.moved += done.moved;
            writer.unsynced.insert(day);
            Ok(())
        });
        // it remembers the issues of before
        writer.close(day);
        match done {
            Err(error) if error.is_damage() => self.replace_day(writer, day, &error.to_string()),
            result => result,
        }
    }
}

fn is_old(conn: &Connection) -> rusqlite::Result<bool> {
    conn.prepare("SELECT 1 FROM exceptions WHERE grouping <> ?1 LIMIT 1")?
        .exists([Grouping::VERSION])
}

/// Counts every row of the file anew.
fn group_file_again(file: &DayFile, most: usize) -> rusqlite::Result<Regrouped> {
    let conn = &file.conn;
    let transaction = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
    for table in ["issues", "issue_hours", "issue_shares", "issue_users", "issue_moves"] {
        conn.execute(&format!("DELETE FROM {table}"), [])?;
    }
    let mut issues = IssueIds::new(most);
    let mut rows = ExceptionRows::new(conn, file.day.request_ids(), count(conn, "exceptions")?)?;
    let mut moves = BTreeSet::new();
    let (mut last, mut done) = (-1, Regrouped::default());
    loop {
        let ids = ids_after(conn, last)?;
        let Some(next) = ids.last() else { break };
        last = *next;
        for id in ids {
            let id = RequestId::from_u64(id.unsigned_abs());
            let Some(stored) = whole(conn, OF_DAY, id)? else { continue };
            let exception = exception_of(&stored);
            let placed = issues.place(exception.app, grouped(&exception));
            let (old, new) = (stored.head.issue, placed.issue);
            let sql = "UPDATE exceptions SET issue = ?2, grouping = ?3 WHERE id = ?1";
            let numbers = (id.as_u64() as i64, new as i64, Grouping::VERSION);
            conn.prepare_cached(sql)?.execute(numbers)?;
            rows.count(id.as_u64(), &exception, placed)?;
            moves.insert((old, new));
            done.events += 1;
            done.moved += u64::from(old != new);
        }
    }
    rows.finish()?;
    let mut put = conn.prepare("INSERT INTO issue_moves(old, new) VALUES (?1, ?2)")?;
    for (old, new) in moves {
        put.execute((old as i64, new as i64))?;
    }
    drop(put);
    let sql = "INSERT INTO meta(name, value) VALUES ('regroups', 1) \
               ON CONFLICT(name) DO UPDATE SET value = value + 1";
    conn.execute(sql, [])?;
    transaction.commit()?;
    Ok(done)
}

fn ids_after(conn: &Connection, last: i64) -> rusqlite::Result<Vec<i64>> {
    let sql = "SELECT id FROM exceptions WHERE id > ?1 ORDER BY id LIMIT ?2";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map((last, AT_ONCE), |row| row.get(0))?;
    rows.collect()
}

fn exception_of(stored: &StoredException) -> Exception<'_> {
    let head = &stored.head;
    Exception {
        id: head.id,
        mechanism: head.mechanism,
        app: &head.app,
        route: &head.route,
        release: &head.release,
        kind: &head.kind,
        message: &head.message,
        stack: &stored.stack,
        user: &head.user,
        ..Exception::default()
    }
}

/// Issues of which only deleted days are left by other rules: all of one goes
/// where its representative goes. One of which no stack is left stays. Says how
/// many issues there are.
fn group_deleted_again(main: &MainFile) -> rusqlite::Result<u64> {
    let conn = &main.conn;
    let sql = "SELECT issue FROM issues WHERE grouping <> ?1 AND kind <> ?2";
    let old: Vec<i64> = conn
        .prepare(sql)?
        .query_map((Grouping::VERSION, OTHER), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for issue in old {
        let transaction = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
        if let Some(kept) = representative(conn, issue)? {
            let (new, _) = grouped(&exception_of(&kept));
            move_to(conn, issue, &new)?;
        }
        transaction.commit()?;
    }
    let issues = conn.query_row("SELECT count(*) FROM issues", [], |row| row.get::<_, i64>(0))?;
    Ok(issues.unsigned_abs())
}

fn representative(conn: &Connection, issue: i64) -> rusqlite::Result<Option<StoredException>> {
    let sql = "SELECT k.id FROM kept_events k JOIN issues i USING (issue) WHERE issue = ?1 \
               AND k.stack IS NOT NULL ORDER BY k.id = i.representative_id DESC, k.id LIMIT 1";
    let id = conn.prepare_cached(sql)?.query_row([issue], |row| row.get::<_, i64>(0)).optional()?;
    id.map_or(Ok(None), |id| whole(conn, KEPT, RequestId::from_u64(id.unsigned_abs())))
}

fn move_to(conn: &Connection, old: i64, grouping: &Grouping) -> rusqlite::Result<()> {
    let new = grouping.fingerprint as i64;
    if new != old {
        let sql = "INSERT OR IGNORE INTO issues(issue, app, kind, message, culprit, reason, \
                   grouping, events, first_id, latest_id, representative_id, frames) \
                   SELECT ?2, app, kind, message, ?3, ?4, ?5, 0, first_id, latest_id, \
                   representative_id, frames FROM issues WHERE issue = ?1";
        let names = (old, new, &grouping.culprit, &grouping.reason, Grouping::VERSION);
        conn.prepare_cached(sql)?.execute(names)?;
        merge_into(conn, old, new)?;
    }
    let sql = "UPDATE issues SET grouping = ?2, reason = iif(grouping = ?2, reason, ?3) \
               WHERE issue = ?1";
    conn.prepare_cached(sql)?.execute((new, Grouping::VERSION, &grouping.reason))?;
    let sql = "UPDATE kept_events SET grouping = ?2 WHERE issue = ?1";
    conn.prepare_cached(sql)?.execute((new, Grouping::VERSION))?;
    Ok(())
}
