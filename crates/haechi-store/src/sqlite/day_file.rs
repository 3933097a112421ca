use super::Options;
use super::calendar::Day;
use super::deltas::Deltas;
use super::exception_rows::ExceptionRows;
use super::folder::Folder;
use super::header_rows;
use super::issue_ids::IssueIds;
use super::log_rows::LogRows;
use super::open_file::{Refused, When, open_writer};
use super::pattern_counts::PatternCounts;
use super::query_counts::QueryCounts;
use super::releases::ReleaseTimes;
use super::request_rows::{RequestRows, Visitor};
use super::route_ids::RouteIds;
use super::sample_rows;
use super::schema::Kind;
use super::size::count;
use super::span_rows::SpanRows;
use super::texts::Texts;
use super::visit_counts::{Lookups, VisitCounts};
use crate::{
    Appended, AppendedException, AppendedLog, Batch, Incoming, LogId, Position, StoreError,
};
use haechi_event::{Record, Request, RequestId};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use std::collections::HashMap;

/// A record of a batch and where it goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    /// Index in the batch.
    pub(crate) index: usize,
    /// Id it asks for: of a request or of a log line.
    pub(crate) id: u64,
}

impl Item {
    /// The minute a request of this id began in, since the Unix epoch.
    const fn minute(&self) -> u32 {
        (RequestId::from_u64(self.id).unix_ms() / 60_000) as u32
    }
}

/// A day's file, open for writing.
#[derive(Debug)]
pub(crate) struct DayFile {
    pub(crate) conn: Connection,
    pub(crate) day: Day,
    /// Tells the files apart that a day had one after the other.
    pub(crate) part: i64,
    routes: RouteIds,
    texts: Texts,
    deltas: Deltas,
    issues: IssueIds,
    patterns: PatternCounts,
    queries: QueryCounts,
    lookups: Lookups,
}

impl DayFile {
    /// Opens or makes a day's file; a new one gets the part `part_if_new`.
    pub(crate) fn open(
        folder: &Folder,
        day: Day,
        part_if_new: i64,
        options: &Options,
        when: When,
    ) -> Result<Self, Refused> {
        let conn = open_writer(&folder.day_path(day), Kind::Day, when)?;
        let doing = StoreError::sqlite("read a day");
        let part = conn
            .query_row("SELECT value FROM meta WHERE name = 'part'", [], |row| row.get(0))
            .optional()
            .map_err(&doing)?;
        let part = match part {
            Some(part) => part,
            None => {
                let sql = "INSERT INTO meta(name, value) VALUES ('part', ?1)";
                conn.execute(sql, [part_if_new]).map_err(&doing)?;
                part_if_new
            }
        };
        Ok(Self {
            routes: RouteIds::load(&conn, options.routes_per_app).map_err(&doing)?,
            texts: Texts::load(&conn, options.texts_per_day).map_err(&doing)?,
            issues: IssueIds::load(&conn, options.issues_per_app).map_err(&doing)?,
            patterns: PatternCounts::load(&conn, options.patterns_per_app).map_err(&doing)?,
            queries: QueryCounts::load(&conn, options.queries_per_app).map_err(&doing)?,
            deltas: Deltas::default(),
            lookups: Lookups::new(options.countries.clone()),
            conn,
            day,
            part,
        })
    }

    /// Says that no hour of this file is folded.
    pub(crate) fn mark_all_dirty(&self) -> Result<(), StoreError> {
        let sql = "INSERT OR IGNORE INTO dirty_hours(minute) \
                   SELECT DISTINCT minute FROM rollups WHERE route = 1 AND width = 60";
        let done = self.conn.execute(sql, []);
        done.map(|_| ()).map_err(StoreError::sqlite("mark a day"))
    }

    /// The apps in this file with the first and last minute they had requests
    /// in, Unix ms.
    pub(crate) fn apps_seen(&self) -> Result<Vec<(String, u64, u64)>, StoreError> {
        let read = || -> rusqlite::Result<Vec<(String, u64, u64)>> {
            let sql = "SELECT app, min(minute), max(minute) FROM rollups \
                       JOIN routes ON routes.id = rollups.route \
                       WHERE kind = 1 AND width = 1 GROUP BY app";
            let mut statement = self.conn.prepare(sql)?;
            let ms = |minute: u32| u64::from(minute) * 60_000;
            let rows = statement.query_map([], |row| {
                Ok((row.get(0)?, ms(row.get(1)?), ms(row.get(2)?) + 59_999))
            })?;
            rows.collect()
        };
        read().map_err(StoreError::sqlite("read the apps of a day"))
    }

    /// Keeps those of `items` that are new, in one transaction. After an error
    /// nothing was kept and this must be dropped: it may remember what the
    /// file does not.
    pub(crate) fn append(
        &mut self,
        batch: &Batch<'_>,
        items: &[Item],
        appended: &mut Appended,
    ) -> Result<(), StoreError> {
        self.try_append(batch, items, appended).map_err(StoreError::sqlite("append to a day"))
    }

    fn try_append(
        &mut self,
        batch: &Batch<'_>,
        items: &[Item],
        appended: &mut Appended,
    ) -> rusqlite::Result<()> {
        let Self { conn, day, routes, texts, deltas, issues, patterns, queries, lookups, .. } =
            self;
        let conn = &*conn;
        let transaction = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
        let new = only_new(conn, batch, items)?;
        appended.repeated += (items.len() - new.len()) as u64;
        let mut counts = Counts::default();
        let mut requests = RequestRows::new(conn, day.request_ids())?;
        let mut spans = SpanRows::new(conn)?;
        let mut logs = LogRows::new(conn, day.log_ids())?;
        let changed = count(conn, "exceptions")? + exceptions_in(batch, &new);
        let mut exceptions = ExceptionRows::new(conn, day.request_ids(), changed)?;
        let mut visits = VisitCounts::default();
        for item in &new {
            let Incoming { pid, record, .. } = &batch.records[item.index];
            match record {
                Record::Request(request) => {
                    let route =
                        routes.find_or_add(conn, request.app, request.method, request.route)?;
                    let visitor = Visitor::of(conn, request, texts)?;
                    let id =
                        requests.insert(item.id, route.route, *pid, request, &visitor, texts)?;
                    counts.request(request, item.id, id);
                    deltas.make_room(conn)?;
                    deltas.add(route, item.minute(), request);
                    visits.add(route.app_total, item.minute(), request, &visitor, lookups);
                    queries.count_repeats(conn, item.id, request)?;
                }
                Record::Log(log) => {
                    let pattern = patterns.place(conn, item.index, log, appended)?;
                    let id = logs.insert(item.id, *pid, log, pattern, texts)?;
                    counts.logs += 1;
                    patterns.count(pattern, id);
                    appended.logs.push(log_told(item.index, id, pattern));
                }
                Record::Exception(exception) => {
                    let (id, issue) = exceptions.insert(item.id, *pid, exception, texts, issues)?;
                    counts.exception(id != item.id);
                    appended.exceptions.push(told(item.index, id, issue));
                }
                Record::Span(span) => {
                    spans.insert(item.id, span, texts)?;
                    queries.count_span(conn, item.id, span)?;
                    counts.spans += 1;
                }
                Record::Samples(one) => counts.samples += sample_rows::insert(conn, item.id, one)?,
                Record::Headers(one) => counts.headers += header_rows::insert(conn, item.id, one)?,
            }
        }
        deltas.flush(conn)?;
        visits.flush(conn, lookups)?;
        patterns.flush(conn)?;
        queries.flush(conn)?;
        counts.save(conn)?;
        drop((requests, logs, spans));
        exceptions.finish()?;
        transaction.commit()?;
        counts.tell(appended);
        Ok(())
    }
}

const fn log_told(index: usize, id: u64, pattern: u64) -> AppendedLog {
    AppendedLog { index, id: LogId::from_u64(id), pattern }
}

#[derive(Debug, Default)]
struct Counts<'a> {
    requests: u64,
    logs: u64,
    exceptions: u64,
    spans: u64,
    samples: u64,
    headers: u64,
    collisions: u64,
    releases: ReleaseTimes<'a>,
}

impl<'a> Counts<'a> {
    fn request(&mut self, request: &Request<'a>, wanted: u64, id: u64) {
        self.requests += 1;
        self.collisions += u64::from(id != wanted);
        self.releases.see(request, RequestId::from_u64(wanted).unix_ms());
    }

    fn exception(&mut self, has_collided: bool) {
        self.exceptions += 1;
        self.collisions += u64::from(has_collided);
    }

    const fn tell(&self, appended: &mut Appended) {
        let Self { requests, logs, exceptions, spans, samples, headers, collisions, .. } = *self;
        appended.stored += requests + logs + exceptions + spans + samples + headers;
        appended.collisions += collisions;
    }

    fn save(&self, conn: &Connection) -> rusqlite::Result<()> {
        self.releases.save_in_day(conn)?;
        let sql = "INSERT INTO meta(name, value) VALUES (?1, ?2) \
                   ON CONFLICT(name) DO UPDATE SET value = value + excluded.value";
        let mut statement = conn.prepare_cached(sql)?;
        for (name, count) in [
            ("requests", self.requests),
            ("logs", self.logs),
            ("exceptions", self.exceptions),
            ("spans", self.spans),
            ("samples", self.samples),
            ("headers", self.headers),
            ("collisions", self.collisions),
        ] {
            if count > 0 {
                statement.execute((name, count as i64))?;
            }
        }
        Ok(())
    }
}

fn exceptions_in(batch: &Batch<'_>, items: &[Item]) -> u64 {
    let is_one = |item: &&Item| matches!(batch.records[item.index].record, Record::Exception(_));
    items.iter().filter(is_one).count() as u64
}

/// Whether the issue is new or occurs again, only the main file tells.
const fn told(index: usize, id: u64, issue: u64) -> AppendedException {
    let id = RequestId::from_u64(id);
    AppendedException { index, id, issue, is_new_issue: false, regressed: false }
}

/// Leaves out what this file has already, moves its read positions on, and
/// sorts the rest by id, which is by time.
fn only_new(conn: &Connection, batch: &Batch<'_>, items: &[Item]) -> rusqlite::Result<Vec<Item>> {
    let mut positions: HashMap<&str, Position> = HashMap::new();
    let mut read = conn.prepare_cached("SELECT end, records FROM positions WHERE segment = ?1")?;
    let mut new = Vec::with_capacity(items.len());
    let mut rest = items;
    while let Some(first) = rest.first() {
        let segment = batch.records[first.index].segment;
        let run = rest.iter().take_while(|i| batch.records[i.index].segment == segment).count();
        let position = match positions.entry(segment) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                let found = read.query_row([segment], |row| Ok((row.get(0)?, row.get(1)?)));
                let (end, records): (i64, i64) = found.optional()?.unwrap_or((0, 0));
                entry.insert(Position { end: end as u64, records: records as u64 })
            }
        };
        for item in &rest[..run] {
            let record = &batch.records[item.index];
            if record.end > position.end {
                position.end = record.end;
                position.records += 1;
                new.push(*item);
            }
        }
        rest = &rest[run..];
    }
    let sql = "INSERT OR REPLACE INTO positions(segment, end, records) VALUES (?1, ?2, ?3)";
    let mut write = conn.prepare_cached(sql)?;
    for (segment, position) in positions {
        write.execute((segment, position.end as i64, position.records as i64))?;
    }
    // stable: log lines of one time keep their order
    new.sort_by_key(|item| item.id);
    Ok(new)
}
