use super::SqliteStore;
use super::readers::{Deadline, FileKey};
use super::search_text::full_text_expression;
use super::stored_text::{StoredTexts, equals};
use crate::{LogId, Logs, LogsQuery, StoreError, StoredLog};
use haechi_event::{RequestId, Severity};
use rusqlite::{Connection, Row};

const COLUMNS: &str = "l.id, l.severity, l.app, l.route, l.logger, l.file, l.line, l.request_id, \
     l.pid, l.message_bytes, l.message, l.exception";
/// Microseconds one statement reads at the most where lines are looked through
/// one by one, so that a query that is ended has got somewhere.
const CHUNK_US: u64 = 3_600_000_000;

impl SqliteStore {
    /// Newest first, day by day.
    pub(super) fn read_logs(&self, query: &LogsQuery) -> Result<Logs, StoreError> {
        let deadline = self.short_deadline();
        let expression = query.text.as_deref().map(full_text_expression).transpose()?;
        let low = LogId::first_at_us(query.from_ms.saturating_mul(1000)).as_u64();
        let end = LogId::first_at_us(query.to_ms.saturating_mul(1000)).as_u64();
        let start = query.before.map_or(end, |before| end.min(before.as_u64()));
        let mut page =
            Page { query, expression, found: Vec::new(), seen_from: start, is_cut: false };
        let days = self.days();
        for (day, state) in days.iter().rev() {
            let (first, next) = day.log_ids();
            let (low, high) = (low.max(first), start.min(next));
            if state.part.is_none() || low >= high || query.limit == 0 {
                continue;
            }
            let key = FileKey::Day(*day);
            let read = self.readers.lend(key, deadline).and_then(|conn| {
                page.read_day(&conn, low, high, deadline).map_err(StoreError::sqlite("read logs"))
            });
            match read {
                Err(StoreError::TimedOut) if page.seen_from < start => page.is_cut = true,
                result => {
                    self.skip_damage(*day, result)?;
                }
            }
            if page.is_full() || page.is_cut {
                break;
            }
        }
        Ok(page.finish())
    }
}

/// An answer being collected.
struct Page<'q> {
    query: &'q LogsQuery,
    expression: Option<String>,
    /// One more than asked for tells that there is more.
    found: Vec<StoredLog>,
    /// Everything from this id on was looked at.
    seen_from: u64,
    /// The time was over.
    is_cut: bool,
}

impl Page<'_> {
    fn is_full(&self) -> bool {
        self.found.len() > self.query.limit
    }

    fn finish(mut self) -> Logs {
        let mut next = self.is_cut.then_some(self.seen_from);
        if self.is_full() {
            self.found.truncate(self.query.limit);
            next = self.found.last().map(|last| last.id.as_u64());
        }
        Logs { logs: self.found, next: next.map(LogId::from_u64) }
    }

    fn read_day(
        &mut self,
        conn: &Connection,
        low: u64,
        high: u64,
        deadline: Deadline,
    ) -> rusqlite::Result<()> {
        let sql = self.sql(conn)?;
        // an index finds the lines of a request or a word at once
        let by_index = self.query.request.is_some() || self.expression.is_some();
        let width = if by_index { high - low } else { LogId::width_of_us(CHUNK_US) };
        let mut end = high;
        while end > low && !self.is_full() {
            let begin = end.saturating_sub(width).max(low);
            self.read_chunk(conn, &sql, begin, end)?;
            if !self.is_full() {
                self.seen_from = begin;
                if deadline.is_over() {
                    self.is_cut = true;
                    break;
                }
            }
            end = begin;
        }
        Ok(())
    }

    fn sql(&self, conn: &Connection) -> rusqlite::Result<String> {
        let (from, order) = match self.expression {
            // CROSS keeps SQLite from looking through the lines first
            Some(_) => (
                "logs_text t CROSS JOIN logs l ON l.id = t.rowid \
                 WHERE logs_text MATCH ?3 AND t.rowid >= ?1 AND t.rowid < ?2",
                "t.rowid",
            ),
            None => ("logs l WHERE l.id >= ?1 AND l.id < ?2", "l.id"),
        };
        let mut sql = format!("SELECT {COLUMNS} FROM {from}");
        if let Some(app) = &self.query.app {
            sql.push_str(" AND ");
            sql.push_str(&equals(conn, "l.app", app, 4)?);
        }
        if let Some(least) = self.query.min_severity {
            sql.push_str(&format!(" AND l.severity >= {}", least.number()));
        }
        if let Some(id) = self.query.request {
            sql.push_str(&format!(" AND l.request_id = {}", id.as_u64() as i64));
        }
        sql.push_str(&format!(" ORDER BY {order} DESC"));
        Ok(sql)
    }

    fn read_chunk(
        &mut self,
        conn: &Connection,
        sql: &str,
        low: u64,
        high: u64,
    ) -> rusqlite::Result<()> {
        let mut statement = conn.prepare_cached(sql)?;
        statement.raw_bind_parameter(1, low as i64)?;
        statement.raw_bind_parameter(2, high as i64)?;
        if let Some(expression) = &self.expression {
            statement.raw_bind_parameter(3, expression)?;
        }
        if let Some(app) = &self.query.app {
            statement.raw_bind_parameter(4, app)?;
        }
        let mut texts = StoredTexts::new(conn);
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let log = stored_log(row, &mut texts)?;
            self.seen_from = log.id.as_u64();
            self.found.push(log);
            if self.is_full() {
                break;
            }
        }
        Ok(())
    }
}

fn stored_log(row: &Row<'_>, texts: &mut StoredTexts<'_>) -> rusqlite::Result<StoredLog> {
    let request: Option<i64> = row.get(7)?;
    Ok(StoredLog {
        id: LogId::from_u64(row.get::<_, i64>(0)?.unsigned_abs()),
        severity: Severity::from_number(row.get(1)?),
        app: texts.column(row, 2)?,
        route: texts.column(row, 3)?,
        logger: texts.column(row, 4)?,
        file: texts.column(row, 5)?,
        line: row.get(6)?,
        request_id: request.map(|id| RequestId::from_u64(id.unsigned_abs())),
        pid: row.get(8)?,
        message_bytes: row.get::<_, i64>(9)?.unsigned_abs(),
        message: row.get(10)?,
        exception: row.get(11)?,
    })
}
