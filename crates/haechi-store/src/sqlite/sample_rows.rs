use super::SqliteStore;
use super::calendar::Day;
use crate::{StoreError, StoredSamples};
use haechi_event::{Occasion, RequestId, Samples, Unseen};
use rusqlite::{Connection, OptionalExtension, Row};

const INSERT: &str = "INSERT INTO samples(request_id, time_ms, occasion, unseen, interval_ms, \
     looks, samples, from_ms, to_ms, lock_wait_us, lock_wait_max_us, tree) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
/// What was told last holds all that was told before.
const LAST: &str = "SELECT time_ms, occasion, unseen, interval_ms, looks, samples, from_ms, \
     to_ms, lock_wait_us, lock_wait_max_us, tree FROM samples WHERE request_id = ?1 \
     ORDER BY looks DESC, time_ms DESC LIMIT 1";

/// Writes a row of the table `samples`, of the request that asks for the id
/// `request`; gives their number.
pub(crate) fn insert(conn: &Connection, request: u64, told: &Samples<'_>) -> rusqlite::Result<u64> {
    // beyond what an integer column holds there is only nonsense
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let written = conn.prepare_cached(INSERT)?.execute((
        request as i64,
        number(told.time_unix_ns / 1_000_000),
        told.occasion as u8,
        told.unseen as u8,
        told.interval_ms,
        told.looks,
        told.samples,
        told.from_ms,
        told.to_ms,
        number(told.lock_wait_ns / 1000),
        number(told.lock_wait_max_ns / 1000),
        told.tree,
    ))?;
    Ok(written as u64)
}

impl SqliteStore {
    pub(super) fn read_samples(&self, id: RequestId) -> Result<Option<StoredSamples>, StoreError> {
        let day = Day::of_ms(id.unix_ms());
        let found = self.read_day(day, self.short_deadline(), "read samples", |conn| {
            conn.prepare_cached(LAST)?.query_row([id.as_u64() as i64], stored).optional()
        })?;
        Ok(found.flatten())
    }
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredSamples> {
    let number = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
    Ok(StoredSamples {
        time_unix_ms: number(0)?,
        occasion: Occasion::from_number(row.get(1)?),
        unseen: Unseen::from_number(row.get(2)?),
        interval_ms: row.get(3)?,
        looks: row.get(4)?,
        samples: row.get(5)?,
        from_ms: row.get(6)?,
        to_ms: row.get(7)?,
        lock_wait_us: number(8)?,
        lock_wait_max_us: number(9)?,
        tree: row.get(10)?,
    })
}
