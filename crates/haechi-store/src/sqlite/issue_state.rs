use super::SqliteStore;
use super::decision::{Decided, Decision};
use super::main_file::MainFile;
use crate::{IssueChange, IssueState, StoreError};
use haechi_event::RequestId;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

impl SqliteStore {
    pub(super) fn change_issue(
        &self,
        issue: u64,
        change: &IssueChange,
        now_ms: u64,
    ) -> Result<bool, StoreError> {
        let mut writer = self.writer()?;
        // it is about everything stored by now
        self.sync_issues(&mut writer)?;
        self.with_main(&mut writer, |main| {
            decide(main, issue as i64, change, now_ms)
                .map_err(StoreError::sqlite("change an issue"))
        })
    }
}

fn decide(
    main: &MainFile,
    issue: i64,
    change: &IssueChange,
    now_ms: u64,
) -> rusqlite::Result<bool> {
    let transaction = Transaction::new_unchecked(&main.conn, TransactionBehavior::Immediate)?;
    let Some(known) = Decision::read(&main.conn, issue)? else { return Ok(false) };
    Decision::made(change, now_ms, known.latest_ms).write(&main.conn, issue)?;
    transaction.commit()?;
    Ok(true)
}

/// What new occurrences do to a decision: a resolved issue is open again, an
/// ignored one wakes. Says whether the issue regressed. `day` is the file that
/// has the occurrences; doing it again changes nothing.
pub(crate) fn settle(main: &Connection, day: &Connection, issue: i64) -> rusqlite::Result<bool> {
    let Some(Decided { decision, latest_ms, .. }) = Decision::read(main, issue)? else {
        return Ok(false);
    };
    let open = Decision { inherited: decision.inherited, ..Decision::default() };
    match decision.state {
        IssueState::Open => Ok(false),
        IssueState::Resolved => {
            let resolved = decision.resolved_ms.unwrap_or(0);
            let Some((ms, release)) = first_after(day, issue, resolved, latest_ms)? else {
                return Ok(false);
            };
            let again = Decision {
                changed_ms: Some(ms),
                regressed_ms: Some(ms),
                regressed_release: Some(release),
                ..open
            };
            again.write(main, issue)?;
            Ok(true)
        }
        IssueState::Ignored => {
            let time_is_over = decision.until_ms.is_some_and(|until| until <= latest_ms);
            if time_is_over || decision.events_left == Some(0) {
                Decision { changed_ms: Some(latest_ms), ..open }.write(main, issue)?;
            }
            Ok(false)
        }
    }
}

/// Time and release of the first occurrence after this time.
fn first_after(
    day: &Connection,
    issue: i64,
    after_ms: u64,
    latest_ms: u64,
) -> rusqlite::Result<Option<(u64, String)>> {
    if latest_ms <= after_ms {
        return Ok(None);
    }
    let sql = "SELECT e.id, coalesce(t.text, e.release, '') FROM exceptions e \
               LEFT JOIN texts t ON t.id = e.release AND typeof(e.release) = 'integer' \
               WHERE e.issue = ?1 AND e.id >= ?2 ORDER BY e.id LIMIT 1";
    let first = RequestId::first_at_ms(after_ms.saturating_add(1)).as_u64() as i64;
    let mut statement = day.prepare_cached(sql)?;
    let found = statement.query_row((issue, first), |row| {
        let id = RequestId::from_u64(row.get::<_, i64>(0)?.unsigned_abs());
        Ok((id.unix_ms(), row.get::<_, String>(1)?))
    });
    found.optional()
}
