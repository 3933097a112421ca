use super::texts::Texts;
use haechi_event::Log;
use rusqlite::{CachedStatement, Connection, OptionalExtension};

const INSERT: &str = "INSERT INTO logs(id, severity, app, route, logger, file, line, request_id, \
     pid, message_bytes, message, exception) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
const INSERT_TEXT: &str = "INSERT INTO logs_text(rowid, message, exception) VALUES (?1, ?2, ?3)";

/// A search for a free id that takes more steps is in a damaged table.
const TRIES: u32 = 100;

/// Writes rows of the table `logs` and of its full-text index.
pub(crate) struct LogRows<'c> {
    insert: CachedStatement<'c>,
    insert_text: CachedStatement<'c>,
    conn: &'c Connection,
    /// Ids of the day: first, and first of the next day.
    ids: (u64, u64),
    /// The largest id used for the last wanted one.
    last: (u64, u64),
}

impl<'c> LogRows<'c> {
    pub(crate) fn new(conn: &'c Connection, ids: (u64, u64)) -> rusqlite::Result<Self> {
        Ok(Self {
            insert: conn.prepare_cached(INSERT)?,
            insert_text: conn.prepare_cached(INSERT_TEXT)?,
            conn,
            ids,
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
        texts: &mut Texts,
    ) -> rusqlite::Result<u64> {
        let wanted = id.clamp(self.ids.0, self.ids.1 - 1);
        let start = if self.last.0 == wanted { self.last.1 + 1 } else { wanted };
        let id = self.free_from(start)?;
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
        statement.raw_execute()?;
        self.insert_text.execute((id as i64, log.message, exception))?;
        Ok(id)
    }

    /// The first free id from this one on; past the day's end, from its
    /// beginning on.
    fn free_from(&self, id: u64) -> rusqlite::Result<u64> {
        let mut id = if id < self.ids.1 { id } else { self.ids.0 };
        for _ in 0..TRIES {
            if !self.is_taken(id)? {
                break;
            }
            // after a long row of taken ones, not one by one
            let sql = "SELECT l.id + 1 FROM logs l WHERE l.id >= ?1 AND NOT EXISTS \
                       (SELECT 1 FROM logs n WHERE n.id = l.id + 1) ORDER BY l.id LIMIT 1";
            let found = self.conn.prepare_cached(sql)?.query_row([id as i64], |row| row.get(0));
            let free = found.optional()?.and_then(|free: i64| u64::try_from(free).ok());
            id = free.filter(|free| *free < self.ids.1).unwrap_or(self.ids.0);
        }
        Ok(id)
    }

    fn is_taken(&self, id: u64) -> rusqlite::Result<bool> {
        self.conn.prepare_cached("SELECT 1 FROM logs WHERE id = ?1")?.exists([id as i64])
    }
}
