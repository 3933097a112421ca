use crate::LogId;
use haechi_event::{RequestId, Severity};

/// Asks for traffic over time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrafficQuery {
    /// Only this app.
    pub app: Option<String>,
    /// Only this route.
    pub route: Option<String>,
    /// Only this method.
    pub method: Option<String>,
    /// Begin, Unix ms.
    pub from_ms: u64,
    /// End, Unix ms.
    pub to_ms: u64,
    /// Seconds per point: a multiple of 60. Points begin at multiples of it
    /// since the Unix epoch; the first and last may be cut by the range.
    pub step_s: u64,
}

/// The order of [`crate::Routes::routes`], greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RouteSort {
    /// By the sum of durations.
    #[default]
    Time,
    /// By the number of requests.
    Requests,
    /// By the 95th percentile of durations.
    P95,
    /// By the number of 5xx answers.
    Errors,
}

/// Asks for totals per route.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoutesQuery {
    /// Only this app.
    pub app: Option<String>,
    /// Begin, Unix ms.
    pub from_ms: u64,
    /// End, Unix ms.
    pub to_ms: u64,
    /// The order.
    pub sort: RouteSort,
    /// At most this many routes.
    pub limit: usize,
}

/// Which status codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusFilter {
    /// Exactly this one; 0 means that none was sent.
    Code(u16),
    /// All of a class: 5 is 500 to 599.
    Class(u8),
}

impl StatusFilter {
    /// The first and last code that pass.
    #[must_use]
    pub fn bounds(self) -> (u16, u16) {
        match self {
            Self::Code(code) => (code, code),
            Self::Class(class) => (u16::from(class) * 100, u16::from(class) * 100 + 99),
        }
    }
}

/// Asks for single requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestsQuery {
    /// Only this app.
    pub app: Option<String>,
    /// Only this route.
    pub route: Option<String>,
    /// Only this method.
    pub method: Option<String>,
    /// Only these status codes.
    pub status: Option<StatusFilter>,
    /// Only this client address.
    pub client: Option<String>,
    /// Only this user.
    pub user: Option<String>,
    /// Only what this release handled.
    pub release: Option<String>,
    /// Only requests that took at least this many microseconds.
    pub min_duration_us: Option<u64>,
    /// Only paths that contain this text (case counts).
    pub path_contains: Option<String>,
    /// Begin, Unix ms.
    pub from_ms: u64,
    /// End, Unix ms.
    pub to_ms: u64,
    /// At most this many requests.
    pub limit: usize,
    /// Only requests before this one: [`crate::Requests::next`].
    pub before: Option<RequestId>,
}

/// Asks for log lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogsQuery {
    /// Only this app.
    pub app: Option<String>,
    /// Only lines at least this grave.
    pub min_severity: Option<Severity>,
    /// Only lines whose message or exception match this search text: words
    /// (all of them must occur), `"a phrase"`, `-not`, `prefix*`.
    pub text: Option<String>,
    /// What else must be true of a line; all of them.
    pub conditions: Vec<LogCondition>,
    /// Only lines written in this request.
    pub request: Option<RequestId>,
    /// Begin, Unix ms.
    pub from_ms: u64,
    /// End, Unix ms.
    pub to_ms: u64,
    /// At most this many lines.
    pub limit: usize,
    /// Only lines before this one: [`crate::Logs::next`].
    pub before: Option<LogId>,
}

/// Something that must be true of a line, or must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogCondition {
    /// It must not be true.
    pub not: bool,
    /// What.
    pub is: LogFilter,
}

/// What a line can be filtered by beside its words. Texts must be equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogFilter {
    /// At least this grave.
    Severity(Severity),
    /// `service.name`.
    App(String),
    /// Route of the request; empty outside of one.
    Route(String),
    /// Name of the logger.
    Logger(String),
    /// [`crate::PatternSummary::id`].
    Pattern(u64),
    /// One of the line's attributes.
    Attribute {
        /// Its name.
        key: String,
        /// Its value.
        value: String,
    },
}

/// Asks how many lines there were over time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogHistogramQuery {
    /// Which lines. Its range is widened to whole minutes; its request, limit
    /// and page do not count.
    pub lines: LogsQuery,
    /// Seconds per point: a multiple of 60. Points begin at multiples of it
    /// since the Unix epoch.
    pub step_s: u64,
}

/// The order of [`crate::Patterns::patterns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PatternSort {
    /// By the number of lines in the range, greatest first.
    #[default]
    Lines,
    /// By the first line ever, newest first.
    First,
    /// By the latest line, newest first.
    Latest,
}

/// Asks for patterns of log lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PatternsQuery {
    /// What must be true of its lines. [`LogFilter::Route`] and
    /// [`LogFilter::Attribute`] are no part of a pattern and refused.
    pub conditions: Vec<LogCondition>,
    /// Texts that must all occur in the template (case does not count).
    pub contains: Vec<String>,
    /// Begin, Unix ms; widened to whole minutes, as is the end.
    pub from_ms: u64,
    /// End, Unix ms.
    pub to_ms: u64,
    /// Seconds per point of each pattern's counts: a multiple of 60.
    pub step_s: u64,
    /// The order.
    pub sort: PatternSort,
    /// At most this many patterns.
    pub limit: usize,
}
