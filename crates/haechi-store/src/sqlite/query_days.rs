//! Which queries took the time on whole days, in the main file.

use super::day_file::DayFile;
use super::queries::{NUMBERS, add_row, name};
use crate::QueryTotals;
use haechi_event::RequestId;
use rusqlite::Connection;
use std::collections::HashMap;

/// Writes what the queries of this day took, as it is now: doing it again changes
/// nothing.
pub(crate) fn fold_queries(file: &DayFile, main: &Connection) -> rusqlite::Result<()> {
    let mut of_day: HashMap<u64, QueryTotals> = HashMap::new();
    let sql = format!("SELECT query, {NUMBERS} FROM query_counts WHERE width = 60");
    let mut statement = file.conn.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        add_row(row, &mut of_day)?;
    }
    name(&file.conn, &mut of_day)?;
    let sql = format!(
        "INSERT OR REPLACE INTO query_days(day, part, query, {NUMBERS}) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
    );
    let mut put = main.prepare_cached(&sql)?;
    let sql = "INSERT OR REPLACE INTO queries(query, app, sql, file, line) \
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut put_name = main.prepare_cached(sql)?;
    for (id, t) in &of_day {
        put_name.execute((*id as i64, &t.app, &t.sql, &t.file, t.line))?;
        let request = |id: Option<RequestId>| id.map_or(0, RequestId::as_u64);
        let requests = [request(t.max_request), request(t.repeats_request)];
        let numbers =
            [t.calls, t.total_ns, t.max_ns, t.failed, t.rows, t.repeats, t.repeated, t.saves_ns];
        put.raw_bind_parameter(1, file.day.number())?;
        put.raw_bind_parameter(2, file.part)?;
        put.raw_bind_parameter(3, *id as i64)?;
        for (index, number) in numbers.iter().chain(&requests).enumerate() {
            put.raw_bind_parameter(4 + index, i64::try_from(*number).unwrap_or(i64::MAX))?;
        }
        put.raw_execute()?;
    }
    Ok(())
}
