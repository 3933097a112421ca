use super::texts::Texts;
use haechi_event::Span;
use rusqlite::{CachedStatement, Connection};

const INSERT: &str = "INSERT INTO spans(request_id, span, parent, part, failed, count, start_us, \
     duration_us, rows, status, name, file, line) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

/// Writes rows of the table `spans`.
pub(crate) struct SpanRows<'c> {
    conn: &'c Connection,
    insert: CachedStatement<'c>,
}

impl<'c> SpanRows<'c> {
    pub(crate) fn new(conn: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self { conn, insert: conn.prepare_cached(INSERT)? })
    }

    /// Writes a span of the request that asks for the id `request`.
    pub(crate) fn insert(
        &mut self,
        request: u64,
        span: &Span<'_>,
        texts: &mut Texts,
    ) -> rusqlite::Result<()> {
        // beyond what an integer column holds there is only nonsense
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let statement = &mut self.insert;
        statement.raw_bind_parameter(1, request as i64)?;
        statement.raw_bind_parameter(2, span.id)?;
        statement.raw_bind_parameter(3, span.parent)?;
        statement.raw_bind_parameter(4, span.part.number())?;
        statement.raw_bind_parameter(5, span.failed)?;
        statement.raw_bind_parameter(6, span.count)?;
        statement.raw_bind_parameter(7, number(span.start_ns / 1000))?;
        statement.raw_bind_parameter(8, number(span.duration_ns / 1000))?;
        statement.raw_bind_parameter(9, span.rows.map(number))?;
        statement.raw_bind_parameter(10, span.status)?;
        statement.raw_bind_parameter(11, texts.keep(self.conn, span.name)?)?;
        statement.raw_bind_parameter(12, texts.keep(self.conn, span.file)?)?;
        statement.raw_bind_parameter(13, (span.line > 0).then_some(span.line))?;
        statement.raw_execute()?;
        Ok(())
    }
}
