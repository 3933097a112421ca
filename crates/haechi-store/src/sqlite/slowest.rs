use super::SqliteStore;
use super::calendar::Day;
use super::readers::FileKey;
use super::request_filter::Filter;
use super::requests::stored_rows;
use super::visit::Selection;
use crate::{RequestsQuery, StoreError, StoredRequest};
use haechi_event::RequestId;
use std::cmp::Reverse;

/// Minutes of one day that may hold a request this slow, by their rollups.
struct Place {
    max_ns: u64,
    day: Day,
    from: u32,
    to: u32,
}

impl SqliteStore {
    /// Where the slowest can be is looked at first, by the rollups; as soon as
    /// no other place can hold a slower one, the rest is not read.
    pub(super) fn read_slowest(
        &self,
        query: &RequestsQuery,
    ) -> Result<Vec<StoredRequest>, StoreError> {
        let deadline = self.short_deadline();
        let doing = || StoreError::sqlite("read the slowest requests");
        let mut places = Vec::new();
        for (day, state) in self.days().iter() {
            let Some((low, high)) = bounds(query, *day) else { continue };
            if state.part.is_none() {
                continue;
            }
            let read = self.readers.lend(FileKey::Day(*day), deadline).and_then(|conn| {
                let filter = Filter::new(&conn, query, selection(query)).map_err(doing())?;
                filter.maxima(&conn, minute(low), minute(high - 1) + 1).map_err(doing())
            });
            let found = self.skip_damage(*day, read)?.unwrap_or_default();
            places.extend(found.into_iter().map(|(max_ns, from, to)| Place {
                max_ns,
                day: *day,
                from,
                to,
            }));
        }
        places.sort_by_key(|place| Reverse((place.max_ns, place.day, place.from)));
        let mut found: Vec<StoredRequest> = Vec::new();
        for place in places {
            let least = found.get(query.limit.wrapping_sub(1)).map_or(0, |last| last.duration_us);
            if found.len() >= query.limit && place.max_ns / 1000 < least {
                break;
            }
            let Some((low, high)) = bounds(query, place.day) else { continue };
            let first = |minute: u32| RequestId::first_at_ms(u64::from(minute) * 60_000).as_u64();
            let (low, high) = (low.max(first(place.from)), high.min(first(place.to)));
            let read = self.readers.lend(FileKey::Day(place.day), deadline).and_then(|conn| {
                let filter = Filter::new(&conn, query, selection(query)).map_err(doing())?;
                stored_rows(&conn, &filter, query, (low, high)).map_err(doing())
            });
            found.extend(self.skip_damage(place.day, read)?.unwrap_or_default());
            found.sort_by_key(|request| Reverse((request.duration_us, request.id)));
            found.truncate(query.limit);
        }
        Ok(found)
    }
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
