//! Which requests of one day a question asks for: as SQL over the rows, and as
//! the minutes whose rollups say that there may be some.

use super::rollup::status_class;
use super::route_ids::RouteId;
use super::stored_text::equals;
use super::visit::{NamedRoute, Selection, select};
use crate::RequestsQuery;
use rusqlite::{CachedStatement, Connection};
use std::collections::BTreeMap;

/// Columns of a row, in the order they are read in.
const COLUMNS: &str = "id, route, status, duration_us, cpu_us, bytes_in, bytes_out, pid, flags, \
     client, user_agent, referrer, path, query, ticket, trace, user, split, repeats, release";
/// Minutes one statement reads at the most, so that a query that is ended has
/// got somewhere.
const CHUNK: u32 = 60;
/// With more routes than this, hours tell where to look instead of minutes.
const FEW_ROUTES: usize = 20;

/// A query in the words of one day's file.
pub(super) struct Filter<'q> {
    query: &'q RequestsQuery,
    /// Routes that pass, by id.
    pub(super) routes: Vec<NamedRoute>,
    /// Whether not all of the file's routes pass.
    by_route: bool,
    pub(super) sql: String,
}

impl<'q> Filter<'q> {
    pub(super) fn new(
        conn: &Connection,
        query: &'q RequestsQuery,
        selection: Selection<'_>,
    ) -> rusqlite::Result<Self> {
        let routes = select(conn, selection)?;
        let by_route = query.app.is_some() || query.method.is_some() || query.route.is_some();
        let mut sql = format!("SELECT {COLUMNS} FROM requests WHERE id >= ?1 AND id < ?2");
        if by_route {
            let ids: Vec<String> = routes.iter().map(|route| route.id.to_string()).collect();
            sql.push_str(&format!(" AND route IN ({})", ids.join(",")));
        }
        if let Some(status) = query.status {
            let (low, high) = status.bounds();
            sql.push_str(&format!(" AND status BETWEEN {low} AND {high}"));
        }
        if let Some(least) = query.min_duration_us {
            sql.push_str(&format!(" AND duration_us >= {}", least.min(i64::MAX as u64)));
        }
        if let Some(client) = &query.client {
            sql.push_str(" AND ");
            sql.push_str(&equals(conn, "client", client, 3)?);
        }
        if let Some(user) = &query.user {
            sql.push_str(" AND ");
            sql.push_str(&equals(conn, "user", user, 4)?);
        }
        if let Some(release) = &query.release {
            sql.push_str(" AND ");
            sql.push_str(&equals(conn, "release", release, 5)?);
        }
        sql.push_str(" ORDER BY id DESC");
        Ok(Self { query, routes, by_route, sql })
    }

    /// One of its statements, with all it asks for.
    pub(super) fn prepare<'c>(
        &self,
        conn: &'c Connection,
        sql: &str,
        low: u64,
        high: u64,
    ) -> rusqlite::Result<CachedStatement<'c>> {
        let mut statement = conn.prepare_cached(sql)?;
        statement.raw_bind_parameter(1, low as i64)?;
        statement.raw_bind_parameter(2, high as i64)?;
        if let Some(client) = &self.query.client {
            statement.raw_bind_parameter(3, client)?;
        }
        if let Some(user) = &self.query.user {
            statement.raw_bind_parameter(4, user)?;
        }
        if let Some(release) = &self.query.release {
            statement.raw_bind_parameter(5, release)?;
        }
        Ok(statement)
    }

    /// The longest duration (ns) and the minutes of every rollup in `from..to`
    /// that says that a request may pass.
    pub(super) fn maxima(
        &self,
        conn: &Connection,
        from: u32,
        to: u32,
    ) -> rusqlite::Result<Vec<(u64, u32, u32)>> {
        let (ids, width) = self.rollups();
        let sql = format!(
            "SELECT minute, max_ns FROM rollups WHERE route = ?1 AND width = ?2 AND minute > ?3 \
             AND minute < ?4{}",
            rollup_condition(self.query)
        );
        let mut statement = conn.prepare_cached(&sql)?;
        let mut longest: BTreeMap<u32, u64> = BTreeMap::new();
        for id in ids {
            let range = (id, width, i64::from(from) - i64::from(width), to);
            let mut rows = statement.query(range)?;
            while let Some(row) = rows.next()? {
                let max: i64 = row.get(1)?;
                let known = longest.entry(row.get(0)?).or_default();
                *known = (*known).max(max.unsigned_abs());
            }
        }
        let place = |(begin, max): (u32, u64)| (max, begin.max(from), (begin + width).min(to));
        Ok(longest.into_iter().map(place).collect())
    }

    /// The routes whose rollups tell where to look, and the minutes of each.
    fn rollups(&self) -> (Vec<i64>, u32) {
        let ids: Vec<i64> = if self.by_route {
            self.routes.iter().map(|route| route.id).collect()
        } else {
            vec![RouteId::EVERYTHING]
        };
        let narrow = self.by_route || !rollup_condition(self.query).is_empty();
        let width = if narrow && ids.len() <= FEW_ROUTES { 1 } else { CHUNK };
        (ids, width)
    }

    /// The route of a row; only a damaged file has a row without.
    pub(super) fn route(&self, id: i64) -> Option<&NamedRoute> {
        self.routes.binary_search_by_key(&id, |route| route.id).ok().map(|at| &self.routes[at])
    }

    /// The parts of `from..to` (minutes) whose rollups say that a request may
    /// pass, oldest first, in pieces of at most [`CHUNK`].
    pub(super) fn chunks(
        &self,
        conn: &Connection,
        from: u32,
        to: u32,
    ) -> rusqlite::Result<Vec<(u32, u32)>> {
        let (ids, width) = self.rollups();
        let sql = format!(
            "SELECT minute FROM rollups WHERE route = ?1 AND width = ?2 AND minute > ?3 \
             AND minute < ?4{}",
            rollup_condition(self.query)
        );
        let mut statement = conn.prepare_cached(&sql)?;
        let mut begins: Vec<u32> = Vec::new();
        for id in ids {
            // a row that begins before the range may reach into it
            let rows = statement
                .query_map((id, width, i64::from(from) - i64::from(width), to), |row| row.get(0))?;
            for begin in rows {
                begins.push(begin?);
            }
        }
        begins.sort_unstable();
        begins.dedup();
        let mut chunks: Vec<(u32, u32)> = Vec::new();
        for begin in begins {
            match chunks.last_mut() {
                Some((first, end)) if *end == begin && begin + width - *first <= CHUNK => {
                    *end = begin + width;
                }
                _ => chunks.push((begin, begin + width)),
            }
        }
        Ok(chunks.into_iter().map(|(f, t)| (f.max(from), t.min(to))).collect())
    }
}

/// What a rollup must have for a request in it to pass, as SQL.
pub(super) fn rollup_condition(query: &RequestsQuery) -> String {
    const NAMES: [&str; 6] = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];
    let mut sql = String::new();
    if let Some(status) = query.status {
        let class = NAMES[status_class(status.bounds().0)];
        sql.push_str(&format!(" AND status_{class} > 0"));
    }
    if let Some(least) = query.min_duration_us {
        let least = least.saturating_mul(1000).min(i64::MAX as u64);
        sql.push_str(&format!(" AND max_ns >= {least}"));
    }
    sql
}
