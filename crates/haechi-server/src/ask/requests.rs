use super::headers::header_rows;
use super::split::{PartRow, RepeatRow, SpanRow, parts};
use super::{Ask, EventHead, HeaderRow, LogLine, Moment, Params, Range, SamplesRow};
use crate::ServerError;
use haechi_event::RequestId;
use haechi_store::{LogsQuery, RequestsQuery, StatusFilter, StoredHeaders, StoredRequest};
use serde::Serialize;
use utoipa::ToSchema;

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1000;
/// Log lines shown with one request.
const LOGS_OF_ONE: usize = 1000;
/// A line may be written by another clock, or after the answer was sent.
const BEFORE_MS: u64 = 1_000;
const AFTER_MS: u64 = 600_000;

/// Single requests, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Requests {
    /// The rows.
    pub requests: Vec<RequestRow>,
    /// Pass it as `before` to go on; null if there is nothing more.
    pub next: Option<String>,
}

/// One handled request.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestRow {
    /// 16 hexadecimal digits.
    pub id: String,
    /// The trace it belongs to, 32 hexadecimal digits.
    pub trace_id: String,
    /// When it began.
    pub time: Moment,
    /// `service.name`.
    pub app: String,
    /// `http.request.method`.
    pub method: String,
    /// `http.route`.
    pub route: String,
    /// `url.path`.
    pub path: String,
    /// `url.query`, with secrets cut out.
    pub query: String,
    /// `http.response.status_code`; 0 if none was sent.
    pub status: u16,
    /// From the first line to the last byte of the body.
    pub duration_ms: f64,
    /// CPU time; null if it was not measured.
    pub cpu_ms: Option<f64>,
    /// Bytes of the request's body.
    pub bytes_in: u64,
    /// Bytes of the response's body.
    pub bytes_out: u64,
    /// `client.address`.
    pub client: String,
    /// `user_agent.original`.
    pub user_agent: String,
    /// The `Referer` header, with secrets cut out.
    pub referrer: String,
    /// Process that handled it.
    pub pid: u32,
    /// The framework's name for the error page.
    pub ticket: Option<String>,
    /// `user.id`: who was signed in; empty if not known.
    pub user: String,
    /// `service.version` of what handled it; empty if not known.
    pub release: String,
    /// `streamed`, `aborted`, `static`, `raised`; of a gRPC call also its status,
    /// as `grpc:not_found`.
    pub flags: Vec<&'static str>,
}

/// One request with its log lines and exceptions.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestDetail {
    /// The request.
    #[serde(flatten)]
    pub request: RequestRow,
    /// What was logged in it, oldest first.
    pub logs: Vec<LogLine>,
    /// What was raised in it, oldest first, at most 100.
    pub exceptions: Vec<EventHead>,
    /// Where its time went, the longest first and what is left last; empty if
    /// nothing was timed.
    pub split: Vec<PartRow>,
    /// Its timed pieces in the order they began, at most 1,000.
    pub spans: Vec<SpanRow>,
    /// Pieces that are counted in `split` only, for want of room.
    pub spans_left_out: u32,
    /// Queries it asked five times or more from one line, the longest first.
    pub repeats: Vec<RepeatRow>,
    /// Where it was once it had become slow; null if it was not looked at.
    pub samples: Option<SamplesRow>,
    /// Its headers in the order they came, with secrets cut out; null if they were
    /// not kept: that is done for requests that fail, raise or are slow.
    pub headers: Option<Vec<HeaderRow>>,
    /// Headers that were left out for want of room.
    pub headers_left_out: u32,
    /// The headers of its answer; null if they were not kept, empty if it had none
    /// or they are not known.
    pub response_headers: Option<Vec<HeaderRow>>,
    /// Headers of its answer that were left out for want of room.
    pub response_headers_left_out: u32,
}

impl Ask {
    /// Single requests. Parameters: `app`, `route`, `method`, `status`,
    /// `client`, `user`, `release`, `min_ms`, `path`, `from`, `to`, `sort`, `limit`,
    /// `before`.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter; what the store says.
    pub fn requests(&self, mut params: Params) -> Result<Requests, ServerError> {
        let range = Range::take(&mut params, Moment::now())?;
        let before = params.take("before").map(|text| parse_id("before", &text)).transpose()?;
        let slowest = take_slowest(&mut params, before)?;
        let query = RequestsQuery {
            app: self.take_app(&mut params)?,
            route: params.take("route"),
            method: params.take("method"),
            status: take_status(&mut params)?,
            client: params.take("client"),
            user: params.take("user"),
            release: params.take("release"),
            min_duration_us: take_min_duration(&mut params)?,
            path_contains: params.take("path"),
            from_ms: range.from.unix_ms(),
            to_ms: range.to.unix_ms(),
            limit: params.take_count("limit", LIMIT, LIMIT_MAX)? as usize,
            before,
        };
        params.finish()?;
        if slowest {
            let requests = self.store.slowest(&query)?.into_iter().map(RequestRow::from).collect();
            return Ok(Requests { requests, next: None });
        }
        let found = self.store.requests(&query)?;
        Ok(Requests {
            requests: found.requests.into_iter().map(RequestRow::from).collect(),
            next: found.next.map(|id| id.to_string()),
        })
    }

    /// One request, its log lines and exceptions. No parameters.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a text that is no id, [`ServerError::Missing`]
    /// for an id that is not stored; what the store says.
    pub fn request(&self, id: &str, params: Params) -> Result<RequestDetail, ServerError> {
        params.finish()?;
        let id = parse_id("id", id)?;
        let mut found = self.store.request(id)?.ok_or_else(|| {
            ServerError::Missing(format!(
                "request {id} is not stored; it may be too old or not have ended yet"
            ))
        })?;
        let logs = self.logs_of(id, Some(&found))?;
        let exceptions = self.store.exceptions_of_request(id)?;
        let repeats = std::mem::take(&mut found.repeats);
        let kept = self.store.headers(id)?;
        let rows =
            |of: fn(&StoredHeaders) -> &[u8]| kept.as_ref().map(|kept| header_rows(of(kept)));
        Ok(RequestDetail {
            headers: rows(|kept| &kept.request),
            headers_left_out: kept.as_ref().map_or(0, |kept| kept.request_left_out),
            response_headers: rows(|kept| &kept.response),
            response_headers_left_out: kept.as_ref().map_or(0, |kept| kept.response_left_out),
            split: parts(&found.split, found.duration_us.saturating_mul(1000)),
            spans: self.store.spans(id)?.into_iter().map(SpanRow::from).collect(),
            spans_left_out: found.split.left_out,
            repeats: repeats.into_iter().map(RepeatRow::from).collect(),
            samples: self.samples_of(id)?,
            request: RequestRow::from(found),
            logs,
            exceptions: exceptions.into_iter().map(EventHead::from).collect(),
        })
    }

    /// What was logged in a request, oldest first. One that is not stored may
    /// not have ended yet.
    pub(super) fn logs_of(
        &self,
        id: RequestId,
        request: Option<&StoredRequest>,
    ) -> Result<Vec<LogLine>, ServerError> {
        let began = id.unix_ms();
        let took_ms = request.map_or(0, |request| request.duration_us / 1000);
        let query = LogsQuery {
            request: Some(id),
            from_ms: began.saturating_sub(BEFORE_MS),
            to_ms: began + took_ms + AFTER_MS,
            limit: LOGS_OF_ONE,
            ..LogsQuery::default()
        };
        let found = self.store.logs(&query)?.logs;
        Ok(found.into_iter().rev().map(LogLine::from).collect())
    }
}

/// A request's id; `field` is what to blame.
pub(super) fn parse_id(field: &str, text: &str) -> Result<RequestId, ServerError> {
    RequestId::parse(text).ok_or_else(|| {
        ServerError::input(field, format!("{field} must be a request id: 16 hexadecimal digits"))
    })
}

fn take_status(params: &mut Params) -> Result<Option<StatusFilter>, ServerError> {
    let Some(text) = params.take("status") else { return Ok(None) };
    let class = text.strip_suffix("xx").and_then(|class| class.parse().ok());
    let filter = match (text.as_str(), class) {
        ("none", _) => Some(StatusFilter::Code(0)),
        (_, Some(class @ 1..=5)) => Some(StatusFilter::Class(class)),
        _ => text.parse().ok().filter(|c| (100..600).contains(c)).map(StatusFilter::Code),
    };
    filter.map(Some).ok_or_else(|| {
        ServerError::input(
            "status",
            "status must be a code such as 404, a class such as 5xx, or none",
        )
    })
}

/// Whether the slowest are wanted first; they have no pages.
fn take_slowest(params: &mut Params, before: Option<RequestId>) -> Result<bool, ServerError> {
    match (params.take("sort").as_deref(), before) {
        (None | Some("time"), _) => Ok(false),
        (Some("slowest"), None) => Ok(true),
        (Some("slowest"), Some(_)) => {
            let message =
                "the slowest requests have no pages; take a shorter range or more at once";
            Err(ServerError::input("before", message))
        }
        (Some(_), _) => Err(ServerError::input("sort", "sort must be time or slowest")),
    }
}

fn take_min_duration(params: &mut Params) -> Result<Option<u64>, ServerError> {
    let Some(text) = params.take("min_ms") else { return Ok(None) };
    // a year, so that the product stays far from any limit
    let allowed = |ms: &f64| (0.0..=3.2e10).contains(ms);
    let ms: Option<f64> = text.parse().ok().filter(allowed);
    let error =
        || ServerError::input("min_ms", "min_ms must be a number of milliseconds, 0 or more");
    Ok(Some((ms.ok_or_else(error)? * 1000.0).ceil() as u64))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // writing into a String cannot fail
        let _ = write!(out, "{byte:02x}");
        out
    })
}

impl From<StoredRequest> for RequestRow {
    fn from(found: StoredRequest) -> Self {
        Self {
            id: found.id.to_string(),
            trace_id: hex(&found.trace_id),
            time: Moment::from_ms(found.id.unix_ms()),
            app: found.app,
            method: found.method,
            route: found.route,
            path: found.path,
            query: found.query,
            status: found.status,
            duration_ms: found.duration_us as f64 / 1e3,
            cpu_ms: found.cpu_us.map(|us| us as f64 / 1e3),
            bytes_in: found.bytes_in,
            bytes_out: found.bytes_out,
            client: found.client,
            user_agent: found.user_agent,
            referrer: found.referrer,
            pid: found.pid,
            ticket: found.ticket,
            user: found.user,
            release: found.release,
            flags: found.flags.names().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> Params {
        Params::parse(query).unwrap()
    }

    #[test]
    fn a_status_is_a_code_a_class_or_none() {
        let status = |text: &str| take_status(&mut params(&format!("status={text}")));
        assert_eq!(status("404").unwrap(), Some(StatusFilter::Code(404)));
        assert_eq!(status("5xx").unwrap(), Some(StatusFilter::Class(5)));
        assert_eq!(status("none").unwrap(), Some(StatusFilter::Code(0)));
        for bad in ["600", "99", "6xx", "xx", "0xx", "x", "-1", "5xxx"] {
            assert!(status(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_least_duration_is_a_number_of_milliseconds() {
        let least = |text: &str| take_min_duration(&mut params(&format!("min_ms={text}")));
        assert_eq!(least("1.5").unwrap(), Some(1500));
        assert_eq!(least("").unwrap(), None);
        for bad in ["-1", "nan", "inf", "x", "1e300"] {
            assert!(least(bad).is_err(), "{bad}");
        }
    }
}
