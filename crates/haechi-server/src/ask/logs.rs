use super::log_scan::scan;
use super::log_search::{LogSearch, Placed, bad};
use super::requests::parse_id;
use super::{Ask, Moment, Params, Range, UNKNOWN_APP};
use crate::ServerError;
use haechi_event::{Log, RequestId, Severity};
use haechi_store::{LogId, LogsQuery, StoreError, StoredLog};
use serde::Serialize;
use utoipa::ToSchema;

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1000;
/// How long after its beginning lines of a request are looked for.
const REQUEST_MS: u64 = 86_400_000;

/// Log lines, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Logs {
    /// The lines.
    pub logs: Vec<LogLine>,
    /// Pass it as `before` to go on; null if there is nothing more.
    pub next: Option<String>,
}

/// One log line.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogLine {
    /// Names the line; also the cursor for `before`.
    pub id: String,
    /// When it was written.
    pub time: Moment,
    /// `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`.
    pub level: &'static str,
    /// `service.name`.
    pub app: String,
    /// Route of the request it was written in; empty outside of one.
    pub route: String,
    /// Name of the logger.
    pub logger: String,
    /// The line, with secrets cut out.
    pub message: String,
    /// Bytes it had before it was cut.
    pub message_bytes: u64,
    /// The request it was written in.
    pub request_id: Option<String>,
    /// Process that wrote it.
    pub pid: u32,
    /// Source file.
    pub file: String,
    /// Line in the file; 0 if unknown.
    pub line: u32,
    /// Traceback of the exception that was being handled.
    pub exception: Option<String>,
}

impl Ask {
    /// Log lines. Parameters: `app`, `level`, `q`, `request`, `from`, `to`,
    /// `limit`, `before`. With `request` and no range, the day after the
    /// request began is searched. `q` may hold filters of its own
    /// (`level:error after:-2d timeout`); both kinds count together.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter, with the place of a mistake
    /// in `q`; what the store says.
    pub fn logs(&self, mut params: Params) -> Result<Logs, ServerError> {
        let now = Moment::now();
        let request = params.take("request").map(|text| parse_id("request", &text)).transpose()?;
        let given = request.is_some() || params.has("from") || params.has("to");
        let range = match request {
            Some(id) if !params.has("from") && !params.has("to") => around(id),
            _ => Range::take(&mut params, now)?,
        };
        let text = params.take("q").unwrap_or_default();
        let search = LogSearch::parse(&text, now)?;
        let range = search.narrow(&text, range, given)?;
        let app = self.take_app(&mut params)?;
        let query = LogsQuery {
            app: self.searched_app(app, search.app.as_ref(), &text)?,
            // the graver of the two
            min_severity: take_level(&mut params)?.max(search.level),
            text: search.words().map(str::to_owned),
            request,
            from_ms: range.from.unix_ms(),
            to_ms: range.to.unix_ms(),
            limit: params.take_count("limit", LIMIT, LIMIT_MAX)? as usize,
            before: take_before(&mut params)?,
        };
        params.finish()?;
        let found = scan(self.store.as_ref(), query, &search).map_err(|error| match error {
            StoreError::BadQuery { position, message, .. } => bad(&text, position, &message),
            other => other.into(),
        })?;
        Ok(Logs {
            logs: found.logs.into_iter().map(LogLine::from).collect(),
            next: found.next.map(|id| id.to_string()),
        })
    }

    /// The app of the parameter and that of the search, which must be the same
    /// if both are given.
    fn searched_app(
        &self,
        chosen: Option<String>,
        searched: Option<&Placed<String>>,
        text: &str,
    ) -> Result<Option<String>, ServerError> {
        let Some(Placed { value, at }) = searched else { return Ok(chosen) };
        if chosen.as_ref().is_some_and(|chosen| chosen != value) {
            return Err(bad(text, *at, "another app is chosen already; leave one of the two out"));
        }
        if !self.is_known_app(value)? {
            return Err(bad(text, *at, UNKNOWN_APP));
        }
        Ok(Some(value.clone()))
    }
}

fn around(id: RequestId) -> Range {
    let began = id.unix_ms();
    Range {
        from: Moment::from_ms(began.saturating_sub(1000)),
        to: Moment::from_ms(began + REQUEST_MS),
    }
}

fn take_level(params: &mut Params) -> Result<Option<Severity>, ServerError> {
    let Some(text) = params.take("level") else { return Ok(None) };
    let error =
        || ServerError::input("level", "level must be trace, debug, info, warn, error or fatal");
    Severity::parse(&text).map(Some).ok_or_else(error)
}

fn take_before(params: &mut Params) -> Result<Option<LogId>, ServerError> {
    let Some(text) = params.take("before") else { return Ok(None) };
    let error = || {
        ServerError::input("before", "before must be what an earlier answer gave as next or as id")
    };
    LogId::parse(&text).map(Some).ok_or_else(error)
}

impl LogLine {
    /// A line on its way into the store.
    pub(crate) fn incoming(id: LogId, pid: u32, log: &Log<'_>) -> Self {
        let inside = log.request_id != RequestId::NONE;
        Self {
            id: id.to_string(),
            time: Moment::from_ns(log.time_unix_ns),
            level: log.severity.text(),
            app: log.app.to_owned(),
            route: log.route.to_owned(),
            logger: log.logger.to_owned(),
            message: log.message.to_owned(),
            message_bytes: log.message_bytes,
            request_id: inside.then(|| log.request_id.to_string()),
            pid,
            file: log.file.to_owned(),
            line: log.line,
            exception: Some(log.exception).filter(|text| !text.is_empty()).map(str::to_owned),
        }
    }
}

impl From<StoredLog> for LogLine {
    fn from(found: StoredLog) -> Self {
        Self {
            id: found.id.to_string(),
            time: Moment::from_ms(found.id.unix_us() / 1000),
            level: found.severity.text(),
            app: found.app,
            route: found.route,
            logger: found.logger,
            message: found.message,
            message_bytes: found.message_bytes,
            request_id: found.request_id.map(|id| id.to_string()),
            pid: found.pid,
            file: found.file,
            line: found.line,
            exception: found.exception,
        }
    }
}
