use crate::{LogId, StoredRepeat};
use haechi_event::{Flags, RequestId, Severity, Split};

/// Numbers of a set of requests.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    /// How many requests.
    pub requests: u64,
    /// How many per status class: none (or not a status), 1xx, 2xx, 3xx, 4xx, 5xx.
    pub status: [u64; 6],
    /// Sum of durations, nanoseconds.
    pub duration_ns: u64,
    /// Longest duration, nanoseconds; 0 without requests.
    pub max_ns: u64,
    /// Median duration, nanoseconds; `None` without requests. Like the three
    /// below: within 2.5 % of exact, never above [`Self::max_ns`].
    pub p50_ns: Option<f64>,
    /// 90th percentile.
    pub p90_ns: Option<f64>,
    /// 95th percentile.
    pub p95_ns: Option<f64>,
    /// 99th percentile.
    pub p99_ns: Option<f64>,
    /// Sum of the measured CPU times, nanoseconds.
    pub cpu_ns: u64,
    /// How many requests had their CPU time measured.
    pub cpu_requests: u64,
    /// Sum of request body bytes.
    pub bytes_in: u64,
    /// Sum of response body bytes.
    pub bytes_out: u64,
    /// Where the time went.
    pub split: Split,
}

impl Totals {
    /// Requests answered with 5xx.
    #[must_use]
    pub const fn errors(&self) -> u64 {
        self.status[5]
    }

    /// Requests answered with 4xx.
    #[must_use]
    pub const fn client_errors(&self) -> u64 {
        self.status[4]
    }

    /// Mean duration, nanoseconds; `None` without requests.
    #[must_use]
    pub fn mean_ns(&self) -> Option<f64> {
        (self.requests > 0).then(|| self.duration_ns as f64 / self.requests as f64)
    }

    /// Mean CPU time of the requests it was measured for; `None` if of none.
    #[must_use]
    pub fn cpu_mean_ns(&self) -> Option<f64> {
        (self.cpu_requests > 0).then(|| self.cpu_ns as f64 / self.cpu_requests as f64)
    }
}

/// One point of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TrafficPoint {
    /// Begin of the point, Unix seconds: a multiple of the step.
    pub time_s: u64,
    /// What fell in it.
    pub totals: Totals,
}

/// How often each latency occurred over time. A band is as wide as half a
/// doubling: band `n` goes up to [`Latency::upper_ns`] of `n`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Latency {
    /// Begin of what was counted: the query's, down to a full minute, Unix ms.
    pub from_ms: u64,
    /// End of what was counted: the query's, up to a full minute, Unix ms.
    pub to_ms: u64,
    /// Seconds per point.
    pub step_s: u64,
    /// Points in order of time, those without requests too.
    pub points: Vec<LatencyPoint>,
}

impl Latency {
    /// Buckets of the latency histogram in one band.
    pub(crate) const BUCKETS_PER_BAND: usize = 8;

    /// The smallest duration, in nanoseconds, above everything in a band.
    #[must_use]
    pub fn upper_ns(band: u16) -> f64 {
        let last = (usize::from(band) + 1) * Self::BUCKETS_PER_BAND - 1;
        haechi_event::bucket_upper_ns(last)
    }
}

/// One point of [`Latency`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LatencyPoint {
    /// Begin of the point, Unix seconds: a multiple of the step.
    pub time_s: u64,
    /// Requests per band, ascending, without empty ones.
    pub bands: Vec<(u16, u64)>,
}

/// Answer to [`crate::TrafficQuery`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Traffic {
    /// Begin of what was counted: the query's, down to a full minute, Unix ms.
    pub from_ms: u64,
    /// End of what was counted: the query's, up to a full minute, Unix ms.
    pub to_ms: u64,
    /// Seconds per point.
    pub step_s: u64,
    /// Every point of the range in order, also those without traffic. Of days
    /// of which only hours are left, a point holds the hours that begin in it.
    pub points: Vec<TrafficPoint>,
    /// All of the range.
    pub total: Totals,
}

/// Numbers of one route.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RouteTotals {
    /// `service.name`.
    pub app: String,
    /// `http.request.method`.
    pub method: String,
    /// `http.route`; `(other)` holds what came after the cap on routes.
    pub route: String,
    /// Its numbers.
    pub totals: Totals,
}

/// Answer to [`crate::RoutesQuery`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Routes {
    /// Begin of what was counted, Unix ms.
    pub from_ms: u64,
    /// End of what was counted, Unix ms.
    pub to_ms: u64,
    /// Sum of durations over all routes, also those past the limit, nanoseconds.
    pub duration_ns: u64,
    /// Where that went.
    pub split: Split,
    /// How many routes had requests, also those past the limit.
    pub count: usize,
    /// The routes in the order asked for.
    pub routes: Vec<RouteTotals>,
}

/// One request as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRequest {
    /// Its id; also says the millisecond it began ([`RequestId::unix_ms`]).
    pub id: RequestId,
    /// The trace it belongs to: as it came, else made from the id.
    pub trace_id: [u8; 16],
    /// The caller's span; `None` if no trace came in.
    pub parent_span_id: Option<[u8; 8]>,
    /// `service.name`.
    pub app: String,
    /// `http.request.method`.
    pub method: String,
    /// `http.route`.
    pub route: String,
    /// `url.path`.
    pub path: String,
    /// `url.query`, redacted.
    pub query: String,
    /// `http.response.status_code`; 0 if none was sent.
    pub status: u16,
    /// How long it took, whole microseconds.
    pub duration_us: u64,
    /// CPU time in whole microseconds; `None` if not measured.
    pub cpu_us: Option<u64>,
    /// Bytes of the request's body.
    pub bytes_in: u64,
    /// Bytes of the response's body.
    pub bytes_out: u64,
    /// `client.address`.
    pub client: String,
    /// `user_agent.original`.
    pub user_agent: String,
    /// The `Referer` header, redacted.
    pub referrer: String,
    /// Process that handled it.
    pub pid: u32,
    /// The framework's name for the error page; `None` if there is none.
    pub ticket: Option<String>,
    /// What else is known.
    pub flags: Flags,
    /// `user.id`: who was signed in; empty if not known.
    pub user: String,
    /// Where its time went.
    pub split: Split,
    /// Queries it asked again and again from one line, the longest first.
    pub repeats: Vec<StoredRepeat>,
    /// `service.version` of what handled it; empty if unknown.
    pub release: String,
}

/// Answer to [`crate::RequestsQuery`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Requests {
    /// Newest first.
    pub requests: Vec<StoredRequest>,
    /// Pass it as [`crate::RequestsQuery::before`] to go on; `None` if there is
    /// nothing more. May be set on a page that is not full: the time for one
    /// query was over before the range was.
    pub next: Option<RequestId>,
}

/// One log line as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLog {
    /// Its id and cursor; also says the microsecond ([`LogId::unix_us`]).
    pub id: LogId,
    /// How grave it is.
    pub severity: Severity,
    /// `service.name`.
    pub app: String,
    /// Route of the request it was written in; empty outside of one.
    pub route: String,
    /// Name of the logger.
    pub logger: String,
    /// The line, redacted and cut.
    pub message: String,
    /// Bytes it had before it was cut.
    pub message_bytes: u64,
    /// The request it was written in; `None` outside of one.
    pub request_id: Option<RequestId>,
    /// Process that wrote it.
    pub pid: u32,
    /// Source file.
    pub file: String,
    /// Line in the file; 0 if unknown.
    pub line: u32,
    /// Traceback of the exception that was being handled.
    pub exception: Option<String>,
    /// What else it was given: names and values in their order.
    pub attributes: Vec<(String, String)>,
    /// The pattern it counts for: [`PatternSummary::id`].
    pub pattern: u64,
}

/// Answer to [`crate::LogsQuery`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Logs {
    /// Newest first.
    pub logs: Vec<StoredLog>,
    /// Pass it as [`crate::LogsQuery::before`] to go on; `None` if there is
    /// nothing more. May be set on a page that is not full, as for requests.
    pub next: Option<LogId>,
}

/// One point of [`LogHistogram`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogPoint {
    /// Begin of the point, Unix seconds: a multiple of the step.
    pub time_s: u64,
    /// Lines per severity, in the order of [`Severity::ALL`].
    pub lines: [u64; 6],
}

/// Answer to [`crate::LogHistogramQuery`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogHistogram {
    /// Begin of what was asked for, down to a full minute, Unix ms.
    pub from_ms: u64,
    /// End of what was asked for, up to a full minute, Unix ms.
    pub to_ms: u64,
    /// What was counted begins here; after [`Self::from_ms`] if the time for
    /// one query was over before.
    pub counted_from_ms: u64,
    /// Seconds per point.
    pub step_s: u64,
    /// Every point of the range in order, also those without lines.
    pub points: Vec<LogPoint>,
}

/// One pattern of log lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PatternSummary {
    /// Names it; the same on every day.
    pub id: u64,
    /// `service.name`.
    pub app: String,
    /// Name of the logger.
    pub logger: String,
    /// How grave its lines are.
    pub severity: Severity,
    /// What its lines have in common; `(other)` holds what came after the cap.
    pub template: String,
    /// Lines in the range.
    pub lines: u64,
    /// Lines of the range per point of [`Patterns::times_s`].
    pub counts: Vec<u64>,
    /// Lines of all days that are kept.
    pub total: u64,
    /// Time of its first line ever, Unix ms.
    pub first_seen_ms: u64,
    /// Its latest line.
    pub latest: LogId,
}

/// Answer to [`crate::PatternsQuery`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Patterns {
    /// Begin of what was counted, down to a full minute, Unix ms.
    pub from_ms: u64,
    /// End of what was counted, up to a full minute, Unix ms.
    pub to_ms: u64,
    /// Seconds per point.
    pub step_s: u64,
    /// Begin of each point, Unix seconds.
    pub times_s: Vec<u64>,
    /// Lines of all patterns that pass, also those past the limit.
    pub lines: u64,
    /// How many patterns pass, also those past the limit.
    pub count: usize,
    /// The patterns in the order asked for.
    pub patterns: Vec<PatternSummary>,
}

/// One app.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppSummary {
    /// `service.name`.
    pub app: String,
    /// Time of its earliest record, Unix ms.
    pub first_seen_ms: u64,
    /// Time of its latest record, Unix ms.
    pub last_seen_ms: u64,
    /// All requests ever stored, also those whose rows are deleted by now.
    pub requests: u64,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Bytes of all files, without the quarantine.
    pub bytes: u64,
    /// Bytes in quarantine; never deleted by the store.
    pub quarantine_bytes: u64,
    /// Days whose single requests and log lines are still there.
    pub days: u64,
    /// Requests ever stored.
    pub requests: u64,
    /// Log lines ever stored.
    pub logs: u64,
    /// Occurrences of exceptions ever stored.
    pub exceptions: u64,
    /// Spans ever stored.
    pub spans: u64,
    /// Samples of slow requests ever told and stored.
    pub samples: u64,
    /// Heads of requests ever told and stored.
    pub headers: u64,
}

impl Size {
    /// Records of any kind ever stored.
    #[must_use]
    pub const fn records(&self) -> u64 {
        let Self { requests, logs, exceptions, spans, samples, headers, .. } = *self;
        requests + logs + exceptions + spans + samples + headers
    }
}

/// What a fold did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Folded {
    /// Hours brought up to date.
    pub hours: u64,
}

/// What retention deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retained {
    /// Deleted days as `YYYY-MM-DD`, oldest first.
    pub days: Vec<String>,
    /// Bytes freed.
    pub bytes: u64,
}
