use super::SqliteStore;
use super::calendar::Day;
use super::stored_exceptions::{KEPT, OF_DAY, heads};
use crate::{ExceptionHead, Found, StoreError};
use haechi_event::{RequestId, generated_trace_id};
use rusqlite::Connection;

/// Things one search finds.
const MOST: usize = 50;
/// A longer text is no id.
const LONGEST: usize = 256;

impl SqliteStore {
    pub(super) fn find_by_id(&self, text: &str) -> Result<Vec<Found>, StoreError> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        if let Some(id) = RequestId::parse(text) {
            self.find_number(id, &mut found)?;
        }
        if let Some(trace) = trace_id(text) {
            self.find_trace(trace, &mut found)?;
        }
        self.find_ticket(text, &self.newest_first(), &mut found)?;
        Ok(once_each(found))
    }

    /// What was recorded of a ticket of about this time, and in its request.
    pub(super) fn find_of_ticket(
        &self,
        ticket: &str,
        near_ms: u64,
    ) -> Result<Vec<Found>, StoreError> {
        let near = Day::of_ms(near_ms).number();
        let near = near.saturating_sub(1)..=near.saturating_add(1);
        let mut days = self.newest_first();
        days.retain(|day| near.contains(&day.number()));
        let mut found = Vec::new();
        self.find_ticket(ticket, &days, &mut found)?;
        for one in found.clone() {
            if let Found::Request(id) = one {
                self.find_request(id, &mut found)?;
            }
        }
        Ok(once_each(found))
    }

    fn newest_first(&self) -> Vec<Day> {
        self.days().into_keys().rev().collect()
    }

    /// A request, an exception or an issue with this number.
    fn find_number(&self, id: RequestId, found: &mut Vec<Found>) -> Result<(), StoreError> {
        self.find_request(id, found)?;
        if self.read_event(id)?.is_some() {
            found.push(Found::Event(id));
        }
        let doing = "find an issue";
        let issue = self.read_main(self.short_deadline(), doing, |main| {
            let mut known = main.prepare_cached("SELECT 1 FROM issues WHERE issue = ?1")?;
            known.exists([id.as_u64() as i64])
        })?;
        if issue {
            found.push(Found::Issue(id.as_u64()));
        }
        Ok(())
    }

    /// A request and what was raised in it; it may be known by that alone.
    fn find_request(&self, id: RequestId, found: &mut Vec<Found>) -> Result<(), StoreError> {
        if self.read_request(id)?.is_some() {
            found.push(Found::Request(id));
        }
        let events = self.read_exceptions_of_request(id)?;
        found.extend(events.iter().rev().map(|event| Found::Event(event.id)));
        Ok(())
    }

    fn find_trace(&self, trace: [u8; 16], found: &mut Vec<Found>) -> Result<(), StoreError> {
        // one that came from us says which request it is
        let (_, id) = trace.split_at(8);
        if let Some(id) = id.first_chunk().map(|id| RequestId::from_u64(u64::from_be_bytes(*id)))
            && generated_trace_id(id) == trace
        {
            self.find_request(id, found)?;
        }
        // the caller's span follows in the column
        let (mut low, mut high) = ([0; 24], [0xff; 24]);
        low[..16].copy_from_slice(&trace);
        high[..16].copy_from_slice(&trace);
        let requests = self.requests_of_days(&self.newest_first(), |conn| {
            let sql = "SELECT id FROM requests WHERE trace >= ?1 AND trace <= ?2 \
                       ORDER BY id DESC LIMIT ?3";
            ids(conn, sql, (&low[..], &high[..], MOST as i64))
        })?;
        for id in requests {
            self.find_request(id, found)?;
        }
        Ok(())
    }

    fn find_ticket(
        &self,
        ticket: &str,
        days: &[Day],
        found: &mut Vec<Found>,
    ) -> Result<(), StoreError> {
        let condition = "ticket = ?1 ORDER BY id DESC LIMIT ?2";
        let parameters = (ticket, MOST as i64);
        let (deadline, doing) = (self.short_deadline(), "find a ticket");
        let mut events: Vec<ExceptionHead> =
            self.read_main(deadline, doing, |main| heads(main, KEPT, condition, parameters))?;
        for &day in days {
            let read = |conn: &Connection| heads(conn, OF_DAY, condition, parameters);
            events.extend(self.read_day(day, deadline, doing, read)?.unwrap_or_default());
            if events.len() >= MOST {
                break;
            }
        }
        events.sort_by_key(|event| std::cmp::Reverse(event.id));
        let requests = self.requests_of_days(days, |conn| {
            let sql = "SELECT id FROM requests WHERE ticket = ?1 ORDER BY id DESC LIMIT ?2";
            ids(conn, sql, parameters)
        })?;
        found.extend(requests.into_iter().map(Found::Request));
        found.extend(events.into_iter().map(|event| Found::Event(event.id)));
        Ok(())
    }

    /// Ids that are found in days, newest first.
    fn requests_of_days(
        &self,
        days: &[Day],
        read: impl Fn(&Connection) -> rusqlite::Result<Vec<RequestId>>,
    ) -> Result<Vec<RequestId>, StoreError> {
        let (deadline, doing) = (self.short_deadline(), "find requests");
        let mut found = Vec::new();
        for &day in days {
            found.extend(self.read_day(day, deadline, doing, &read)?.unwrap_or_default());
            if found.len() >= MOST {
                break;
            }
        }
        Ok(found)
    }
}

fn once_each(mut found: Vec<Found>) -> Vec<Found> {
    let mut seen = std::collections::HashSet::new();
    found.retain(|one| seen.insert(*one));
    found.truncate(MOST);
    found
}

fn ids(
    conn: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> rusqlite::Result<Vec<RequestId>> {
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(parameters, |row| {
        Ok(RequestId::from_u64(row.get::<_, i64>(0)?.unsigned_abs()))
    })?;
    rows.collect()
}

/// From 32 hexadecimal digits.
fn trace_id(text: &str) -> Option<[u8; 16]> {
    if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
}
