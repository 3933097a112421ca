use crate::{
    AppSummary, AppendedException, ExceptionHead, Folded, Found, IssueChange, IssueDetail,
    IssueSummary, IssuesQuery, Latency, LogHistogram, LogHistogramQuery, LogId, Logs, LogsQuery,
    Patterns, PatternsQuery, Queries, QueriesQuery, Regrouped, ReleaseSeen, Requests,
    RequestsQuery, Retained, RouteHistogram, Routes, RoutesQuery, Size, StoreError,
    StoredException, StoredHeaders, StoredRequest, StoredSamples, StoredSpan, Traffic,
    TrafficQuery, Visits, VisitsQuery,
};
use haechi_event::{Record, RequestId};

/// How the "segment" of a record begins that was read from a ticket: each ticket
/// is one of its own, with a single record that ends at 1. Files of an app may
/// be looked at again at any time, so that it was read is never forgotten.
pub const TICKETS: &str = "ticket/";

/// One record with the place in the spool it was read from.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// Name of the segment.
    pub segment: &'a str,
    /// Process that wrote it.
    pub pid: u32,
    /// Offset after the record in its segment: the read position.
    pub end: u64,
    /// Number of the record in its segment: 1, 2, 3 …
    pub sequence: u32,
    /// The record itself.
    pub record: Record<'a>,
}

/// What the collector hands over at once. Records of one segment must be in
/// the order they have in it.
#[derive(Debug, Clone, Default)]
pub struct Batch<'a> {
    /// Records of any number of segments and days.
    pub records: Vec<Incoming<'a>>,
    /// Segments that were read further than their last record above: what could
    /// not be understood there is among the drops and must not be read again.
    pub read: Vec<(&'a str, Position)>,
    /// Records lost since the batch before, by reason.
    pub drops: Vec<(String, u64)>,
    /// What else there is to tell.
    pub notes: Vec<Note>,
}

/// Something that happened to the data that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// When, Unix milliseconds.
    pub time_unix_ms: u64,
    /// `quarantine`, `torn`, `retention`, `damage` …
    pub kind: String,
    /// The file or thing it is about.
    pub name: String,
    /// One sentence.
    pub text: String,
    /// How many (records, files); 1 if nothing is counted.
    pub count: u64,
}

/// How far a segment was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Offset after the last record stored; 0 if none was.
    pub end: u64,
    /// Sequence number of that record; 0 if none was.
    pub records: u64,
}

/// What came of an append.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Appended {
    /// Records that are new in the store.
    pub stored: u64,
    /// Records left out because they were stored before.
    pub repeated: u64,
    /// New records that had to take another id because theirs was taken.
    pub collisions: u64,
    /// Each new log line, ascending by index.
    pub logs: Vec<AppendedLog>,
    /// Patterns that were never seen before, in no order.
    pub patterns: Vec<AppendedPattern>,
    /// Each new occurrence of an exception, ascending by index.
    pub exceptions: Vec<AppendedException>,
}

/// A log line that is new in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AppendedLog {
    /// Its index in [`Batch::records`].
    pub index: usize,
    /// Its id.
    pub id: LogId,
    /// The pattern it counts for.
    pub pattern: u64,
}

/// A pattern of log lines that is new in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendedPattern {
    /// A line of it, by its index in [`Batch::records`].
    pub index: usize,
    /// [`crate::PatternSummary::id`].
    pub id: u64,
    /// What its lines have in common.
    pub template: String,
}

/// What Haechi keeps, and all that can be asked of it.
///
/// Every function may be called from any thread. Reading never waits for
/// writing. All of them block: call them from a thread that may.
///
/// # Errors
/// Each returns a [`StoreError`]; damage to a single day never is one: that
/// day is left out of the answer and a [`Note`] says so.
pub trait Store: Send + Sync {
    /// Keeps a batch. Durable when it returns. A record counts once per
    /// (segment, end), however often it is appended; after an error the same
    /// batch may be appended again.
    fn append(&self, batch: &Batch<'_>) -> Result<Appended, StoreError>;
    /// Where to go on reading a segment. It may lie before records that are
    /// stored already, never after one that is not.
    fn position(&self, segment: &str) -> Result<Position, StoreError>;
    /// Forgets the positions of all segments but these and [`TICKETS`].
    fn forget_segments(&self, keep: &[&str]) -> Result<(), StoreError>;
    /// Every app ever seen, by name.
    fn apps(&self) -> Result<Vec<AppSummary>, StoreError>;
    /// Traffic over time.
    fn traffic(&self, query: &TrafficQuery) -> Result<Traffic, StoreError>;
    /// How often each latency occurred over time.
    fn latency(&self, query: &TrafficQuery) -> Result<Latency, StoreError>;
    /// Who visited: counted from single requests, from the end of the range on
    /// for as long as one query may take.
    fn visits(&self, query: &VisitsQuery) -> Result<Visits, StoreError>;
    /// Totals per route.
    fn routes(&self, query: &RoutesQuery) -> Result<Routes, StoreError>;
    /// The same in full, in no order; limit and order do not count.
    fn route_histograms(&self, query: &RoutesQuery) -> Result<Vec<RouteHistogram>, StoreError>;
    /// Every release that handled requests, by the time it began; twice if it came
    /// back ten minutes or longer after another one had begun. At most 1,000 per
    /// app, of which the newest.
    fn releases(&self) -> Result<Vec<ReleaseSeen>, StoreError>;
    /// Single requests, newest first.
    fn requests(&self, query: &RequestsQuery) -> Result<Requests, StoreError>;
    /// Single requests, the slowest first; `before` does not count.
    fn slowest(&self, query: &RequestsQuery) -> Result<Vec<StoredRequest>, StoreError>;
    /// One request; `None` if it is not stored (any more).
    fn request(&self, id: RequestId) -> Result<Option<StoredRequest>, StoreError>;
    /// The spans of a request in the order they began, at most 1,000.
    fn spans(&self, id: RequestId) -> Result<Vec<StoredSpan>, StoreError>;
    /// Where a slow request was, as told last; `None` if nobody looked.
    fn samples(&self, id: RequestId) -> Result<Option<StoredSamples>, StoreError>;
    /// What the heads of a request and of its answer said; `None` if they were not
    /// kept.
    fn headers(&self, id: RequestId) -> Result<Option<StoredHeaders>, StoreError>;
    /// Which queries took the time, of the days that are kept.
    fn queries(&self, query: &QueriesQuery) -> Result<Queries, StoreError>;
    /// Log lines, newest first.
    fn logs(&self, query: &LogsQuery) -> Result<Logs, StoreError>;
    /// How many log lines there were over time. What is asked by words, route
    /// or attributes is counted from its end on for a quarter of the time of
    /// one query.
    fn log_histogram(&self, query: &LogHistogramQuery) -> Result<LogHistogram, StoreError>;
    /// Patterns of log lines that had lines in a range.
    fn patterns(&self, query: &PatternsQuery) -> Result<Patterns, StoreError>;
    /// Issues that were seen in a range, in the order asked for.
    fn issues(&self, query: &IssuesQuery) -> Result<Vec<IssueSummary>, StoreError>;
    /// One issue by its fingerprint; `None` if there is no such. `now_ms` is
    /// the time now, as in [`IssuesQuery::now_ms`].
    fn issue(&self, issue: u64, now_ms: u64) -> Result<Option<IssueDetail>, StoreError>;
    /// One occurrence by its id; `None` if it is not stored (any more).
    fn event(&self, id: RequestId) -> Result<Option<StoredException>, StoreError>;
    /// Occurrences of an issue, newest first: those before `before`. Of deleted
    /// days only the first, latest and representative ones are left.
    fn events(
        &self,
        issue: u64,
        before: Option<RequestId>,
        limit: usize,
    ) -> Result<Vec<ExceptionHead>, StoreError>;
    /// Occurrences in a request, oldest first, at most 100.
    fn exceptions_of_request(&self, id: RequestId) -> Result<Vec<ExceptionHead>, StoreError>;
    /// Keeps a person's decision made at `now_ms` (Unix ms). `false` if there is
    /// no such issue.
    fn set_issue_state(
        &self,
        issue: u64,
        change: &IssueChange,
        now_ms: u64,
    ) -> Result<bool, StoreError>;
    /// Groups stored occurrences again where that was done by other rules than
    /// [`haechi_event::Grouping::VERSION`]; of deleted days whole issues by
    /// their representative. Counts and states go with them. `progress` is told
    /// how many days are done and how many there are. Appending waits for it.
    fn regroup(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<Regrouped, StoreError>;
    /// What has exactly this ticket, request id, trace id, event id or issue id
    /// (ids in hexadecimal), newest first, at most 50.
    fn find(&self, text: &str) -> Result<Vec<Found>, StoreError>;
    /// What was recorded of a ticket within a day of `near_ms`, newest first, at
    /// most 50: its request and all exceptions in that.
    fn of_ticket(&self, ticket: &str, near_ms: u64) -> Result<Vec<Found>, StoreError>;
    /// The latest notes, newest first.
    fn notes(&self, limit: usize) -> Result<Vec<Note>, StoreError>;
    /// Records lost, by reason, since the store was made.
    fn drops(&self) -> Result<Vec<(String, u64)>, StoreError>;
    /// How much is kept.
    fn size(&self) -> Result<Size, StoreError>;
    /// Brings the rollups that are kept for years up to date. Answers are the
    /// same before and after; call it every few minutes.
    fn fold(&self) -> Result<Folded, StoreError>;
    /// Deletes the oldest days while more than `budget_bytes` are used, and
    /// days that ended more than `days` days before `now_ms` (0: no such
    /// limit). Rollups stay. The day of `now_ms` and the newest day are never
    /// deleted, and nothing is by age while `now_ms` is ahead of every record.
    fn retain(&self, now_ms: u64, budget_bytes: u64, days: u32) -> Result<Retained, StoreError>;
}
