use super::log_search::{LogSearch, bad};
use super::patterns::{parse_pattern_id, pattern_name};
use super::requests::parse_id;
use super::{Ask, Moment, Params, Range, UNKNOWN_APP};
use crate::ServerError;
use haechi_event::{Log, RequestId, Severity, decode_attributes};
use haechi_store::{LogCondition, LogFilter, LogId, LogsQuery, StoreError, StoredLog};
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
    /// Words and phrases of `q` that every line has, for showing where; one
    /// that goes on ends with `*`.
    pub words: Vec<String>,
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
    /// What else it was given: names and values in their order.
    pub attributes: Vec<LogAttribute>,
    /// The pattern it counts for, as `/api/patterns` names it.
    pub pattern: String,
}

/// One thing a line was given beside its text.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogAttribute {
    /// Its name.
    pub key: String,
    /// Its value, with secrets cut out.
    pub value: String,
}

/// A search over log lines as it was asked for.
pub(super) struct Searched {
    /// Without a limit.
    pub(super) query: LogsQuery,
    pub(super) range: Range,
    /// Words that every line has.
    pub(super) words: Vec<String>,
    /// The search text, for the place of a mistake.
    pub(super) text: String,
}

impl Searched {
    /// What the store says of a search, with the place in the whole text.
    pub(super) fn error(text: &str, error: StoreError) -> ServerError {
        match error {
            StoreError::BadQuery { field: "q", position, message } => bad(text, position, &message),
            other => other.into(),
        }
    }
}

impl Ask {
    /// Log lines. Parameters: `app`, `level`, `q`, `pattern`, `request`, `from`,
    /// `to`, `limit`, `before`. With `request` and no range, the day after the
    /// request began is searched. `q` may hold filters of its own
    /// (`level:error after:-2d timeout`); both kinds count together.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter, with the place of a mistake
    /// in `q`; what the store says.
    pub fn logs(&self, mut params: Params) -> Result<Logs, ServerError> {
        let request = params.take("request").map(|text| parse_id("request", &text)).transpose()?;
        let Searched { query, words, text, .. } = self.take_search(&mut params, request)?;
        let query = LogsQuery {
            limit: params.take_count("limit", LIMIT, LIMIT_MAX)? as usize,
            before: take_before(&mut params)?,
            ..query
        };
        params.finish()?;
        let found = self.store.logs(&query).map_err(|error| Searched::error(&text, error))?;
        Ok(Logs {
            logs: found.logs.into_iter().map(LogLine::from).collect(),
            next: found.next.map(|id| id.to_string()),
            words,
        })
    }

    /// Takes `app`, `level`, `q`, `pattern`, `from` and `to`.
    ///
    /// # Errors
    /// As [`Self::logs`].
    pub(super) fn take_search(
        &self,
        params: &mut Params,
        request: Option<RequestId>,
    ) -> Result<Searched, ServerError> {
        let now = Moment::now();
        let given = request.is_some() || params.has("from") || params.has("to");
        let range = match request {
            Some(id) if !params.has("from") && !params.has("to") => around(id),
            _ => Range::take(params, now)?,
        };
        let text = params.take("q").unwrap_or_default();
        let search = LogSearch::parse(&text, now)?;
        let range = search.narrow(&text, range, given)?;
        let app = self.take_app(params)?;
        self.check_apps(app.as_deref(), &search, &text)?;
        let words = search.found_words();
        let mut conditions: Vec<LogCondition> =
            search.conditions.iter().map(|placed| placed.value.clone()).collect();
        if let Some(text) = params.take("pattern") {
            let message = "pattern must be the 16 hexadecimal digits of a pattern's id";
            let id =
                parse_pattern_id(&text).ok_or_else(|| ServerError::input("pattern", message))?;
            conditions.push(LogCondition { not: false, is: LogFilter::Pattern(id) });
        }
        let query = LogsQuery {
            app,
            min_severity: take_level(params)?,
            text: search.words().map(str::to_owned),
            conditions,
            request,
            from_ms: range.from.unix_ms(),
            to_ms: range.to.unix_ms(),
            limit: 0,
            before: None,
        };
        Ok(Searched { query, range, words, text })
    }

    /// Takes `app`, `level`, `q` and `pattern`, for lines that come; no range.
    ///
    /// # Errors
    /// As [`Self::logs`].
    pub(crate) fn take_filter(&self, params: &mut Params) -> Result<LogsQuery, ServerError> {
        let Searched { query, text, .. } = self.take_search(params, None)?;
        // a text that cannot be searched for is refused before anything comes
        let none = LogsQuery { from_ms: 0, to_ms: 0, ..query.clone() };
        self.store.logs(&none).map_err(|error| Searched::error(&text, error))?;
        Ok(query)
    }

    /// Apps of the search must be known, and the same as that of the parameter
    /// if both are given.
    fn check_apps(
        &self,
        chosen: Option<&str>,
        search: &LogSearch,
        text: &str,
    ) -> Result<(), ServerError> {
        for placed in &search.conditions {
            let LogFilter::App(app) = &placed.value.is else { continue };
            if !placed.value.not && chosen.is_some_and(|chosen| chosen != app) {
                let message = "another app is chosen already; leave one of the two out";
                return Err(bad(text, placed.at, message));
            }
            if !self.is_known_app(app)? {
                return Err(bad(text, placed.at, UNKNOWN_APP));
            }
        }
        Ok(())
    }
}

fn around(id: RequestId) -> Range {
    let began = id.unix_ms();
    Range {
        from: Moment::from_ms(began.saturating_sub(1000)),
        to: Moment::from_ms(began + REQUEST_MS),
    }
}

pub(super) fn take_level(params: &mut Params) -> Result<Option<Severity>, ServerError> {
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
    pub(crate) fn incoming(id: LogId, pattern: u64, pid: u32, log: &Log<'_>) -> Self {
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
            attributes: decode_attributes(log.attributes)
                .map(|(key, value)| LogAttribute { key: key.to_owned(), value: value.to_owned() })
                .collect(),
            pattern: pattern_name(pattern),
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
            attributes: found
                .attributes
                .into_iter()
                .map(|(key, value)| LogAttribute { key, value })
                .collect(),
            pattern: pattern_name(found.pattern),
        }
    }
}
