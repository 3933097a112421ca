use super::SqliteStore;
use super::calendar::Day;
use super::readers::Deadline;
use super::request_filter::{Filter, rollup_condition};
use super::requests::stored_rows;
use super::rollup::WHOLE_DAY;
use super::traffic::minutes;
use super::visit::{Selection, select};
use crate::{RequestsQuery, StoreError, StoredRequest};
use haechi_event::RequestId;
use rusqlite::Connection;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

const DOING: &str = "read the slowest requests";

/// Where a request this slow may be, by the rollups. Of two the one with the
/// slower, then the newer, is the greater.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    max_ns: u64,
    day: Day,
    /// Minutes of the day; `None` if its file was not looked at yet.
    minutes: Option<(u32, u32)>,
}

impl SqliteStore {
    /// Where the slowest can be is looked at first, by the rollups: those of days,
    /// then those of a day's minutes. As soon as no other place can hold a slower
    /// one, the rest is not read.
    pub(super) fn read_slowest(
        &self,
        query: &RequestsQuery,
    ) -> Result<Vec<StoredRequest>, StoreError> {
        let deadline = self.short_deadline();
        let mut places = self.days_with_slow(query, deadline)?;
        let mut found: Vec<StoredRequest> = Vec::new();
        while let Some(Place { max_ns, day, minutes }) = places.pop() {
            let least = found.get(query.limit.wrapping_sub(1)).map_or(0, |last| last.duration_us);
            if found.len() >= query.limit && max_ns / 1000 < least {
                break;
            }
            let Some((low, high)) = bounds(query, day) else { continue };
            let Some((from, to)) = minutes else {
                let maxima = self.read_day(day, deadline, DOING, |conn| {
                    let filter = Filter::new(conn, query, selection(query))?;
                    filter.maxima(conn, minute(low), minute(high - 1) + 1)
                })?;
                let place = |(max_ns, from, to)| Place { max_ns, day, minutes: Some((from, to)) };
                places.extend(maxima.unwrap_or_default().into_iter().map(place));
                continue;
            };
            let first = |minute: u32| RequestId::first_at_ms(u64::from(minute) * 60_000).as_u64();
            let (low, high) = (low.max(first(from)), high.min(first(to)));
            let read = self.read_day(day, deadline, DOING, |conn| {
                let filter = Filter::new(conn, query, selection(query))?;
                stored_rows(conn, &filter, query, (low, high))
            })?;
            found.extend(read.unwrap_or_default());
            found.sort_by_key(|request| Reverse((request.duration_us, request.id)));
            found.truncate(query.limit);
        }
        Ok(found)
    }

    /// The days that may hold some, with the slowest there was on each. Of one
    /// whose file may know more than is folded, only its file tells.
    fn days_with_slow(
        &self,
        query: &RequestsQuery,
        deadline: Deadline,
    ) -> Result<BinaryHeap<Place>, StoreError> {
        let maxima = self.read_main(deadline, DOING, |conn| day_maxima(conn, query))?;
        let mut places = BinaryHeap::new();
        for (day, state) in &self.days() {
            if state.part.is_none() || bounds(query, *day).is_none() {
                continue;
            }
            let max_ns = if state.dirty { Some(u64::MAX) } else { maxima.get(day).copied() };
            places.extend(max_ns.map(|max_ns| Place { max_ns, day: *day, minutes: None }));
        }
        Ok(places)
    }
}

/// The longest duration (ns) of every folded day that says that a request may pass.
fn day_maxima(conn: &Connection, query: &RequestsQuery) -> rusqlite::Result<BTreeMap<Day, u64>> {
    let of_days = match (&query.app, &query.method, &query.route) {
        (None, None, None) => Selection::Everything,
        (Some(app), None, None) => Selection::Apps(Some(app)),
        _ => selection(query),
    };
    let sql = format!(
        "SELECT minute, max_ns FROM rollups WHERE route = ?1 AND width = {WHOLE_DAY} \
         AND minute >= ?2 AND minute < ?3{}",
        rollup_condition(query)
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let (from, to) = minutes(query.from_ms, query.to_ms);
    let mut maxima: BTreeMap<Day, u64> = BTreeMap::new();
    for route in select(conn, of_days)? {
        let mut rows = statement.query((route.id, from - from % WHOLE_DAY, to))?;
        while let Some(row) = rows.next()? {
            let max = row.get::<_, i64>(1)?.unsigned_abs();
            let known = maxima.entry(Day::of_minute(row.get(0)?)).or_default();
            *known = (*known).max(max);
        }
    }
    Ok(maxima)
}

fn selection(query: &RequestsQuery) -> Selection<'_> {
    Selection::Routes {
        app: query.app.as_deref(),
        method: query.method.as_deref(),
        route: query.route.as_deref(),
    }
}

fn minute(id: u64) -> u32 {
    (RequestId::from_u64(id).unix_ms() / 60_000) as u32
}

/// Ids of a day within the range; `None` if there are none.
fn bounds(query: &RequestsQuery, day: Day) -> Option<(u64, u64)> {
    let (first, next) = day.request_ids();
    let low = RequestId::first_at_ms(query.from_ms).as_u64().max(first);
    let high = RequestId::first_at_ms(query.to_ms).as_u64().min(next);
    (low < high).then_some((low, high))
}
