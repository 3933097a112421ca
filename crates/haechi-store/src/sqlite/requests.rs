use super::SqliteStore;
use super::calendar::Day;
use super::readers::{Deadline, FileKey};
use super::request_filter::Filter;
use super::request_rows::path_of;
use super::spans::stored_repeats;
use super::stored_text::StoredTexts;
use super::visit::{NamedRoute, Selection};
use crate::{Requests, RequestsQuery, StoreError, StoredRequest};
use haechi_event::{Flags, RequestId, Split, generated_trace_id};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

const PATH: usize = 12;

impl SqliteStore {
    /// Newest first, day by day. Rollups tell which minutes can hold a match,
    /// only those are read.
    pub(super) fn read_requests(&self, query: &RequestsQuery) -> Result<Requests, StoreError> {
        let deadline = self.short_deadline();
        let low = RequestId::first_at_ms(query.from_ms).as_u64();
        let end = RequestId::first_at_ms(query.to_ms).as_u64();
        let start = query.before.map_or(end, |before| end.min(before.as_u64()));
        let mut page = Page { query, found: Vec::new(), seen_from: start, is_cut: false };
        let days = self.days();
        for (day, state) in days.iter().rev() {
            let (first, next) = day.request_ids();
            let (low, high) = (low.max(first), start.min(next));
            if state.part.is_none() || low >= high || query.limit == 0 {
                continue;
            }
            let key = FileKey::Day(*day);
            let read = self.readers.lend(key, deadline).and_then(|conn| {
                page.read_day(&conn, low, high, deadline)
                    .map_err(StoreError::sqlite("read requests"))
            });
            match read {
                Err(StoreError::TimedOut) if page.seen_from < start => page.is_cut = true,
                result => {
                    self.skip_damage(*day, result)?;
                }
            }
            if page.is_full() || page.is_cut {
                break;
            }
        }
        Ok(page.finish())
    }

    pub(super) fn read_request(&self, id: RequestId) -> Result<Option<StoredRequest>, StoreError> {
        let day = Day::of_ms(id.unix_ms());
        if self.days().get(&day).is_none_or(|state| state.part.is_none()) {
            return Ok(None);
        }
        let query = RequestsQuery { limit: 1, ..RequestsQuery::default() };
        let (low, key) = (id.as_u64(), FileKey::Day(day));
        let mut page = Page { query: &query, found: Vec::new(), seen_from: low, is_cut: false };
        let deadline = self.short_deadline();
        let read = self.readers.lend(key, deadline).and_then(|conn| {
            let all = Selection::Routes { app: None, method: None, route: None };
            let doing = StoreError::sqlite("read a request");
            let filter = Filter::new(&conn, &query, all).map_err(&doing)?;
            page.read_chunk(&conn, &filter, low, low + 1).map_err(&doing)
        });
        self.skip_damage(day, read)?;
        Ok(page.found.pop())
    }
}

/// An answer being collected.
struct Page<'q> {
    query: &'q RequestsQuery,
    /// One more than asked for tells that there is more.
    found: Vec<StoredRequest>,
    /// Everything from this id on was looked at.
    seen_from: u64,
    /// The time was over.
    is_cut: bool,
}

impl Page<'_> {
    fn is_full(&self) -> bool {
        self.found.len() > self.query.limit
    }

    fn finish(mut self) -> Requests {
        let mut next = self.is_cut.then_some(self.seen_from);
        if self.is_full() {
            self.found.truncate(self.query.limit);
            next = self.found.last().map(|last| last.id.as_u64());
        }
        Requests { requests: self.found, next: next.map(RequestId::from_u64) }
    }

    fn read_day(
        &mut self,
        conn: &Connection,
        low: u64,
        high: u64,
        deadline: Deadline,
    ) -> rusqlite::Result<()> {
        let selection = Selection::Routes {
            app: self.query.app.as_deref(),
            method: self.query.method.as_deref(),
            route: self.query.route.as_deref(),
        };
        let filter = Filter::new(conn, self.query, selection)?;
        if filter.routes.is_empty() {
            return Ok(());
        }
        let minute = |id: u64| (RequestId::from_u64(id).unix_ms() / 60_000) as u32;
        let chunks = filter.chunks(conn, minute(low), minute(high - 1) + 1)?;
        for (from, to) in chunks.into_iter().rev() {
            let first = |minute: u32| RequestId::first_at_ms(u64::from(minute) * 60_000).as_u64();
            let (low, high) = (low.max(first(from)), high.min(first(to)));
            self.read_chunk(conn, &filter, low, high)?;
            if self.is_full() {
                break;
            }
            self.seen_from = low;
            if deadline.is_over() {
                self.is_cut = true;
                break;
            }
        }
        if !self.is_full() && !self.is_cut {
            self.seen_from = low;
        }
        Ok(())
    }

    fn read_chunk(
        &mut self,
        conn: &Connection,
        filter: &Filter<'_>,
        low: u64,
        high: u64,
    ) -> rusqlite::Result<()> {
        let mut statement = filter.prepare(conn, &filter.sql, low, high)?;
        let mut texts = StoredTexts::new(conn);
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let route = filter.route(row.get(1)?);
            let path = path_at(row, PATH, route)?;
            if self.query.path_contains.as_ref().is_some_and(|part| !path.contains(part)) {
                continue;
            }
            let found = stored_request(row, route, path, &mut texts)?;
            self.seen_from = found.id.as_u64();
            self.found.push(found);
            if self.is_full() {
                break;
            }
        }
        Ok(())
    }
}

/// The slowest rows in a range of ids that pass, at most the limit.
pub(super) fn stored_rows(
    conn: &Connection,
    filter: &Filter<'_>,
    query: &RequestsQuery,
    (low, high): (u64, u64),
) -> rusqlite::Result<Vec<StoredRequest>> {
    if filter.routes.is_empty() || low >= high {
        return Ok(Vec::new());
    }
    let sql = filter.sql.replace("ORDER BY id DESC", "ORDER BY duration_us DESC, id DESC");
    let mut statement = filter.prepare(conn, &sql, low, high)?;
    let mut texts = StoredTexts::new(conn);
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let route = filter.route(row.get(1)?);
        let path = path_at(row, PATH, route)?;
        if query.path_contains.as_ref().is_some_and(|part| !path.contains(part)) {
            continue;
        }
        found.push(stored_request(row, route, path, &mut texts)?);
        if found.len() >= query.limit {
            break;
        }
    }
    Ok(found)
}

/// The path in a column of a row.
pub(super) fn path_at(
    row: &Row<'_>,
    column: usize,
    route: Option<&NamedRoute>,
) -> rusqlite::Result<String> {
    let code = match row.get_ref(column)? {
        ValueRef::Null => None,
        ValueRef::Integer(code) => Some(code),
        other => return Ok(other.as_str()?.to_owned()),
    };
    Ok(route.map(|route| path_of(code, &route.app, &route.route)).unwrap_or_default())
}

fn stored_request(
    row: &Row<'_>,
    route: Option<&NamedRoute>,
    path: String,
    texts: &mut StoredTexts<'_>,
) -> rusqlite::Result<StoredRequest> {
    let number = |column: usize| row.get::<_, i64>(column).map(|n| n.unsigned_abs());
    let id = RequestId::from_u64(number(0)?);
    let name = |of: fn(&NamedRoute) -> &String| route.map(|r| of(r).clone()).unwrap_or_default();
    let split = row.get_ref(17)?.as_blob_or_null()?.unwrap_or_default();
    let repeats = row.get_ref(18)?.as_blob_or_null()?.unwrap_or_default();
    let trace = row.get_ref(15)?.as_blob_or_null()?.unwrap_or_default();
    let trace_id = trace.first_chunk().copied().unwrap_or_else(|| generated_trace_id(id));
    Ok(StoredRequest {
        id,
        trace_id,
        parent_span_id: trace.get(16..).and_then(|span| span.first_chunk().copied()),
        app: name(|r| &r.app),
        method: name(|r| &r.method),
        route: name(|r| &r.route),
        path,
        query: row.get::<_, Option<String>>(13)?.unwrap_or_default(),
        status: row.get(2)?,
        duration_us: number(3)?,
        cpu_us: row.get::<_, Option<i64>>(4)?.map(i64::unsigned_abs),
        bytes_in: number(5)?,
        bytes_out: number(6)?,
        client: texts.column(row, 9)?,
        user_agent: texts.column(row, 10)?,
        referrer: texts.column(row, 11)?,
        pid: row.get(7)?,
        ticket: row.get(14)?,
        flags: Flags::from_bits(row.get(8)?),
        user: texts.column(row, 16)?,
        // one that is damaged tells nothing
        split: Split::decode(split).unwrap_or_default(),
        repeats: stored_repeats(repeats),
        release: texts.column(row, 19)?,
    })
}
