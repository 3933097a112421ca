use super::SqliteStore;
use super::calendar::Day;
use super::stored_text::StoredTexts;
use crate::{StoreError, StoredRepeat, StoredSpan};
use haechi_event::{Part, RequestId, decode_repeats};
use rusqlite::Connection;

/// Spans of one request that are told.
const MOST: usize = 1000;

impl SqliteStore {
    pub(super) fn read_spans(&self, id: RequestId) -> Result<Vec<StoredSpan>, StoreError> {
        let day = Day::of_ms(id.unix_ms());
        let deadline = self.short_deadline();
        let found = self.read_day(day, deadline, "read spans", |conn| spans(conn, id))?;
        Ok(found.unwrap_or_default())
    }
}

fn spans(conn: &Connection, id: RequestId) -> rusqlite::Result<Vec<StoredSpan>> {
    let sql = "SELECT span, parent, part, failed, count, start_us, duration_us, rows, status, \
               name, file, line FROM spans WHERE request_id = ?1 ORDER BY span LIMIT ?2";
    let mut texts = StoredTexts::new(conn);
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query((id.as_u64() as i64, MOST as i64))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let number = |column: usize| row.get::<_, i64>(column).map(i64::unsigned_abs);
        found.push(StoredSpan {
            id: row.get(0)?,
            parent: row.get(1)?,
            part: Part::from_number(row.get(2)?),
            failed: row.get(3)?,
            count: row.get(4)?,
            start_us: number(5)?,
            duration_us: number(6)?,
            rows: row.get::<_, Option<i64>>(7)?.map(i64::unsigned_abs),
            status: row.get(8)?,
            name: texts.column(row, 9)?,
            file: texts.column(row, 10)?,
            line: row.get::<_, Option<u32>>(11)?.unwrap_or_default(),
        });
    }
    Ok(found)
}

/// What a request's row says of queries that repeat.
pub(crate) fn stored_repeats(bytes: &[u8]) -> Vec<StoredRepeat> {
    let stored = decode_repeats(bytes).map(|repeat| StoredRepeat {
        count: repeat.count,
        total_ns: repeat.total_ns,
        saves_ns: repeat.saves_ns(),
        name: repeat.name.to_owned(),
        file: repeat.file.to_owned(),
        line: repeat.line,
    });
    stored.collect()
}
