use super::SqliteStore;
use super::issue_deltas::{OF_RELEASES, OF_USERS};
use super::issues::{HOUR_MS, events_in, hours_until, shares, summary};
use crate::{IssueDetail, StoreError};
use haechi_event::RequestId;

const WEEK_HOURS: u64 = 7 * 24;

impl SqliteStore {
    pub(super) fn read_issue(
        &self,
        issue: u64,
        now_ms: u64,
    ) -> Result<Option<IssueDetail>, StoreError> {
        let key = issue as i64;
        let end = now_ms / HOUR_MS + 1;
        let read = self.read_main(self.long_deadline(), "read an issue", |main| {
            let _snapshot = main.unchecked_transaction()?;
            let events = events_in(main, key, (end.saturating_sub(WEEK_HOURS), end))?;
            let Some(summary) = summary(main, key, events, now_ms)? else { return Ok(None) };
            let sql = "SELECT reason, grouping, representative_id, first_id, latest_id \
                       FROM issues WHERE issue = ?1";
            let mut statement = main.prepare_cached(sql)?;
            let (mut detail, first, latest) = statement.query_row([key], |row| {
                let id = |column: usize| -> rusqlite::Result<RequestId> {
                    Ok(RequestId::from_u64(row.get::<_, i64>(column)?.unsigned_abs()))
                };
                let detail = IssueDetail {
                    reason: row.get(0)?,
                    grouping_version: row.get(1)?,
                    representative_id: id(2)?,
                    ..IssueDetail::default()
                };
                Ok((detail, id(3)?, id(4)?))
            })?;
            detail.summary = summary;
            detail.releases = shares(main, key, OF_RELEASES)?;
            detail.top_users = shares(main, key, OF_USERS)?;
            detail.hours_7d = hours_until(main, key, now_ms, WEEK_HOURS)?;
            Ok(Some((detail, first, latest)))
        })?;
        let Some((mut detail, first, latest)) = read else { return Ok(None) };
        detail.first = self.read_event(first)?.map(|event| event.head);
        detail.latest = self.read_event(latest)?;
        Ok(Some(detail))
    }
}
