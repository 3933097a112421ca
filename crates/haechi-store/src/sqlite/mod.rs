//! The store as SQLite files in one folder.
//!
//! `haechi.db` holds what is kept for years (hour and day rollups, issues, apps,
//! notes) and where to go on reading. `days/YYYY-MM-DD.db` holds all of one UTC
//! day: raw rows, minute rollups, counts of issues, and the read position of
//! every segment, so that one transaction covers all of them and a replay
//! changes nothing. What the main file says of issues follows the days
//! ([`issue_sync`]).
//!
//! One thread at a time writes ([`writer`]); readers have connections of their
//! own ([`readers`]) and never wait for it. One file per thing that can be
//! asked or done: [`append`], [`traffic`], [`routes`], [`releases`], [`requests`], [`logs`],
//! [`log_histogram`], [`patterns`], [`spans`], [`queries`],
//! [`issues`], [`issue`], [`issue_state`], [`events`], [`regroup`], [`find`],
//! [`visits`], [`apps`], [`notes`], [`fold`], [`retain`], [`size`].

mod append;
mod apps;
mod calendar;
mod day_file;
mod decision;
mod deltas;
mod distinct;
mod events;
mod exception_rows;
mod find;
mod fold;
mod folder;
mod free_ids;
mod hash;
mod header_rows;
mod issue;
mod issue_deltas;
mod issue_ids;
mod issue_moves;
mod issue_state;
mod issue_sync;
mod issue_users;
mod issues;
mod kept_events;
mod log_conditions;
mod log_histogram;
mod log_match;
mod log_probe;
mod log_rows;
mod log_terms;
mod logs;
mod main_file;
mod notes;
mod open_file;
mod pattern_counts;
mod pattern_days;
mod patterns;
mod plan;
mod queries;
mod query_counts;
mod query_days;
mod readers;
mod regroup;
mod releases;
mod request_filter;
mod request_rows;
mod requests;
mod retain;
mod rollup;
mod route_ids;
mod routes;
mod sample_rows;
mod schema;
mod search_text;
mod size;
mod slowest;
mod span_rows;
mod spans;
mod stored_exceptions;
mod stored_text;
mod texts;
mod traffic;
mod visit;
mod visit_counts;
mod visit_days;
mod visit_names;
mod visit_rows;
mod visit_sketch;
mod visits;
mod writer;

use crate::{
    AppSummary, Appended, Batch, Countries, ExceptionHead, Folded, Found, IssueChange, IssueDetail,
    IssueSummary, IssuesQuery, Latency, LogHistogram, LogHistogramQuery, Logs, LogsQuery, Note,
    Patterns, PatternsQuery, Position, Queries, QueriesQuery, Regrouped, ReleaseSeen, Requests,
    RequestsQuery, Retained, RouteHistogram, Routes, RoutesQuery, Size, Store, StoreError,
    StoredException, StoredHeaders, StoredRequest, StoredSamples, StoredSpan, Traffic,
    TrafficQuery, Visits, VisitsQuery,
};
use calendar::Day;
use folder::Folder;
use haechi_event::RequestId;
use main_file::Days;
use notes::PendingNotes;
use readers::{Deadline, Readers};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use writer::Writer;

pub use log_match::LogMatcher;
pub use schema::VERSION as FORMAT_VERSION;

/// How the store behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// A query over single rows ends after this long with what it found so far,
    /// one over rollups after five times that with an error. Default 1 s.
    pub query_limit: Duration,
    /// Routes kept apart per app and day; more count as `(other)`. Default 1,000.
    pub routes_per_app: usize,
    /// Different texts (clients, agents, referrers, loggers) kept once per day;
    /// more are kept with each row. Default 10,000.
    pub texts_per_day: usize,
    /// Issues kept apart per app and day; more count as `(other)`. Also how many
    /// of an app are kept at least when days are deleted. Default 10,000.
    pub issues_per_app: usize,
    /// Patterns of log lines kept apart per app and day; more count as `(other)`.
    /// Default 1,000.
    pub patterns_per_app: usize,
    /// Queries kept apart per app and day; more count as `(other)`. Default 1,000.
    pub queries_per_app: usize,
    /// What tells the countries of requests. Default none, and none are counted.
    pub countries: Option<Arc<dyn Countries>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            query_limit: Duration::from_secs(1),
            routes_per_app: 1000,
            texts_per_day: 10_000,
            issues_per_app: 10_000,
            patterns_per_app: 1000,
            queries_per_app: 1000,
            countries: None,
        }
    }
}

/// The store in one folder: `haechi.db`, `days/` and `quarantine/`. Only one
/// may be open for a folder at a time; other programs may read the files.
#[derive(Debug)]
pub struct SqliteStore {
    folder: Folder,
    options: Options,
    // closed before the writer: only a file's last connection that may write
    // takes the log into the file and removes it
    readers: Readers,
    writer: Mutex<Writer>,
    days: RwLock<Days>,
    pending: PendingNotes,
    /// Goes up whenever the main file is replaced.
    main_epoch: AtomicU64,
}

impl SqliteStore {
    /// Opens the store in a data folder, making it if need be. Damaged, foreign
    /// and newer files are moved to `quarantine/`, each with a [`Note`].
    ///
    /// # Errors
    /// If the folder cannot be used; damaged files are no error.
    pub fn open(data_dir: &Path, options: Options) -> Result<Self, StoreError> {
        let folder = Folder::create(data_dir)?;
        let pending = PendingNotes::default();
        let (writer, days) = Writer::open(&folder, &options, &pending)?;
        let store = Self {
            readers: Readers::new(folder.clone()),
            folder,
            options,
            writer: Mutex::new(writer),
            days: RwLock::new(days),
            pending,
            main_epoch: AtomicU64::new(0),
        };
        let mut writer = store.writer()?;
        match store.sync_issues(&mut writer) {
            // reading goes on without room; the next append says so
            Ok(_) | Err(StoreError::Full) => {}
            Err(error) => return Err(error),
        }
        store.save_notes(&mut writer)?;
        drop(writer);
        Ok(store)
    }

    fn writer(&self) -> Result<MutexGuard<'_, Writer>, StoreError> {
        self.writer.lock().map_err(|_| StoreError::Poisoned)
    }

    /// What is known of the days now.
    fn days(&self) -> Days {
        self.days.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change_days<T>(&self, change: impl FnOnce(&mut Days) -> T) -> T {
        change(&mut self.days.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// The time a query over single rows has.
    fn short_deadline(&self) -> Deadline {
        Deadline::after(self.options.query_limit)
    }

    /// The time a query over rollups has.
    fn long_deadline(&self) -> Deadline {
        Deadline::after(self.options.query_limit.saturating_mul(5))
    }

    /// Passes on what came of reading a day, unless its file is damaged or
    /// gone: then it is left out of the answer, and a note says so.
    fn skip_damage<T>(
        &self,
        day: Day,
        result: Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_damage() => {
                let text = format!("left out of an answer: {error}");
                self.pending.add_once("damage", &format!("{day}.db"), text);
                Ok(None)
            }
            // deleted by retention since the plan was made
            Err(_) if !self.folder.day_path(day).exists() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Store for SqliteStore {
    fn append(&self, batch: &Batch<'_>) -> Result<Appended, StoreError> {
        self.append_batch(batch)
    }

    fn position(&self, segment: &str) -> Result<Position, StoreError> {
        self.with_main(&mut *self.writer()?, |main| main.position(segment))
    }

    fn forget_segments(&self, keep: &[&str]) -> Result<(), StoreError> {
        self.with_main(&mut *self.writer()?, |main| main.forget_segments(keep))
    }

    fn apps(&self) -> Result<Vec<AppSummary>, StoreError> {
        self.read_apps()
    }

    fn traffic(&self, query: &TrafficQuery) -> Result<Traffic, StoreError> {
        self.read_traffic(query)
    }

    fn routes(&self, query: &RoutesQuery) -> Result<Routes, StoreError> {
        self.read_routes(query)
    }

    fn route_histograms(&self, query: &RoutesQuery) -> Result<Vec<RouteHistogram>, StoreError> {
        self.read_route_histograms(query)
    }

    fn releases(&self) -> Result<Vec<ReleaseSeen>, StoreError> {
        self.read_releases()
    }

    fn requests(&self, query: &RequestsQuery) -> Result<Requests, StoreError> {
        self.read_requests(query)
    }

    fn slowest(&self, query: &RequestsQuery) -> Result<Vec<StoredRequest>, StoreError> {
        self.read_slowest(query)
    }

    fn latency(&self, query: &TrafficQuery) -> Result<Latency, StoreError> {
        self.read_latency(query)
    }

    fn visits(&self, query: &VisitsQuery) -> Result<Visits, StoreError> {
        self.read_visits(query)
    }

    fn request(&self, id: RequestId) -> Result<Option<StoredRequest>, StoreError> {
        self.read_request(id)
    }

    fn spans(&self, id: RequestId) -> Result<Vec<StoredSpan>, StoreError> {
        self.read_spans(id)
    }

    fn samples(&self, id: RequestId) -> Result<Option<StoredSamples>, StoreError> {
        self.read_samples(id)
    }

    fn headers(&self, id: RequestId) -> Result<Option<StoredHeaders>, StoreError> {
        self.read_headers(id)
    }

    fn queries(&self, query: &QueriesQuery) -> Result<Queries, StoreError> {
        self.read_queries(query)
    }

    fn logs(&self, query: &LogsQuery) -> Result<Logs, StoreError> {
        self.read_logs(query)
    }

    fn log_histogram(&self, query: &LogHistogramQuery) -> Result<LogHistogram, StoreError> {
        self.read_log_histogram(query)
    }

    fn patterns(&self, query: &PatternsQuery) -> Result<Patterns, StoreError> {
        self.read_patterns(query)
    }

    fn issues(&self, query: &IssuesQuery) -> Result<Vec<IssueSummary>, StoreError> {
        self.read_issues(query)
    }

    fn issue(&self, issue: u64, now_ms: u64) -> Result<Option<IssueDetail>, StoreError> {
        self.read_issue(issue, now_ms)
    }

    fn event(&self, id: RequestId) -> Result<Option<StoredException>, StoreError> {
        self.read_event(id)
    }

    fn events(
        &self,
        issue: u64,
        before: Option<RequestId>,
        limit: usize,
    ) -> Result<Vec<ExceptionHead>, StoreError> {
        self.read_events(issue, before, limit)
    }

    fn exceptions_of_request(&self, id: RequestId) -> Result<Vec<ExceptionHead>, StoreError> {
        self.read_exceptions_of_request(id)
    }

    fn set_issue_state(
        &self,
        issue: u64,
        change: &IssueChange,
        now_ms: u64,
    ) -> Result<bool, StoreError> {
        self.change_issue(issue, change, now_ms)
    }

    fn regroup(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<Regrouped, StoreError> {
        self.group_again(progress)
    }

    fn find(&self, text: &str) -> Result<Vec<Found>, StoreError> {
        self.find_by_id(text)
    }

    fn of_ticket(&self, ticket: &str, near_ms: u64) -> Result<Vec<Found>, StoreError> {
        self.find_of_ticket(ticket, near_ms)
    }

    fn notes(&self, limit: usize) -> Result<Vec<Note>, StoreError> {
        self.read_notes(limit)
    }

    fn drops(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.read_drops()
    }

    fn size(&self) -> Result<Size, StoreError> {
        self.read_size()
    }

    fn fold(&self) -> Result<Folded, StoreError> {
        self.fold_all()
    }

    fn retain(&self, now_ms: u64, budget_bytes: u64, days: u32) -> Result<Retained, StoreError> {
        self.delete_old(now_ms, budget_bytes, days)
    }
}
