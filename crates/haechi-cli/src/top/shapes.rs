//! The answers of the API as far as the live view shows them.

use super::wanted::RouteKey;
use crate::answers::{Issue, Log, Request};
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Numbers {
    pub(super) requests_per_second: f64,
    pub(super) errors_per_second: f64,
    pub(super) in_flight: u64,
    pub(super) workers: u64,
    pub(super) p50_ms: Option<f64>,
    pub(super) p95_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Traffic {
    pub(super) step_seconds: u64,
    pub(super) columns: TrafficColumns,
}

#[derive(Debug, Deserialize)]
pub(super) struct TrafficColumns {
    pub(super) requests: Vec<u64>,
    pub(super) errors: Vec<u64>,
    pub(super) p50_ms: Vec<Option<f64>>,
    pub(super) p95_ms: Vec<Option<f64>>,
    pub(super) p99_ms: Vec<Option<f64>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Routes {
    pub(super) routes: Vec<Route>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Route {
    pub(super) app: String,
    pub(super) method: String,
    pub(super) route: String,
    pub(super) requests: u64,
    pub(super) errors: u64,
    pub(super) client_errors: u64,
    pub(super) time_share: f64,
    pub(super) total_ms: f64,
    pub(super) p50_ms: Option<f64>,
    pub(super) p95_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
    pub(super) max_ms: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Queries {
    pub(super) count: usize,
    pub(super) total_ms: f64,
    pub(super) queries: Vec<Query>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Query {
    pub(super) id: String,
    pub(super) app: String,
    pub(super) query: String,
    pub(super) file: String,
    pub(super) line: Option<u32>,
    pub(super) calls: u64,
    pub(super) total_ms: f64,
    pub(super) mean_ms: Option<f64>,
    pub(super) max_ms: f64,
    pub(super) failed: u64,
    pub(super) repeats: u64,
    pub(super) repeated: u64,
    pub(super) saves_ms: f64,
    pub(super) longest: Option<QueryRequest>,
    pub(super) repeating: Option<QueryRequest>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct QueryRequest {
    pub(super) id: String,
}

impl Query {
    /// A request to look at: one that repeats it tells more.
    pub(super) fn request(&self) -> Option<&QueryRequest> {
        self.repeating.as_ref().or(self.longest.as_ref())
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Split {
    pub(super) total_ms: f64,
    pub(super) parts: Vec<Part>,
    pub(super) routes: Vec<SplitRoute>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Part {
    pub(super) part: String,
    pub(super) self_ms: f64,
    pub(super) share: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct SplitRoute {
    pub(super) app: String,
    pub(super) method: String,
    pub(super) route: String,
    pub(super) total_ms: f64,
    pub(super) split: Vec<Part>,
}

impl SplitRoute {
    pub(super) fn key(&self) -> RouteKey {
        let Self { app, method, route, .. } = self.clone();
        RouteKey { app, method, route }
    }

    /// Names its row.
    pub(super) fn row_key(&self) -> String {
        format!("{}\n{}\n{}", self.app, self.method, self.route)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Requests {
    pub(super) requests: Vec<Request>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Inflight {
    pub(super) inflight: Vec<Running>,
}

/// A request that has not ended.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Running {
    pub(super) id: String,
    pub(super) time: String,
    pub(super) app: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) route: Option<String>,
    pub(super) client: String,
    pub(super) age_ms: f64,
    pub(super) pid: u32,
    pub(super) part: Option<String>,
    pub(super) db_ms: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Logs {
    pub(super) logs: Vec<Line>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Line {
    #[serde(flatten)]
    pub(super) log: Log,
    pub(super) request_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Issues {
    pub(super) issues: Vec<Issue>,
}

/// An issue that the live stream tells of.
#[derive(Debug, Deserialize)]
pub(super) struct News {
    pub(super) app: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) message: String,
    pub(super) regressed: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Workers {
    pub(super) host: Host,
    pub(super) apps: Vec<AppWorkers>,
    pub(super) workers: Vec<Worker>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Host {
    pub(super) cpus: u64,
    pub(super) cpu_share: Option<f64>,
    pub(super) load_1m: Option<f64>,
    pub(super) memory_bytes: Option<u64>,
    pub(super) memory_available_bytes: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct AppWorkers {
    pub(super) app: String,
    pub(super) workers: u64,
    pub(super) busy: u64,
    pub(super) ended: u64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Worker {
    pub(super) pid: u32,
    pub(super) program: String,
    pub(super) apps: Vec<String>,
    pub(super) age_s: f64,
    pub(super) in_flight: u64,
    pub(super) requests: u64,
    pub(super) memory_bytes: Option<u64>,
    pub(super) cpu_s: Option<f64>,
    pub(super) cpu_share: Option<f64>,
}
