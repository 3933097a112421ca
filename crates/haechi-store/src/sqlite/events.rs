use super::SqliteStore;
use super::calendar::Day;
use super::readers::{Deadline, FileKey};
use super::stored_exceptions::{KEPT, OF_DAY, heads, whole};
use crate::{ExceptionHead, StoreError, StoredException};
use haechi_event::RequestId;
use rusqlite::Connection;
use std::collections::BTreeSet;

/// Occurrences in one request that are told.
const MOST_OF_REQUEST: usize = 100;

impl SqliteStore {
    pub(super) fn read_event(&self, id: RequestId) -> Result<Option<StoredException>, StoreError> {
        let deadline = self.short_deadline();
        let doing = "read an exception";
        let day = Day::of_ms(id.unix_ms());
        let found = self.read_day(day, deadline, doing, |conn| whole(conn, OF_DAY, id))?;
        match found.flatten() {
            Some(found) => Ok(Some(found)),
            None => self.read_main(deadline, doing, |main| whole(main, KEPT, id)),
        }
    }

    pub(super) fn read_events(
        &self,
        issue: u64,
        before: Option<RequestId>,
        limit: usize,
    ) -> Result<Vec<ExceptionHead>, StoreError> {
        let deadline = self.short_deadline();
        let doing = "read the exceptions of an issue";
        let before = before.map_or(i64::MAX, |id| id.as_u64().min(i64::MAX as u64) as i64);
        let condition = "issue = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
        let limit_as = i64::try_from(limit).unwrap_or(i64::MAX);
        let parameters = (issue as i64, before, limit_as);
        let read_heads = |conn: &Connection, table: &str| heads(conn, table, condition, parameters);
        let (days, mut found) = self.read_main(deadline, doing, |main| {
            Ok((days_of(main, issue)?, read_heads(main, KEPT)?))
        })?;
        let mut of_days = 0;
        for day in days.into_iter().rev() {
            if of_days >= limit {
                break;
            }
            let read = self.read_day(day, deadline, doing, |conn| read_heads(conn, OF_DAY))?;
            let read = read.unwrap_or_default();
            of_days += read.len();
            found.extend(read);
        }
        found.sort_by_key(|head| std::cmp::Reverse(head.id));
        found.dedup_by_key(|head| head.id);
        found.truncate(limit);
        Ok(found)
    }

    pub(super) fn read_exceptions_of_request(
        &self,
        id: RequestId,
    ) -> Result<Vec<ExceptionHead>, StoreError> {
        if id == RequestId::NONE {
            return Ok(Vec::new());
        }
        let deadline = self.short_deadline();
        let doing = "read the exceptions of a request";
        let condition = "request_id = ?1 ORDER BY id LIMIT ?2";
        let parameters = (id.as_u64() as i64, MOST_OF_REQUEST as i64);
        let mut found =
            self.read_main(deadline, doing, |main| heads(main, KEPT, condition, parameters))?;
        // a request may go on past midnight
        let day = Day::of_ms(id.unix_ms());
        for day in [day, Day::of_ms(day.end_ms())] {
            let of_day = self.read_day(day, deadline, doing, |conn| {
                heads(conn, OF_DAY, condition, parameters)
            })?;
            found.extend(of_day.unwrap_or_default());
        }
        found.sort_by_key(|head| head.id);
        found.dedup_by_key(|head| head.id);
        found.truncate(MOST_OF_REQUEST);
        Ok(found)
    }

    /// Reads from a day's file; `None` if there is none or it is damaged.
    pub(super) fn read_day<T>(
        &self,
        day: Day,
        deadline: Deadline,
        doing: &'static str,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        if self.days().get(&day).is_none_or(|state| state.part.is_none()) {
            return Ok(None);
        }
        let lent = self.readers.lend(FileKey::Day(day), deadline);
        let read = lent.and_then(|conn| read(&conn).map_err(StoreError::sqlite(doing)));
        self.skip_damage(day, read)
    }
}

/// The days an issue occurred on, also deleted ones.
fn days_of(main: &Connection, issue: u64) -> rusqlite::Result<BTreeSet<Day>> {
    let mut days = main.prepare_cached("SELECT day FROM issue_days WHERE issue = ?1")?;
    let days = days.query_map([issue as i64], |row| row.get(0).map(Day::from_number))?;
    days.collect()
}
