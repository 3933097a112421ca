use crate::ask::Moment;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One second of everything, as `event: tick` of the live stream gives it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Tick {
    /// When it was taken.
    pub time: Moment,
    /// Numbers of all apps, or of the one asked for.
    #[serde(flatten)]
    pub numbers: Numbers,
    /// Per app, by name.
    pub apps: Vec<AppTick>,
    /// Lost records by reason, since the data folder was made.
    pub drops: BTreeMap<String, u64>,
}

/// What a tick counts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct Numbers {
    /// Requests that ended since the tick before, per second.
    pub requests_per_second: f64,
    /// Those of them answered with 5xx, per second.
    pub errors_per_second: f64,
    /// Requests that are being handled.
    pub in_flight: u64,
    /// Running processes.
    pub workers: u64,
    /// Median duration over the last 10 s; null without requests.
    pub p50_ms: Option<f64>,
    /// 95th percentile over the last 10 s.
    pub p95_ms: Option<f64>,
    /// 99th percentile over the last 10 s.
    pub p99_ms: Option<f64>,
}

/// The numbers of one app.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AppTick {
    /// `service.name`.
    pub app: String,
    /// Its numbers.
    #[serde(flatten)]
    pub numbers: Numbers,
}

impl Tick {
    /// The same tick as one app sees it. An app that is not in it is quiet.
    #[must_use]
    pub fn of_app(&self, app: &str) -> Self {
        let apps: Vec<_> = self.apps.iter().filter(|tick| tick.app == app).cloned().collect();
        Self {
            time: self.time,
            numbers: apps.first().map(|tick| tick.numbers.clone()).unwrap_or_default(),
            apps,
            drops: self.drops.clone(),
        }
    }
}
