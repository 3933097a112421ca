//! Every question that can be asked. Pages, terminal and `/metrics` all go
//! through these functions: one file per resource, each with its parameters
//! and the shape of its answer.

mod apps;
mod events;
mod headers;
mod inflight;
mod issue;
mod issue_news;
mod issue_state;
mod issues;
mod latency;
mod log_histogram;
mod log_search;
mod logs;
mod metrics;
mod moment;
mod numbers;
mod params;
mod pattern_news;
mod patterns;
mod queries;
mod range;
mod recorders;
mod releases;
mod requests;
mod route_changes;
mod routes;
mod samples;
mod search;
mod split;
mod split_history;
mod status;
mod traffic;
mod verdict;
mod visits;
mod worker_metrics;
mod workers;

pub use apps::{App, Apps};
pub use events::{EventCause, EventDetail, EventFrame, EventHead, EventLocal, ExceptionEvent};
pub use headers::HeaderRow;
pub use inflight::{Inflight, InflightDetail, InflightRow, LONG_MS};
pub use issue::{IssueDetail, ReleaseEvents, UserEvents};
pub use issue_news::IssueNews;
pub use issue_state::StateChange;
pub use issues::{IssueRow, Issues, Regrouping, RouteEvents};
pub use latency::Latency;
pub use log_histogram::{LogHistogram, LogPoint};
pub use logs::{LogAttribute, LogLine, Logs};
pub use metrics::Exposition;
pub use moment::Moment;
pub(crate) use numbers::{ms_of, rounded};
pub use params::Params;
pub use pattern_news::PatternNews;
pub use patterns::{PatternRow, Patterns};
pub use queries::{Queries, QueryRequest, QueryRow};
pub use range::{Range, Step, parse_moment};
pub use recorders::RecorderRow;
pub use releases::{ReleaseRow, Releases};
pub use requests::{RequestDetail, RequestRow, Requests};
pub use route_changes::{Changes, RouteChange, RouteVerdict};
pub use routes::{RouteRow, Routes};
pub use samples::{SampledFrameRow, SamplesRow, TopLine};
pub use search::{FoundThing, Search};
pub use split::{PartRow, RepeatRow, SpanRow, Split};
pub use split_history::{PartHistory, SplitHistory};
pub use status::{Status, StatusCountries, StatusNote};
pub use traffic::{StatusClasses, Traffic, TrafficColumns, TrafficTotal};
pub use verdict::{ReleaseVerdict, Verdict};
pub use visits::{CountsCountries, StatusCount, Visit, Visits};
pub use workers::{AppWorkers, Host, WorkerRow, Workers};

use crate::countries::CountryTable;
use crate::health::Health;
use crate::processes::Processes;
use crate::{ServerError, Settings};
use haechi_spool::board::{self, BoardSnapshot};
use haechi_spool::read::SpoolDir;
use haechi_spool::write::SpoolConfig;
use haechi_spool::{Control, DropReason};
use haechi_store::Store;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const UNKNOWN_APP: &str = "no app of this name was seen; /api/apps lists those that were";

/// What questions are answered from. Every answer may block on the disk.
pub struct Ask {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) health: Arc<Health>,
    settings: Settings,
    spool: SpoolDir,
    spool_budget_bytes: u64,
    /// `None` if the control file can be neither opened nor made; then every
    /// app counts as on.
    control: Option<Control>,
    processes: Mutex<Processes>,
    pub(crate) countries: Option<Arc<CountryTable>>,
}

impl Ask {
    pub(crate) fn new(
        settings: Settings,
        store: Arc<dyn Store>,
        spool: SpoolDir,
        health: Arc<Health>,
    ) -> Self {
        let control = Control::open(spool.path()).ok();
        let processes = Mutex::default();
        let spool_budget_bytes = SpoolConfig::new(spool.path()).budget_bytes;
        Self {
            store,
            health,
            settings,
            spool,
            spool_budget_bytes,
            control,
            processes,
            countries: None,
        }
    }

    /// With the table of addresses that the store has.
    #[must_use]
    pub(crate) fn with_countries(self, countries: Option<Arc<CountryTable>>) -> Self {
        Self { countries, ..self }
    }

    /// Why countries are not counted although they should be, and the way out.
    #[must_use]
    pub fn countries_trouble(&self) -> Option<String> {
        self.countries.as_ref()?.trouble()
    }

    /// Every process's scoreboard, of living and dead ones.
    pub(crate) fn boards(&self) -> Vec<BoardSnapshot> {
        board::snapshots(self.spool.path())
    }

    /// Lost records by reason: what the store was told, what the flight
    /// recorder overwrote, and what the scoreboards count.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn drops_of(
        &self,
        boards: &[BoardSnapshot],
    ) -> Result<BTreeMap<String, u64>, ServerError> {
        let mut drops: BTreeMap<String, u64> = self.store.drops()?.into_iter().collect();
        let overwritten = self.control.as_ref().map_or(0, Control::overwritten);
        let counted = boards.iter().flat_map(|board| &board.drops).copied();
        for (reason, count) in counted.chain([(DropReason::Overwritten, overwritten)]) {
            if count > 0 {
                *drops.entry(reason.name().to_owned()).or_default() += count;
            }
        }
        Ok(drops)
    }

    /// The `app` parameter, which must name an app that has been seen.
    ///
    /// # Errors
    /// [`ServerError::Input`] if none has that name.
    pub(crate) fn take_app(&self, params: &mut Params) -> Result<Option<String>, ServerError> {
        let Some(app) = params.take("app") else { return Ok(None) };
        if self.is_known_app(&app)? {
            return Ok(Some(app));
        }
        Err(ServerError::input("app", UNKNOWN_APP))
    }

    fn is_known_app(&self, app: &str) -> Result<bool, ServerError> {
        let stored = self.store.apps()?.iter().any(|known| known.app == app);
        Ok(stored
            || self.boards().iter().flat_map(|board| &board.apps).any(|known| known.app == app))
    }
}
