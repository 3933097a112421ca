use super::SqliteStore;
use super::readers::{Deadline, FileKey};
use super::requests::path_at;
use super::stored_text::StoredTexts;
use super::visit::{NamedRoute, Selection, select};
use crate::{StoreError, Visit, Visits, VisitsQuery, is_program};
use haechi_event::RequestId;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use std::collections::{BTreeMap, HashMap};

/// Different names of a kind that are kept apart; the rest is [`OTHER`].
const MOST_NAMES: usize = 20_000;
const OTHER: &str = "(other)";
/// Milliseconds one statement reads, so that a query that is ended has got somewhere.
const CHUNK_MS: u64 = 600_000;
const NOT_FOUND: u16 = 404;

const SQL: &str = "SELECT id, route, status, bytes_out, client, user_agent, referrer, \
     CASE status WHEN 404 THEN path END FROM requests WHERE id >= ?1 AND id < ?2 ORDER BY id DESC";
const PATH: usize = 7;

impl SqliteStore {
    /// Raw rows, newest first, for as long as one query may take.
    pub(super) fn read_visits(&self, query: &VisitsQuery) -> Result<Visits, StoreError> {
        let deadline = self.short_deadline();
        let low = RequestId::first_at_ms(query.from_ms).as_u64();
        let high = RequestId::first_at_ms(query.to_ms).as_u64();
        let mut count = Count { seen_from: high, ..Count::default() };
        for (day, state) in self.days().iter().rev() {
            let (first, next) = day.request_ids();
            let (low, high) = (low.max(first), high.min(next));
            if state.part.is_none() || low >= high {
                continue;
            }
            let read = self.readers.lend(FileKey::Day(*day), deadline).and_then(|conn| {
                count
                    .read_day(&conn, query, (low, high), deadline)
                    .map_err(StoreError::sqlite("read visits"))
            });
            match read {
                Err(StoreError::TimedOut) => count.is_partial = true,
                result => {
                    self.skip_damage(*day, result)?;
                }
            }
            if count.is_partial {
                break;
            }
        }
        Ok(count.finish(query))
    }
}

/// What is counted for one name.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    requests: u64,
    by_programs: u64,
    bytes_out: u64,
}

#[derive(Default)]
struct Names {
    counted: HashMap<Box<str>, Counted>,
    is_capped: bool,
}

impl Names {
    fn add(&mut self, name: &str, is_program: bool, bytes: u64) {
        if !self.counted.contains_key(name) {
            if self.counted.len() >= MOST_NAMES && name != OTHER {
                self.is_capped = true;
                return self.add(OTHER, is_program, bytes);
            }
            self.counted.insert(name.into(), Counted::default());
        }
        if let Some(counted) = self.counted.get_mut(name) {
            counted.requests += 1;
            counted.by_programs += u64::from(is_program);
            counted.bytes_out = counted.bytes_out.saturating_add(bytes);
        }
    }

    fn top(self, limit: usize) -> Vec<Visit> {
        let visit = |(name, counted): (Box<str>, Counted)| Visit {
            name: name.into(),
            requests: counted.requests,
            by_programs: counted.by_programs,
            bytes_out: counted.bytes_out,
        };
        let mut visits: Vec<Visit> = self.counted.into_iter().map(visit).collect();
        visits.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| a.name.cmp(&b.name)));
        visits.truncate(limit);
        visits
    }
}

#[derive(Default)]
struct Count {
    requests: u64,
    by_programs: u64,
    clients: Names,
    agents: Names,
    referrers: Names,
    not_found: Names,
    statuses: BTreeMap<u16, u64>,
    /// Everything from this id on was counted.
    seen_from: u64,
    is_partial: bool,
}

impl Count {
    fn read_day(
        &mut self,
        conn: &Connection,
        query: &VisitsQuery,
        (low, high): (u64, u64),
        deadline: Deadline,
    ) -> rusqlite::Result<()> {
        let all = Selection::Routes { app: query.app.as_deref(), method: None, route: None };
        let routes = select(conn, all)?;
        let mut programs = Programs::default();
        let mut end = high;
        while end > low && !routes.is_empty() {
            let newest = RequestId::from_u64(end - 1).unix_ms();
            let begin = RequestId::first_at_ms(newest / CHUNK_MS * CHUNK_MS).as_u64().max(low);
            let mut statement = conn.prepare_cached(SQL)?;
            let mut texts = StoredTexts::new(conn);
            let mut rows = statement.query((begin as i64, end as i64))?;
            while let Some(row) = rows.next()? {
                self.row(row, query, &routes, &mut texts, &mut programs)?;
            }
            self.seen_from = begin;
            end = begin;
            if deadline.is_over() && end > low {
                self.is_partial = true;
                return Ok(());
            }
        }
        self.seen_from = low;
        Ok(())
    }

    fn row(
        &mut self,
        row: &Row<'_>,
        query: &VisitsQuery,
        routes: &[NamedRoute],
        texts: &mut StoredTexts<'_>,
        programs: &mut Programs,
    ) -> rusqlite::Result<()> {
        self.seen_from = row.get::<_, i64>(0)?.unsigned_abs();
        let route: i64 = row.get(1)?;
        let Ok(at) = routes.binary_search_by_key(&route, |route| route.id) else { return Ok(()) };
        let is_program = programs.of(row, texts)?;
        if query.programs.is_some_and(|wanted| wanted != is_program) {
            return Ok(());
        }
        let status: u16 = row.get(2)?;
        let bytes = row.get::<_, i64>(3)?.unsigned_abs();
        self.requests += 1;
        self.by_programs += u64::from(is_program);
        *self.statuses.entry(status).or_default() += 1;
        self.clients.add(&texts.column(row, 4)?, is_program, bytes);
        self.agents.add(&texts.column(row, 5)?, is_program, bytes);
        let referrer = texts.column(row, 6)?;
        if !referrer.is_empty() {
            self.referrers.add(&referrer, is_program, bytes);
        }
        if status == NOT_FOUND {
            self.not_found.add(&path_at(row, PATH, routes.get(at))?, is_program, bytes);
        }
        Ok(())
    }

    fn finish(self, query: &VisitsQuery) -> Visits {
        let all = [&self.clients, &self.agents, &self.referrers, &self.not_found];
        Visits {
            requests: self.requests,
            by_programs: self.by_programs,
            is_capped: all.iter().any(|names| names.is_capped),
            clients_seen: self.clients.counted.len() as u64,
            clients: self.clients.top(query.limit),
            agents: self.agents.top(query.limit),
            referrers: self.referrers.top(query.limit),
            not_found: self.not_found.top(query.limit),
            statuses: self.statuses.into_iter().collect(),
            counted_from_ms: match self.is_partial {
                true => RequestId::from_u64(self.seen_from).unix_ms(),
                false => query.from_ms,
            },
            is_partial: self.is_partial,
        }
    }
}

/// Which numbered user agents are programs: looked at once each.
#[derive(Default)]
struct Programs {
    known: HashMap<i64, bool>,
}

impl Programs {
    fn of(&mut self, row: &Row<'_>, texts: &mut StoredTexts<'_>) -> rusqlite::Result<bool> {
        let ValueRef::Integer(id) = row.get_ref(5)? else {
            return Ok(is_program(&texts.column(row, 5)?));
        };
        if let Some(known) = self.known.get(&id) {
            return Ok(*known);
        }
        let found = is_program(&texts.column(row, 5)?);
        self.known.insert(id, found);
        Ok(found)
    }
}
