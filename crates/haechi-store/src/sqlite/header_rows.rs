use super::SqliteStore;
use super::calendar::Day;
use crate::{StoreError, StoredHeaders};
use haechi_event::{Headers, RequestId};
use rusqlite::{Connection, OptionalExtension, Row};

const INSERT: &str = "INSERT INTO headers(request_id, request, request_left_out, response, \
     response_left_out) VALUES (?1, ?2, ?3, ?4, ?5)";
/// A request has one row; only ids that were taken twice have more.
const FIRST: &str = "SELECT request, request_left_out, response, response_left_out FROM headers \
     WHERE request_id = ?1 ORDER BY rowid LIMIT 1";

/// Writes a row of the table `headers`, of the request that asks for the id
/// `request`; gives their number.
pub(crate) fn insert(conn: &Connection, request: u64, told: &Headers<'_>) -> rusqlite::Result<u64> {
    let written = conn.prepare_cached(INSERT)?.execute((
        request as i64,
        told.request,
        told.request_left_out,
        told.response,
        told.response_left_out,
    ))?;
    Ok(written as u64)
}

impl SqliteStore {
    pub(super) fn read_headers(&self, id: RequestId) -> Result<Option<StoredHeaders>, StoreError> {
        let day = Day::of_ms(id.unix_ms());
        let found = self.read_day(day, self.short_deadline(), "read headers", |conn| {
            conn.prepare_cached(FIRST)?.query_row([id.as_u64() as i64], stored).optional()
        })?;
        Ok(found.flatten())
    }
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredHeaders> {
    Ok(StoredHeaders {
        request: row.get(0)?,
        request_left_out: row.get(1)?,
        response: row.get(2)?,
        response_left_out: row.get(3)?,
    })
}
