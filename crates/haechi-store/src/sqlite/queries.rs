use super::SqliteStore;
use super::calendar::Day;
use super::main_file::DayState;
use super::plan::Plan;
use super::readers::Deadline;
use super::rollup::HOUR;
use super::traffic::minutes;
use crate::{Queries, QueriesQuery, QuerySort, QueryTotals, StoreError};
use haechi_event::RequestId;
use rusqlite::{Connection, Row};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

const DOING: &str = "read queries";
/// What is counted of a query, in both kinds of file.
pub(crate) const NUMBERS: &str = "calls, total_ns, max_ns, failed, rows, repeats, repeated, \
     saves_ns, max_request, repeats_request";

impl SqliteStore {
    /// Whole days come from the main file, what is left at both ends from the files
    /// of days. Of a deleted day there is only all of it.
    pub(super) fn read_queries(&self, query: &QueriesQuery) -> Result<Queries, StoreError> {
        let (from, to) = minutes(query.from_ms, query.to_ms);
        let mut found = Found { from, to, ..Found::default() };
        let deadline = self.long_deadline();
        for (day, state) in &self.days() {
            if day.end_minute() > from && day.first_minute() < to {
                self.read_queries_of(*day, *state, deadline, &mut found)?;
            }
        }
        self.read_whole_days(deadline, &mut found)?;
        let wanted = |totals: &QueryTotals| query.app.as_ref().is_none_or(|app| *app == totals.app);
        let mut queries: Vec<QueryTotals> = found.totals.into_values().filter(wanted).collect();
        let (count, total_ns) = (queries.len(), queries.iter().map(|q| q.total_ns).sum());
        queries.sort_by_key(|totals| {
            let by = match query.sort {
                QuerySort::Time => totals.total_ns,
                QuerySort::Calls => totals.calls,
                QuerySort::Max => totals.max_ns,
                QuerySort::Saves => totals.saves_ns,
            };
            (Reverse(by), totals.id)
        });
        queries.truncate(query.limit);
        let ms = |minute: u32| u64::from(minute) * 60_000;
        Ok(Queries { from_ms: ms(found.from), to_ms: ms(found.to), count, total_ns, queries })
    }

    fn read_queries_of(
        &self,
        day: Day,
        state: DayState,
        deadline: Deadline,
        found: &mut Found,
    ) -> Result<(), StoreError> {
        let is_whole = found.from <= day.first_minute() && day.end_minute() <= found.to;
        let Some(part) = state.part.filter(|_| state.dirty || !is_whole) else {
            found.from = found.from.min(day.first_minute());
            found.to = found.to.max(day.end_minute());
            found.add_day(day);
            return Ok(());
        };
        let range = (found.from, found.to);
        let read = self.read_day(day, deadline, DOING, |conn| {
            conn.execute_batch("BEGIN")?;
            let mut of_day = HashMap::new();
            read_day_file(conn, day, range, &mut of_day)?;
            name(conn, &mut of_day)?;
            Ok(of_day)
        })?;
        for (id, totals) in read.unwrap_or_default() {
            let known = found.totals.entry(id).or_default();
            merge(known, &totals);
            // of the newest day: its line is the one to look at
            let QueryTotals { app, sql, file, line, .. } = totals;
            *known = QueryTotals { app, sql, file, line, ..std::mem::take(known) };
        }
        if is_whole && state.older_parts {
            found.days.push((day, Day::of_minute(day.end_minute()), Some(part)));
        }
        Ok(())
    }

    fn read_whole_days(&self, deadline: Deadline, found: &mut Found) -> Result<(), StoreError> {
        if found.days.is_empty() {
            return Ok(());
        }
        let days = std::mem::take(&mut found.days);
        let read = self.read_main(deadline, DOING, |conn| {
            let mut of_days = HashMap::new();
            let sql = format!(
                "SELECT query, {NUMBERS} FROM query_days WHERE day >= ?1 AND day < ?2 \
                 AND (?3 IS NULL OR part <> ?3)"
            );
            let mut statement = conn.prepare_cached(&sql)?;
            for (first, end, not_part) in &days {
                let mut rows = statement.query((first.number(), end.number(), not_part))?;
                while let Some(row) = rows.next()? {
                    add_row(row, &mut of_days)?;
                }
            }
            name(conn, &mut of_days)?;
            Ok(of_days)
        })?;
        for (id, totals) in read {
            match found.totals.entry(id) {
                Entry::Occupied(mut known) => merge(known.get_mut(), &totals),
                Entry::Vacant(new) => drop(new.insert(totals)),
            }
        }
        Ok(())
    }
}

/// Queries being added up.
#[derive(Default)]
struct Found {
    totals: HashMap<u64, QueryTotals>,
    /// Minutes that are counted.
    from: u32,
    to: u32,
    /// Days to be read from the main file: first, end, and a part that is not.
    days: Vec<(Day, Day, Option<i64>)>,
}

impl Found {
    fn add_day(&mut self, day: Day) {
        let end = Day::of_minute(day.end_minute());
        match self.days.last_mut() {
            Some((_, last, None)) if *last == day => *last = end,
            _ => self.days.push((day, end, None)),
        }
    }
}

/// Adds what one day's file counted in these minutes.
fn read_day_file(
    conn: &Connection,
    day: Day,
    (from, to): (u32, u32),
    found: &mut HashMap<u64, QueryTotals>,
) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT query, {NUMBERS} FROM query_counts \
         WHERE width = ?1 AND minute >= ?2 AND minute < ?3"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    for piece in Plan::of_day_file(day, from, to, HOUR).pieces {
        let mut rows = statement.query((piece.width, piece.from, piece.to))?;
        while let Some(row) = rows.next()? {
            add_row(row, found)?;
        }
    }
    Ok(())
}

/// Adds a row of a query and its [`NUMBERS`].
pub(crate) fn add_row(
    row: &Row<'_>,
    found: &mut HashMap<u64, QueryTotals>,
) -> rusqlite::Result<()> {
    let number = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
    let request = |id: u64| (id > 0).then(|| RequestId::from_u64(id));
    let id = number(0)?;
    let more = QueryTotals {
        calls: number(1)?,
        total_ns: number(2)?,
        max_ns: number(3)?,
        failed: number(4)?,
        rows: number(5)?,
        repeats: number(6)?,
        repeated: number(7)?,
        saves_ns: number(8)?,
        max_request: request(number(9)?),
        repeats_request: request(number(10)?),
        ..QueryTotals::default()
    };
    merge(found.entry(id).or_insert_with(|| QueryTotals { id, ..QueryTotals::default() }), &more);
    Ok(())
}

fn merge(totals: &mut QueryTotals, more: &QueryTotals) {
    totals.id = totals.id.max(more.id);
    if more.max_ns > totals.max_ns || totals.max_request.is_none() {
        totals.max_request = more.max_request;
    }
    totals.max_ns = totals.max_ns.max(more.max_ns);
    totals.calls += more.calls;
    totals.total_ns += more.total_ns;
    totals.failed += more.failed;
    totals.rows += more.rows;
    totals.repeats += more.repeats;
    totals.repeated += more.repeated;
    totals.saves_ns += more.saves_ns;
    totals.repeats_request = totals.repeats_request.max(more.repeats_request);
}

/// Says what each query is. Only a damaged file has one that is not named.
pub(crate) fn name(
    conn: &Connection,
    found: &mut HashMap<u64, QueryTotals>,
) -> rusqlite::Result<()> {
    let sql = "SELECT app, sql, file, line FROM queries WHERE query = ?1";
    let mut statement = conn.prepare_cached(sql)?;
    for (id, totals) in found {
        let mut rows = statement.query([*id as i64])?;
        if let Some(row) = rows.next()? {
            (totals.app, totals.sql) = (row.get(0)?, row.get(1)?);
            (totals.file, totals.line) = (row.get(2)?, row.get(3)?);
        }
    }
    Ok(())
}
