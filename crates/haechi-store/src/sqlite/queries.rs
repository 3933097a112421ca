use super::SqliteStore;
use super::calendar::Day;
use super::plan::Plan;
use super::readers::FileKey;
use super::rollup::HOUR;
use super::traffic::minutes;
use crate::{Queries, QueriesQuery, QuerySort, QueryTotals, StoreError};
use haechi_event::RequestId;
use rusqlite::Connection;
use std::cmp::Reverse;
use std::collections::HashMap;

impl SqliteStore {
    pub(super) fn read_queries(&self, query: &QueriesQuery) -> Result<Queries, StoreError> {
        let (from, to) = minutes(query.from_ms, query.to_ms);
        let mut found: HashMap<u64, QueryTotals> = HashMap::new();
        let deadline = self.long_deadline();
        for (day, state) in &self.days() {
            if state.part.is_none() || day.end_minute() <= from || day.first_minute() >= to {
                continue;
            }
            let key = FileKey::Day(*day);
            let read = self.readers.lend(key, deadline).and_then(|conn| {
                conn.execute_batch("BEGIN")
                    .and_then(|()| read_day(&conn, *day, (from, to), &mut found))
                    .map_err(StoreError::sqlite("read queries"))
            });
            self.skip_damage(*day, read)?;
        }
        let wanted = |totals: &QueryTotals| query.app.as_ref().is_none_or(|app| *app == totals.app);
        let mut queries: Vec<QueryTotals> = found.into_values().filter(wanted).collect();
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
        Ok(Queries { from_ms: ms(from), to_ms: ms(to), count, total_ns, queries })
    }
}

/// The request behind the 20 digits of its longest call.
fn request_of(longest: &str) -> Option<RequestId> {
    some_request(longest.get(20..)?.parse().ok()?)
}

fn some_request(id: u64) -> Option<RequestId> {
    (id > 0).then(|| RequestId::from_u64(id))
}

/// Adds what one day's file counted in these minutes.
fn read_day(
    conn: &Connection,
    day: Day,
    (from, to): (u32, u32),
    found: &mut HashMap<u64, QueryTotals>,
) -> rusqlite::Result<()> {
    let sql = "SELECT q.query, app, sql, file, line, sum(calls), sum(total_ns), max(max_ns), \
               sum(failed), sum(rows), sum(repeats), sum(repeated), sum(saves_ns), \
               max(printf('%020d%d', max_ns, max_request)), max(repeats_request) \
               FROM query_counts c JOIN queries q ON q.query = c.query \
               WHERE width = ?1 AND minute >= ?2 AND minute < ?3 GROUP BY q.query";
    let mut statement = conn.prepare_cached(sql)?;
    for piece in Plan::of_day_file(day, from, to, HOUR).pieces {
        let mut rows = statement.query((piece.width, piece.from, piece.to))?;
        while let Some(row) = rows.next()? {
            let number = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
            let id = number(0)?;
            let totals =
                found.entry(id).or_insert_with(|| QueryTotals { id, ..QueryTotals::default() });
            // of the newest day: its line is the one to look at
            (totals.app, totals.sql) = (row.get(1)?, row.get(2)?);
            (totals.file, totals.line) = (row.get(3)?, row.get(4)?);
            totals.calls += number(5)?;
            totals.total_ns += number(6)?;
            let max_ns = number(7)?;
            if max_ns > totals.max_ns || totals.max_request.is_none() {
                totals.max_request = request_of(row.get_ref(13)?.as_str()?);
            }
            totals.max_ns = totals.max_ns.max(max_ns);
            totals.failed += number(8)?;
            totals.rows += number(9)?;
            totals.repeats += number(10)?;
            totals.repeated += number(11)?;
            totals.saves_ns += number(12)?;
            totals.repeats_request = totals.repeats_request.max(some_request(number(14)?));
        }
    }
    Ok(())
}
