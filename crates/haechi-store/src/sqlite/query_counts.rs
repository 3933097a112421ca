use super::hash::QuickMap;
use super::rollup::DAY_FILE_WIDTHS;
use super::route_ids::OTHER;
use crate::pattern::pattern_id;
use haechi_event::{Part, Repeat, Request, RequestId, Span, decode_repeats};
use rusqlite::Connection;

/// Apps whose queries are kept apart per day; those of more count as one.
const MOST_APPS: usize = 200;

const ADD_QUERY: &str =
    "INSERT INTO queries(query, app, sql, file, line) VALUES (?1, ?2, ?3, ?4, ?5)";
const NAME_LINE: &str = "UPDATE queries SET file = ?2, line = ?3 WHERE query = ?1";
const COUNT: &str = "INSERT INTO query_counts(width, minute, query, calls, total_ns, max_ns, \
     failed, rows, repeats, repeated, saves_ns, max_request, repeats_request) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
     ON CONFLICT(width, minute, query) DO UPDATE SET calls = calls + excluded.calls, \
     total_ns = total_ns + excluded.total_ns, max_ns = max(max_ns, excluded.max_ns), \
     failed = failed + excluded.failed, rows = rows + excluded.rows, \
     repeats = repeats + excluded.repeats, repeated = repeated + excluded.repeated, \
     saves_ns = saves_ns + excluded.saves_ns, max_request = CASE WHEN \
     excluded.max_ns > max_ns THEN excluded.max_request ELSE max_request END, \
     repeats_request = max(repeats_request, excluded.repeats_request)";

/// A sum may reach this much in one batch: thousands of those fit an integer.
const LIMIT: u64 = 1 << 50;

/// The queries of one day file, and what a batch adds to their counts.
#[derive(Debug, Default)]
pub(crate) struct QueryCounts {
    known: QuickMap<u64, ()>,
    per_app: QuickMap<Box<str>, usize>,
    most_per_app: usize,
    added: QuickMap<(u64, u32), Added>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Added {
    calls: u64,
    total_ns: u64,
    max_ns: u64,
    failed: u64,
    rows: u64,
    repeats: u64,
    repeated: u64,
    saves_ns: u64,
    max_request: u64,
    repeats_request: u64,
}

impl QueryCounts {
    /// Reads what the file has.
    pub(crate) fn load(conn: &Connection, most_per_app: usize) -> rusqlite::Result<Self> {
        let mut counts = Self { most_per_app, ..Self::default() };
        let mut statement = conn.prepare("SELECT query, app FROM queries")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let query = row.get::<_, i64>(0)?.unsigned_abs();
            counts.remember(row.get_ref(1)?.as_str()?, query);
        }
        Ok(counts)
    }

    fn remember(&mut self, app: &str, query: u64) {
        self.known.insert(query, ());
        match self.per_app.get_mut(app) {
            Some(count) => *count += 1,
            None => drop(self.per_app.insert(app.into(), 1)),
        }
    }

    /// Counts a span, if it is a query, for the minute its request began in.
    pub(crate) fn count_span(
        &mut self,
        conn: &Connection,
        request: u64,
        span: &Span<'_>,
    ) -> rusqlite::Result<()> {
        if span.part != Part::Db {
            return Ok(());
        }
        let query = self.place(conn, span.app, span.name, (span.file, span.line))?;
        let added = self.at(query, request);
        let calls = u64::from(span.count.max(1));
        added.calls += calls;
        add(&mut added.total_ns, span.duration_ns);
        let each_ns = (span.duration_ns / calls).min(LIMIT);
        if each_ns > added.max_ns || added.max_request == 0 {
            added.max_request = request;
        }
        added.max_ns = added.max_ns.max(each_ns);
        added.failed += u64::from(span.failed);
        add(&mut added.rows, span.rows.unwrap_or_default());
        Ok(())
    }

    /// Counts what a request asked again and again.
    pub(crate) fn count_repeats(
        &mut self,
        conn: &Connection,
        id: u64,
        request: &Request<'_>,
    ) -> rusqlite::Result<()> {
        for repeat in decode_repeats(request.repeats) {
            let Repeat { count, name, file, line, .. } = repeat;
            let query = self.place(conn, request.app, name, (file, line))?;
            conn.prepare_cached(NAME_LINE)?.execute((query as i64, file, line))?;
            let added = self.at(query, id);
            added.repeats += 1;
            added.repeated += u64::from(count);
            added.repeats_request = added.repeats_request.max(id);
            add(&mut added.saves_ns, repeat.saves_ns());
        }
        Ok(())
    }

    fn at(&mut self, query: u64, request: u64) -> &mut Added {
        let minute = (RequestId::from_u64(request).unix_ms() / 60_000) as u32;
        self.added.entry((query, minute)).or_default()
    }

    /// The row a query counts for, made if it is new and within the caps.
    fn place(
        &mut self,
        conn: &Connection,
        app: &str,
        sql: &str,
        (file, line): (&str, u32),
    ) -> rusqlite::Result<u64> {
        let query = pattern_id(app, "", "query", sql);
        if self.known.contains_key(&query) {
            return Ok(query);
        }
        let has_room = match self.per_app.get(app) {
            Some(count) => *count < self.most_per_app,
            None => self.per_app.len() < MOST_APPS,
        };
        let (app, sql, file, line) = match has_room {
            true => (app, sql, file, line),
            false if self.per_app.contains_key(app) => (app, OTHER, "", 0),
            false => (OTHER, OTHER, "", 0),
        };
        let query = pattern_id(app, "", "query", sql);
        if !self.known.contains_key(&query) {
            conn.prepare_cached(ADD_QUERY)?.execute((query as i64, app, sql, file, line))?;
            self.remember(app, query);
        }
        Ok(query)
    }

    /// Adds everything to the file.
    pub(crate) fn flush(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let mut count = conn.prepare_cached(COUNT)?;
        for ((query, minute), added) in self.added.drain() {
            for width in DAY_FILE_WIDTHS {
                let Added { calls, total_ns, max_ns, failed, rows, .. } = added;
                let numbers = [calls, total_ns, max_ns, failed, rows];
                let repeats = [added.repeats, added.repeated, added.saves_ns];
                let requests = [added.max_request, added.repeats_request];
                count.raw_bind_parameter(1, width)?;
                count.raw_bind_parameter(2, minute - minute % width)?;
                count.raw_bind_parameter(3, query as i64)?;
                for (index, number) in numbers.iter().chain(&repeats).chain(&requests).enumerate() {
                    count.raw_bind_parameter(4 + index, *number as i64)?;
                }
                count.raw_execute()?;
            }
        }
        Ok(())
    }
}

fn add(sum: &mut u64, value: u64) {
    *sum = sum.saturating_add(value).min(LIMIT);
}
