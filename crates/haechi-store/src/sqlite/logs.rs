use super::SqliteStore;
use super::log_conditions::{expression_but_level, expression_of, least_of};
use super::log_probe::{self, Probe};
use super::readers::{Deadline, FileKey};
use super::stored_text::StoredTexts;
use crate::{LogId, Logs, LogsQuery, StoreError, StoredLog};
use haechi_event::{RequestId, Severity, decode_attributes};
use rusqlite::{Connection, Row};

const COLUMNS: &str = "l.id, l.severity, l.app, l.route, l.logger, l.file, l.line, l.request_id, \
     l.pid, l.message_bytes, l.message, l.exception, l.pattern, l.attributes";
/// Microseconds the first search of the index reads, and by what factor each is
/// longer than the one before: a query that is ended has got somewhere.
const FIRST_US: u64 = 900_000_000;
const LONGER: u64 = 8;

impl SqliteStore {
    /// Newest first, day by day.
    pub(super) fn read_logs(&self, query: &LogsQuery) -> Result<Logs, StoreError> {
        let deadline = self.short_deadline();
        let expressions = Expressions {
            whole: expression_of(query)?,
            but_level: expression_but_level(query)?,
            least: least_of(query),
        };
        let low = LogId::first_at_us(query.from_ms.saturating_mul(1000)).as_u64();
        let end = LogId::first_at_us(query.to_ms.saturating_mul(1000)).as_u64();
        let start = query.before.map_or(end, |before| end.min(before.as_u64()));
        let mut page = Page {
            query,
            expressions,
            probe: Probe::of(query)?,
            found: Vec::new(),
            seen_from: start,
            is_cut: false,
        };
        let days = self.days();
        for (day, state) in days.iter().rev() {
            let (first, next) = day.log_ids();
            let (low, high) = (low.max(first), start.min(next));
            if state.part.is_none() || low >= high || query.limit == 0 {
                continue;
            }
            let key = FileKey::Day(*day);
            let read = self.readers.lend(key, deadline).and_then(|conn| {
                let doing = StoreError::sqlite("read logs");
                match page.probe(&conn, low, high)? {
                    Some(end) => page.read_day(&conn, low, end, deadline).map_err(doing),
                    None => Ok(()),
                }
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

/// A day where at least one line in so many is as grave as wanted.
const DENSE: i64 = 5;

/// What is asked of the full-text index.
struct Expressions {
    whole: Option<String>,
    /// Without the level that is wanted at least.
    but_level: Option<String>,
    least: Option<Severity>,
}

impl Expressions {
    /// What to ask of one day's file, and the severity rows must have beside
    /// that. A level most lines have is a long list to walk for each line that
    /// is found by other means: there the rows tell.
    fn of_day(&self, conn: &Connection) -> rusqlite::Result<(Option<&str>, u8)> {
        if let (Some(expression), Some(least)) = (&self.but_level, self.least) {
            let sql = "SELECT ?2 * total(lines) FILTER (WHERE severity >= ?1) >= total(lines) \
                       FROM patterns";
            let mut statement = conn.prepare_cached(sql)?;
            if statement.query_row((least.number(), DENSE), |row| row.get(0))? {
                return Ok((Some(expression), least.number()));
            }
        }
        Ok((self.whole.as_deref(), 0))
    }
}

/// An answer being collected.
struct Page<'q> {
    query: &'q LogsQuery,
    expressions: Expressions,
    probe: Option<Probe>,
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

    /// Looks at some lines that fit but for their words, of those from `low` to
    /// `high`. Returns where they end if there may be more before that.
    fn probe(&mut self, conn: &Connection, low: u64, high: u64) -> Result<Option<u64>, StoreError> {
        let Some(mut probe) = self.probe.take() else { return Ok(Some(high)) };
        let read = self.read_probed(conn, &mut probe, (low, high));
        self.probe = Some(probe);
        let (looked_at, end) = read?;
        if !self.is_full() && looked_at < log_probe::MOST {
            self.seen_from = low;
            return Ok(None);
        }
        self.seen_from = end;
        Ok((!self.is_full()).then_some(end))
    }

    /// How many lines were looked at, and the first of them.
    fn read_probed(
        &mut self,
        conn: &Connection,
        probe: &mut Probe,
        (low, high): (u64, u64),
    ) -> Result<(usize, u64), StoreError> {
        let doing = StoreError::sqlite("read logs");
        let mut statement = conn.prepare_cached(&self.sql(true)).map_err(&doing)?;
        let bound = (low as i64, high as i64, &*probe.expression);
        let mut rows = statement.query(bound).map_err(&doing)?;
        let mut texts = StoredTexts::new(conn);
        let (mut looked_at, mut end) = (0, high);
        while looked_at < log_probe::MOST && !self.is_full() {
            let Some(row) = rows.next().map_err(&doing)? else { break };
            let line = stored_log(row, &mut texts).map_err(&doing)?;
            looked_at += 1;
            end = line.id.as_u64();
            if probe.passes(&line)? {
                self.found.push(line);
            }
        }
        Ok((looked_at, end))
    }

    fn read_day(
        &mut self,
        conn: &Connection,
        low: u64,
        high: u64,
        deadline: Deadline,
    ) -> rusqlite::Result<()> {
        let (expression, least) = self.expressions.of_day(conn)?;
        let expression = expression.map(str::to_owned);
        let mut sql = self.sql(expression.is_some());
        if least > 0 {
            sql = sql.replace(" ORDER BY", &format!(" AND l.severity >= {least} ORDER BY"));
        }
        // the table itself, and the index of requests, are read line by line
        let in_parts = expression.is_some() && self.query.request.is_none();
        let mut width = if in_parts { LogId::width_of_us(FIRST_US) } else { high - low };
        let mut end = high;
        while end > low && !self.is_full() {
            let begin = end.saturating_sub(width).max(low);
            self.read_chunk(conn, &sql, expression.as_deref(), (begin, end))?;
            if !self.is_full() {
                self.seen_from = begin;
                if deadline.is_over() {
                    self.is_cut = true;
                    break;
                }
            }
            end = begin;
            width = width.saturating_mul(LONGER);
        }
        Ok(())
    }

    fn sql(&self, by_index: bool) -> String {
        let (from, order) = match (by_index, self.query.request) {
            // CROSS keeps SQLite from looking through the lines first
            (true, None) => (
                "logs_text t CROSS JOIN logs l ON l.id = t.rowid \
                 WHERE logs_text MATCH ?3 AND t.rowid >= ?1 AND t.rowid < ?2",
                "t.rowid",
            ),
            (true, Some(_)) => (
                "logs l WHERE l.id >= ?1 AND l.id < ?2 AND EXISTS \
                 (SELECT 1 FROM logs_text t WHERE logs_text MATCH ?3 AND t.rowid = l.id)",
                "l.id",
            ),
            (false, _) => ("logs l WHERE l.id >= ?1 AND l.id < ?2", "l.id"),
        };
        let mut sql = format!("SELECT {COLUMNS} FROM {from}");
        if let Some(id) = self.query.request {
            sql.push_str(&format!(" AND l.request_id = {}", id.as_u64() as i64));
        }
        sql.push_str(&format!(" ORDER BY {order} DESC"));
        sql
    }

    fn read_chunk(
        &mut self,
        conn: &Connection,
        sql: &str,
        expression: Option<&str>,
        (low, high): (u64, u64),
    ) -> rusqlite::Result<()> {
        let mut statement = conn.prepare_cached(sql)?;
        statement.raw_bind_parameter(1, low as i64)?;
        statement.raw_bind_parameter(2, high as i64)?;
        if let Some(expression) = expression {
            statement.raw_bind_parameter(3, expression)?;
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
        pattern: row.get::<_, i64>(12)?.unsigned_abs(),
        attributes: attributes(row.get_ref(13)?.as_blob_or_null()?),
    })
}

fn attributes(bytes: Option<&[u8]>) -> Vec<(String, String)> {
    let pairs = decode_attributes(bytes.unwrap_or_default());
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
