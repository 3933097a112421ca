//! What Haechi keeps. [`Store`] says what can be put in and asked, at the level
//! of meaning; [`SqliteStore`] keeps it in SQLite files in one folder.
//!
//! Rules that hold for every implementation:
//! * All times are Unix milliseconds in UTC unless a name says otherwise;
//!   durations are nanoseconds.
//! * Ranges are half open: `from_ms` belongs to them, `to_ms` does not. Numbers
//!   that come from rollups ([`Store::traffic`], [`Store::routes`]) count whole
//!   minutes: `from_ms` is taken down and `to_ms` up to a full minute; those of
//!   issues ([`Store::issues`]) count whole hours.
//! * What was appended is durable when [`Store::append`] returns, and counts
//!   once however often it is appended again.
//! * A damaged or foreign file never stops the store: it is set aside in
//!   `quarantine/` and a [`Note`] says so.

mod answer;
mod countries;
mod error;
mod headers;
mod issue;
mod log_id;
mod pattern;
mod query;
mod release;
mod samples;
mod span;
mod sqlite;
mod store;
mod visits;

pub use answer::{
    AppSummary, Folded, Latency, LatencyPoint, LogHistogram, LogPoint, Logs, PatternSummary,
    Patterns, Requests, Retained, RouteTotals, Routes, Size, StoredLog, StoredRequest, Totals,
    Traffic, TrafficPoint,
};
pub use countries::{Countries, LOCAL, UNKNOWN};
pub use error::StoreError;
pub use headers::StoredHeaders;
pub use issue::{
    AppendedException, ExceptionHead, Found, IssueChange, IssueDetail, IssueSort, IssueState,
    IssueSummary, IssuesQuery, Regrouped, StoredException,
};
pub use log_id::LogId;
pub use query::{
    LogCondition, LogFilter, LogHistogramQuery, LogsQuery, PatternSort, PatternsQuery,
    RequestsQuery, RouteSort, RoutesQuery, StatusFilter, TrafficQuery,
};
pub use release::{ReleaseSeen, RouteHistogram};
pub use samples::StoredSamples;
pub use span::{Queries, QueriesQuery, QuerySort, QueryTotals, StoredRepeat, StoredSpan};
pub use sqlite::{FORMAT_VERSION, LogMatcher, Options, SqliteStore};
pub use store::{
    Appended, AppendedLog, AppendedPattern, Batch, Incoming, Note, Position, Store, TICKETS,
};
pub use visits::{Visit, Visits, VisitsQuery, is_program, is_static_file};
