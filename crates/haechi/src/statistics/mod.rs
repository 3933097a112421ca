//! The numbers of an app over all its processes, living and gone, with no
//! server running: as data, as a page that keeps itself fresh, as text.
//!
//! * `collect`: adds the scoreboards up.
//! * `format`: numbers as people read them; `html`, `text`: the two shapes.

mod collect;
mod format;
mod html;
mod text;

use std::collections::BTreeMap;

use serde::Serialize;

pub use html::{Kind, html};
pub use text::text;

/// Most routes named in one answer.
pub const ROUTES_MAX: usize = 100;
/// Most slow requests named in one answer.
pub const SLOWEST_MAX: usize = 20;
/// Most in-flight requests named in one answer.
pub const IN_FLIGHT_MAX: usize = 100;
/// Most workers named in one answer.
pub const WORKERS_MAX: usize = 100;
/// How many seconds [`Requests::seconds`] has.
pub const SECONDS: usize = 60;

/// What `request.statistics` shows of one app. Serialised, it is the JSON
/// form; times are RFC 3339 UTC, durations milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statistics {
    /// `service.name`.
    pub app: String,
    /// Whether requests are being counted.
    pub state: State,
    /// When this was collected.
    pub time: String,
    /// When counting began; null before the first request.
    pub since: Option<String>,
    /// The same in Unix seconds.
    pub since_unix: Option<u64>,
    /// The running workers, oldest first, at most [`WORKERS_MAX`].
    pub workers: Vec<Worker>,
    /// How many run.
    pub workers_running: u64,
    /// How many have ended whose scoreboards are still there one by one.
    /// Older ones count in every total, but no longer as workers.
    pub workers_gone: u64,
    /// Running workers not named above.
    pub workers_left_out: u64,
    /// How many requests ended.
    pub requests: Requests,
    /// How they ended.
    pub status: StatusClasses,
    /// How long they took.
    pub latency_ms: Latency,
    /// Their durations added up.
    pub total_ms: f64,
    /// The bodies' bytes.
    pub bytes: Bytes,
    /// Requests being handled now, oldest first, at most [`IN_FLIGHT_MAX`].
    pub in_flight: Vec<InFlight>,
    /// How many are being handled now, named above or not.
    pub in_flight_total: u64,
    /// Requests being handled now and not named above. A worker names 256 of
    /// all its apps; the rest are only counted, and count here.
    pub in_flight_left_out: u64,
    /// Routes by total time, at most [`ROUTES_MAX`].
    pub routes: Vec<Route>,
    /// Routes not named above.
    pub routes_left_out: u64,
    /// The slowest requests of about the last hour, at most [`SLOWEST_MAX`].
    pub slowest: Vec<Slow>,
    /// Events of all apps of the spool that were not kept, by reason.
    pub dropped: BTreeMap<String, u64>,
}

/// Whether an app is monitored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is.
    On,
    /// It is not; the numbers stand still.
    Paused,
}

/// A process that has served the app and still runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Worker {
    /// Its process id.
    pub pid: u32,
    /// Always `running`: those that ended are only counted.
    pub state: &'static str,
    /// The app's requests that ended in it.
    pub requests: u64,
    /// Requests it is in.
    pub in_flight: u64,
    /// When it began to count.
    pub since: String,
}

/// How many requests ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Requests {
    /// Since [`Statistics::since`].
    pub total: u64,
    /// Per second, over the last five complete seconds.
    pub per_second: f64,
    /// In this second and the 59 before it.
    pub last_minute: u64,
    /// In this minute of the clock and the 59 before it.
    pub last_hour: u64,
    /// In each of the last [`SECONDS`] complete seconds, oldest first.
    pub seconds: Vec<u64>,
}

/// Requests by the first digit of their status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct StatusClasses {
    /// No status was sent.
    pub none: u64,
    /// Interim.
    #[serde(rename = "1xx")]
    pub informational: u64,
    /// Success.
    #[serde(rename = "2xx")]
    pub success: u64,
    /// Redirection.
    #[serde(rename = "3xx")]
    pub redirection: u64,
    /// The client's fault.
    #[serde(rename = "4xx")]
    pub client_errors: u64,
    /// The server's fault.
    #[serde(rename = "5xx")]
    pub errors: u64,
}

/// Durations; null before the first request. Quantiles are within 2.5 %.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Latency {
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 90 % took at most this long.
    pub p90: Option<f64>,
    /// 95 % did.
    pub p95: Option<f64>,
    /// 99 % did.
    pub p99: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
}

/// Bytes of bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Bytes {
    /// Of requests.
    #[serde(rename = "in")]
    pub received: u64,
    /// Of responses.
    #[serde(rename = "out")]
    pub sent: u64,
}

/// A request being handled.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InFlight {
    /// 16 hexadecimal digits.
    pub id: String,
    /// `http.request.method`.
    pub method: String,
    /// `url.path`.
    pub path: String,
    /// The route; null while unknown.
    pub route: Option<String>,
    /// `client.address`.
    pub client: String,
    /// How long ago it began.
    pub age_ms: f64,
    /// The worker that handles it.
    pub pid: u32,
}

/// What is known of a route.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Route {
    /// `http.request.method`.
    pub method: String,
    /// `http.route`.
    pub route: String,
    /// Requests that ended.
    pub requests: u64,
    /// Its part, 0 to 1, of all routes' time, named here or not.
    pub time_share: f64,
    /// All its requests' time.
    pub total_ms: f64,
    /// Of one request.
    pub mean_ms: f64,
    /// 95 % of its requests took at most this long.
    pub p95_ms: f64,
    /// Requests that ended with 5xx.
    pub errors: u64,
}

/// One of the slowest requests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slow {
    /// 16 hexadecimal digits.
    pub id: String,
    /// When it began.
    pub time: String,
    /// `http.request.method`.
    pub method: String,
    /// `http.route`.
    pub route: String,
    /// `url.path`.
    pub path: String,
    /// `http.response.status_code`; 0 if none was sent.
    pub status: u16,
    /// How long it took.
    pub duration_ms: f64,
}
