use haechi_event::{Part, RequestId};

/// A timed piece of a request as kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredSpan {
    /// 1, 2, 3 … in the order the spans of the request began.
    pub id: u32,
    /// The span around it; 0 if there is none.
    pub parent: u32,
    /// What the time was spent on.
    pub part: Part,
    /// Whether it, or one of those it stands for, failed.
    pub failed: bool,
    /// How many it stands for; times and rows are sums if more than one.
    pub count: u32,
    /// From the request's beginning to its own, whole microseconds.
    pub start_us: u64,
    /// How long it took, whole microseconds.
    pub duration_us: u64,
    /// Rows a query gave or changed; `None` if not known.
    pub rows: Option<u64>,
    /// `http.response.status_code` of an outgoing call; 0 if there is none.
    pub status: u16,
    /// A normalised query, a template's path, host and path of a call …
    pub name: String,
    /// The file of the app where it began; empty if unknown.
    pub file: String,
    /// Line in the file; 0 if unknown.
    pub line: u32,
}

/// The same query, again and again, from one line in one request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredRepeat {
    /// How many times.
    pub count: u32,
    /// All of them together, nanoseconds.
    pub total_ns: u64,
    /// What asking once would save, nanoseconds.
    pub saves_ns: u64,
    /// The normalised query.
    pub name: String,
    /// The file of the app that asked; empty if unknown.
    pub file: String,
    /// Line in the file; 0 if unknown.
    pub line: u32,
}

/// The order of [`Queries::queries`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QuerySort {
    /// By the time they took together, greatest first.
    #[default]
    Time,
    /// By the number of calls.
    Calls,
    /// By the longest call.
    Max,
    /// By what asking once instead of again and again would save.
    Saves,
}

/// Asks which queries took the time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueriesQuery {
    /// Only this app.
    pub app: Option<String>,
    /// Begin, Unix ms; widened to whole minutes, as is the end.
    pub from_ms: u64,
    /// End, Unix ms.
    pub to_ms: u64,
    /// The order.
    pub sort: QuerySort,
    /// At most this many queries.
    pub limit: usize,
}

/// Numbers of one normalised query in the requests that began in a range.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryTotals {
    /// Names it; the same on every day.
    pub id: u64,
    /// `service.name`.
    pub app: String,
    /// The query without its data; `(other)` holds what came after the cap.
    pub sql: String,
    /// A file of the app that asked it, of a line that repeats it if one does;
    /// empty if unknown.
    pub file: String,
    /// Line in the file; 0 if unknown.
    pub line: u32,
    /// How many times it was asked.
    pub calls: u64,
    /// All together, nanoseconds.
    pub total_ns: u64,
    /// The longest, nanoseconds.
    pub max_ns: u64,
    /// How many failed.
    pub failed: u64,
    /// Rows of those that told theirs.
    pub rows: u64,
    /// Requests that asked it again and again from one line.
    pub repeats: u64,
    /// How often these did.
    pub repeated: u64,
    /// What asking once would have saved these, nanoseconds.
    pub saves_ns: u64,
    /// A request with the longest call; `None` if only repeats were told.
    pub max_request: Option<RequestId>,
    /// The latest that asked it again and again.
    pub repeats_request: Option<RequestId>,
}

/// Answer to [`QueriesQuery`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queries {
    /// Begin of what was counted, Unix ms.
    pub from_ms: u64,
    /// End of what was counted, Unix ms.
    pub to_ms: u64,
    /// How many queries there were, also those past the limit.
    pub count: usize,
    /// Time of all of them, nanoseconds.
    pub total_ns: u64,
    /// The queries in the order asked for.
    pub queries: Vec<QueryTotals>,
}
