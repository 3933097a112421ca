//! For tests: a store that refuses.

use haechi_event::RequestId;
use haechi_store::{
    AppSummary, Appended, Batch, ExceptionHead, Folded, Found, IssueChange, IssueDetail,
    IssueSummary, IssuesQuery, Latency, LogHistogram, LogHistogramQuery, Logs, LogsQuery, Note,
    Patterns, PatternsQuery, Position, Queries, QueriesQuery, Regrouped, ReleaseSeen, Requests,
    RequestsQuery, Retained, RouteHistogram, Routes, RoutesQuery, Size, SqliteStore, Store,
    StoreError, StoredException, StoredHeaders, StoredRequest, StoredSamples, StoredSpan, Traffic,
    TrafficQuery, Visits, VisitsQuery,
};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A real store that can be told to refuse.
pub(super) struct Refusing {
    pub(super) store: SqliteStore,
    pub(super) refuses: AtomicBool,
    /// Refuses every second batch.
    pub(super) falters: AtomicBool,
    pub(super) batches: AtomicU64,
    /// Records it was handed although it had them.
    pub(super) repeated: AtomicU64,
}

impl Refusing {
    pub(super) fn new(store: SqliteStore, refuses: bool) -> Self {
        Self {
            store,
            refuses: AtomicBool::new(refuses),
            falters: AtomicBool::new(false),
            batches: AtomicU64::new(0),
            repeated: AtomicU64::new(0),
        }
    }
}

impl Store for Refusing {
    fn append(&self, batch: &Batch<'_>) -> Result<Appended, StoreError> {
        if self.refuses.load(Ordering::Acquire) {
            return Err(StoreError::Full);
        }
        let number = self.batches.fetch_add(1, Ordering::AcqRel);
        if self.falters.load(Ordering::Acquire) && number % 2 == 1 {
            return Err(StoreError::Full);
        }
        let appended = self.store.append(batch)?;
        self.repeated.fetch_add(appended.repeated, Ordering::AcqRel);
        Ok(appended)
    }
    fn position(&self, segment: &str) -> Result<Position, StoreError> {
        self.store.position(segment)
    }
    fn forget_segments(&self, keep: &[&str]) -> Result<(), StoreError> {
        self.store.forget_segments(keep)
    }
    fn apps(&self) -> Result<Vec<AppSummary>, StoreError> {
        self.store.apps()
    }
    fn traffic(&self, query: &TrafficQuery) -> Result<Traffic, StoreError> {
        self.store.traffic(query)
    }
    fn latency(&self, query: &TrafficQuery) -> Result<Latency, StoreError> {
        self.store.latency(query)
    }
    fn visits(&self, query: &VisitsQuery) -> Result<Visits, StoreError> {
        self.store.visits(query)
    }
    fn slowest(&self, query: &RequestsQuery) -> Result<Vec<StoredRequest>, StoreError> {
        self.store.slowest(query)
    }
    fn routes(&self, query: &RoutesQuery) -> Result<Routes, StoreError> {
        self.store.routes(query)
    }
    fn route_histograms(&self, query: &RoutesQuery) -> Result<Vec<RouteHistogram>, StoreError> {
        self.store.route_histograms(query)
    }
    fn releases(&self) -> Result<Vec<ReleaseSeen>, StoreError> {
        self.store.releases()
    }
    fn requests(&self, query: &RequestsQuery) -> Result<Requests, StoreError> {
        self.store.requests(query)
    }
    fn request(&self, id: RequestId) -> Result<Option<StoredRequest>, StoreError> {
        self.store.request(id)
    }
    fn logs(&self, query: &LogsQuery) -> Result<Logs, StoreError> {
        self.store.logs(query)
    }
    fn log_histogram(&self, query: &LogHistogramQuery) -> Result<LogHistogram, StoreError> {
        self.store.log_histogram(query)
    }
    fn patterns(&self, query: &PatternsQuery) -> Result<Patterns, StoreError> {
        self.store.patterns(query)
    }
    fn issues(&self, query: &IssuesQuery) -> Result<Vec<IssueSummary>, StoreError> {
        self.store.issues(query)
    }
    fn issue(&self, issue: u64, now_ms: u64) -> Result<Option<IssueDetail>, StoreError> {
        self.store.issue(issue, now_ms)
    }
    fn event(&self, id: RequestId) -> Result<Option<StoredException>, StoreError> {
        self.store.event(id)
    }
    fn events(
        &self,
        issue: u64,
        before: Option<RequestId>,
        limit: usize,
    ) -> Result<Vec<ExceptionHead>, StoreError> {
        self.store.events(issue, before, limit)
    }
    fn spans(&self, id: RequestId) -> Result<Vec<StoredSpan>, StoreError> {
        self.store.spans(id)
    }
    fn samples(&self, id: RequestId) -> Result<Option<StoredSamples>, StoreError> {
        self.store.samples(id)
    }
    fn headers(&self, id: RequestId) -> Result<Option<StoredHeaders>, StoreError> {
        self.store.headers(id)
    }
    fn queries(&self, query: &QueriesQuery) -> Result<Queries, StoreError> {
        self.store.queries(query)
    }
    fn exceptions_of_request(&self, id: RequestId) -> Result<Vec<ExceptionHead>, StoreError> {
        self.store.exceptions_of_request(id)
    }
    fn set_issue_state(
        &self,
        issue: u64,
        change: &IssueChange,
        now_ms: u64,
    ) -> Result<bool, StoreError> {
        self.store.set_issue_state(issue, change, now_ms)
    }
    fn regroup(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<Regrouped, StoreError> {
        self.store.regroup(progress)
    }
    fn find(&self, text: &str) -> Result<Vec<Found>, StoreError> {
        self.store.find(text)
    }
    fn of_ticket(&self, ticket: &str, near_ms: u64) -> Result<Vec<Found>, StoreError> {
        self.store.of_ticket(ticket, near_ms)
    }
    fn notes(&self, limit: usize) -> Result<Vec<Note>, StoreError> {
        self.store.notes(limit)
    }
    fn drops(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.store.drops()
    }
    fn size(&self) -> Result<Size, StoreError> {
        self.store.size()
    }
    fn fold(&self) -> Result<Folded, StoreError> {
        self.store.fold()
    }
    fn retain(&self, now_ms: u64, budget_bytes: u64, days: u32) -> Result<Retained, StoreError> {
        self.store.retain(now_ms, budget_bytes, days)
    }
}
