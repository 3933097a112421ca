use super::free_ids::FreeIds;
use super::log_terms::index_text;
use super::texts::Texts;
use haechi_event::Log;
use rusqlite::{CachedStatement, Connection};

const INSERT: &str = "INSERT INTO logs(id, severity, app, route, logger, file, line, request_id, \
     pid, message_bytes, message, exception, pattern, attributes) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
const INSERT_TEXT: &str = "INSERT INTO logs_text(rowid, text) VALUES (?1, ?2)";

/// Writes rows of the table `logs` and of its full-text index.
pub(crate) struct LogRows<'c> {
    insert: CachedStatement<'c>,
    insert_text: CachedStatement<'c>,
    conn: &'c Connection,
    /// What is indexed of a line; its room is used again.
    text: String,
    free: FreeIds<'c>,
    /// The largest id used for the last wanted one.
    last: (u64, u64),
}

impl<'c> LogRows<'c> {
    /// `ids` are those of the day: first, and first of the next day.
    pub(crate) fn new(conn: &'c Connection, ids: (u64, u64)) -> rusqlite::Result<Self> {
        Ok(Self {
            insert: conn.prepare_cached(INSERT)?,
            insert_text: conn.prepare_cached(INSERT_TEXT)?,
            free: FreeIds::new(conn, "logs", ids)?,
            conn,
            text: String::new(),
            last: (u64::MAX, 0),
        })
    }

    /// Writes a line under `id`, or the next free one; says which. Lines of
    /// one time stay in the order they are given in.
    pub(crate) fn insert(
        &mut self,
        id: u64,
        pid: u32,
        log: &Log<'_>,
        pattern: u64,
        texts: &mut Texts,
    ) -> rusqlite::Result<u64> {
        let wanted = self.free.clamp(id);
        let start = if self.last.0 == wanted { self.last.1 + 1 } else { wanted };
        let id = self.free.first_from(start)?;
        self.last = (wanted, id);
        let exception = (!log.exception.is_empty()).then_some(log.exception);
        let request = (log.request_id.as_u64() != 0).then(|| log.request_id.as_u64() as i64);
        let message_bytes = i64::try_from(log.message_bytes).unwrap_or(i64::MAX);
        let statement = &mut self.insert;
        statement.raw_bind_parameter(1, id as i64)?;
        statement.raw_bind_parameter(2, log.severity.number())?;
        statement.raw_bind_parameter(3, texts.keep(self.conn, log.app)?)?;
        statement.raw_bind_parameter(4, texts.keep(self.conn, log.route)?)?;
        statement.raw_bind_parameter(5, texts.keep(self.conn, log.logger)?)?;
        statement.raw_bind_parameter(6, texts.keep(self.conn, log.file)?)?;
        statement.raw_bind_parameter(7, log.line)?;
        statement.raw_bind_parameter(8, request)?;
        statement.raw_bind_parameter(9, pid)?;
        statement.raw_bind_parameter(10, message_bytes)?;
        statement.raw_bind_parameter(11, log.message)?;
        statement.raw_bind_parameter(12, exception)?;
        statement.raw_bind_parameter(13, pattern as i64)?;
        statement.raw_bind_parameter(14, Some(log.attributes).filter(|all| !all.is_empty()))?;
        statement.raw_execute()?;
        index_text(&mut self.text, log, pattern);
        self.insert_text.execute((id as i64, &self.text))?;
        Ok(id)
    }
}
