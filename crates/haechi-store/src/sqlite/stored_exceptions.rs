use super::stored_text::StoredTexts;
use crate::{ExceptionHead, StoredException};
use haechi_event::{Mechanism, RequestId};
use rusqlite::{Connection, Params, Row};

/// The tables that hold single exceptions: of a day's file, and of the main one.
pub(crate) const OF_DAY: &str = "exceptions";
pub(crate) const KEPT: &str = "kept_events";

/// The stack comes last: a row is only read as far as it is asked for.
const HEAD: &str =
    "id, issue, mechanism, app, route, release, pid, request_id, ticket, kind, message, user";

/// Heads of the rows of a table that pass a condition.
pub(crate) fn heads(
    conn: &Connection,
    table: &str,
    condition: &str,
    parameters: impl Params,
) -> rusqlite::Result<Vec<ExceptionHead>> {
    let sql = format!("SELECT {HEAD} FROM {table} WHERE {condition}");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut texts = StoredTexts::new(conn);
    let rows = statement.query_map(parameters, |row| head(row, &mut texts))?;
    rows.collect()
}

/// The occurrence with this id.
pub(crate) fn whole(
    conn: &Connection,
    table: &str,
    id: RequestId,
) -> rusqlite::Result<Option<StoredException>> {
    let sql = format!("SELECT {HEAD}, stack FROM {table} WHERE id = ?1 LIMIT 1");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut texts = StoredTexts::new(conn);
    let mut rows = statement.query_map([id.as_u64() as i64], |row| {
        let stack = row.get::<_, Option<Vec<u8>>>(12)?.unwrap_or_default();
        Ok(StoredException { head: head(row, &mut texts)?, stack })
    })?;
    rows.next().transpose()
}

fn head(row: &Row<'_>, texts: &mut StoredTexts<'_>) -> rusqlite::Result<ExceptionHead> {
    let number = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
    let request: Option<i64> = row.get(7)?;
    Ok(ExceptionHead {
        id: RequestId::from_u64(number(0)?),
        issue: number(1)?,
        mechanism: Mechanism::from_number(row.get(2)?),
        app: texts.column(row, 3)?,
        route: texts.column(row, 4)?,
        release: texts.column(row, 5)?,
        pid: row.get(6)?,
        request_id: request.map(|id| RequestId::from_u64(id.unsigned_abs())),
        ticket: row.get(8)?,
        kind: texts.column(row, 9)?,
        message: row.get(10)?,
        user: texts.column(row, 11)?,
    })
}
