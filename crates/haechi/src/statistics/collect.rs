use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use haechi_event::Histogram;
use haechi_spool::board::{self, BoardSnapshot, RouteSnapshot};
use haechi_spool::{AppState, Control, DropReason};

use super::{
    Bytes, IN_FLIGHT_MAX, InFlight, Latency, ROUTES_MAX, Requests, Route, SECONDS, SLOWEST_MAX,
    Slow, State, Statistics, StatusClasses, WORKERS_MAX, Worker,
};
use crate::log_file::Civil;

/// Complete seconds that "now" is the mean of.
const NOW_SECONDS: u64 = 5;

impl Statistics {
    /// Adds up what every process has counted for `app`, at this time (Unix
    /// nanoseconds). A spool that is not there gives zeros.
    #[must_use]
    pub fn collect(spool: &Path, app: &str, now_unix_ns: u64) -> Self {
        let boards = board::snapshots(spool);
        // looking must not make a spool where there is none
        let control = spool.join("control").exists().then(|| Control::open(spool).ok()).flatten();
        let said = control.as_ref().map_or(AppState::Unset, |control| control.state(app));
        let overwritten = control.map_or(0, |control| control.overwritten());
        merge(&boards, app, said, overwritten, now_unix_ns)
    }
}

pub(super) fn merge(
    boards: &[BoardSnapshot],
    app: &str,
    said: AppState,
    overwritten: u64,
    now_unix_ns: u64,
) -> Statistics {
    let ours: Vec<_> = boards.iter().filter(|board| knows(board, app)).collect();
    let totals = totals(&ours, app);
    let running: Vec<_> = ours.iter().copied().filter(|board| board.running).collect();
    let (in_flight, in_flight_total) = in_flight(&running, app, now_unix_ns);
    let (routes, all_routes) = routes(&totals);
    let since = ours.iter().map(|board| board.created_unix_ns).min();
    Statistics {
        app: app.to_owned(),
        state: state(said, &ours),
        time: rfc3339(now_unix_ns),
        since: since.map(rfc3339),
        since_unix: since.map(|ns| ns / 1_000_000_000),
        workers: running.iter().take(WORKERS_MAX).map(|board| worker(board, app)).collect(),
        workers_running: running.len() as u64,
        // pid 0 is the sum of processes long gone
        workers_gone: ours.iter().filter(|b| !b.running && b.pid != 0).count() as u64,
        workers_left_out: running.len().saturating_sub(WORKERS_MAX) as u64,
        requests: requests(&ours, app, now_unix_ns / 1_000_000_000, totals.all.requests),
        status: status(totals.all.status),
        latency_ms: latency(&totals.all),
        total_ms: ms(totals.all.duration_ns),
        bytes: Bytes { received: totals.all.bytes_in, sent: totals.all.bytes_out },
        in_flight_left_out: in_flight_total - in_flight.len() as u64,
        in_flight_total,
        in_flight,
        routes_left_out: (all_routes - routes.len()) as u64,
        routes,
        slowest: slowest(&ours, app),
        dropped: dropped(boards, overwritten),
    }
}

fn knows(board: &BoardSnapshot, app: &str) -> bool {
    board.apps.iter().any(|known| known.app == app)
        || board.in_flight.iter().any(|request| request.app == app)
}

/// Where nobody has said, the process's default counts, and a process that
/// counts shows it by doing so.
/// Where nobody has said anything, an app that was counted was on.
fn state(said: AppState, counted: &[&BoardSnapshot]) -> State {
    match said {
        AppState::On => State::On,
        AppState::Unset if !counted.is_empty() => State::On,
        AppState::Paused | AppState::Unset => State::Paused,
    }
}

fn worker(board: &BoardSnapshot, app: &str) -> Worker {
    let ours = board.routes.iter().filter(|route| route.app == app);
    Worker {
        pid: board.pid,
        state: "running",
        requests: ours.fold(0, |sum, route| sum.saturating_add(route.requests)),
        in_flight: flights(board, app),
        since: rfc3339(board.created_unix_ns),
    }
}

fn flights(board: &BoardSnapshot, app: &str) -> u64 {
    let named = board.in_flight.iter().filter(|request| request.app == app).count() as u64;
    named.saturating_add(board.overflow_in_flight)
}

/// The counters of one app, by method and route and in all.
struct Totals<'a> {
    routes: HashMap<(&'a str, &'a str), RouteSnapshot>,
    all: RouteSnapshot,
}

fn totals<'a>(boards: &[&'a BoardSnapshot], app: &str) -> Totals<'a> {
    let mut totals = Totals { routes: HashMap::new(), all: RouteSnapshot::default() };
    for route in boards.iter().flat_map(|board| &board.routes).filter(|route| route.app == app) {
        let key = (route.method.as_str(), route.route.as_str());
        add(totals.routes.entry(key).or_default(), route);
        add(&mut totals.all, route);
    }
    totals
}

fn add(sum: &mut RouteSnapshot, more: &RouteSnapshot) {
    let pairs = [
        (&mut sum.requests, more.requests),
        (&mut sum.duration_ns, more.duration_ns),
        (&mut sum.bytes_in, more.bytes_in),
        (&mut sum.bytes_out, more.bytes_out),
    ];
    let classes = sum.status.iter_mut().zip(more.status);
    for (sum, more) in pairs.into_iter().chain(classes) {
        *sum = sum.saturating_add(more);
    }
    sum.max_ns = sum.max_ns.max(more.max_ns);
    sum.latency.merge(&more.latency);
}

fn requests(boards: &[&BoardSnapshot], app: &str, now_s: u64, total: u64) -> Requests {
    let now_minute = now_s / 60;
    let mut seconds = vec![0; SECONDS];
    let (mut last_minute, mut last_hour, mut recent) = (0, 0, 0);
    for counted in boards.iter().flat_map(|board| &board.apps).filter(|known| known.app == app) {
        for (second, requests) in &counted.seconds {
            let Some(ago) = now_s.checked_sub(*second) else { continue };
            let requests = u64::from(*requests);
            if ago < 60 {
                last_minute += requests;
            }
            if (1..=NOW_SECONDS).contains(&ago) {
                recent += requests;
            }
            if (1..=SECONDS as u64).contains(&ago) {
                seconds[SECONDS - ago as usize] += requests;
            }
        }
        let minutes = counted.minutes.iter();
        last_hour += minutes
            .filter(|(minute, _)| now_minute.checked_sub(*minute).is_some_and(|ago| ago < 60))
            .map(|(_, requests)| u64::from(*requests))
            .sum::<u64>();
    }
    let per_second = recent as f64 / NOW_SECONDS as f64;
    Requests { total, per_second, last_minute, last_hour, seconds }
}

fn status(classes: [u64; 6]) -> StatusClasses {
    let [none, informational, success, redirection, client_errors, errors] = classes;
    StatusClasses { none, informational, success, redirection, client_errors, errors }
}

fn latency(all: &RouteSnapshot) -> Latency {
    if all.requests == 0 {
        return Latency::default();
    }
    let quantiles = all.latency.quantiles_ns([0.5, 0.9, 0.95, 0.99]);
    let [p50, p90, p95, p99] = quantiles.map(|ns| ns.map(|ns| at_most(ns, all.max_ns)));
    let mean = Some(mean_ms(all));
    Latency { mean, p50, p90, p95, p99, max: Some(ms(all.max_ns)) }
}

/// A bucket's middle may lie above the longest duration in it.
fn at_most(ns: f64, max_ns: u64) -> f64 {
    round(ns.min(max_ns as f64) / 1e6)
}

fn mean_ms(route: &RouteSnapshot) -> f64 {
    round(route.duration_ns as f64 / route.requests.max(1) as f64 / 1e6)
}

fn in_flight(running: &[&BoardSnapshot], app: &str, now_unix_ns: u64) -> (Vec<InFlight>, u64) {
    let total = running.iter().map(|board| flights(board, app)).sum();
    let mut found: Vec<_> = running
        .iter()
        .flat_map(|board| board.in_flight.iter().map(|request| (board.pid, request)))
        .filter(|(_, request)| request.app == app)
        .collect();
    found.sort_by_key(|(pid, request)| (request.start_unix_ns, request.id, *pid));
    found.truncate(IN_FLIGHT_MAX);
    let shown = found.into_iter().map(|(pid, request)| InFlight {
        id: request.id.to_string(),
        method: request.method.clone(),
        path: request.path.clone(),
        route: Some(request.route.clone()).filter(|route| !route.is_empty()),
        client: request.client.clone(),
        age_ms: ms(now_unix_ns.saturating_sub(request.start_unix_ns)),
        pid,
    });
    (shown.collect(), total)
}

/// The routes with most time, and how many there are in all.
fn routes(totals: &Totals<'_>) -> (Vec<Route>, usize) {
    let mut found: Vec<_> = totals.routes.iter().filter(|(_, sum)| sum.requests > 0).collect();
    let all = found.len();
    found.sort_by_key(|(name, sum)| (Reverse(sum.duration_ns), **name));
    found.truncate(ROUTES_MAX);
    let total_ns = totals.all.duration_ns.max(1) as f64;
    let shown = found.into_iter().map(|((method, route), sum)| Route {
        method: (*method).to_owned(),
        route: (*route).to_owned(),
        requests: sum.requests,
        time_share: sum.duration_ns as f64 / total_ns,
        total_ms: ms(sum.duration_ns),
        mean_ms: mean_ms(sum),
        p95_ms: p95_ms(&sum.latency, sum.max_ns),
        errors: sum.status[5],
    });
    (shown.collect(), all)
}

fn p95_ms(latency: &Histogram, max_ns: u64) -> f64 {
    latency.quantile_ns(0.95).map_or(0.0, |ns| at_most(ns, max_ns))
}

fn slowest(boards: &[&BoardSnapshot], app: &str) -> Vec<Slow> {
    let mut found: Vec<_> =
        boards.iter().flat_map(|board| &board.slowest).filter(|slow| slow.app == app).collect();
    found.sort_by_key(|slow| (Reverse(slow.duration_ns), slow.id));
    found.truncate(SLOWEST_MAX);
    let shown = found.into_iter().map(|slow| Slow {
        id: slow.id.to_string(),
        time: rfc3339(slow.id.unix_ms() * 1_000_000),
        method: slow.method.clone(),
        route: slow.route.clone(),
        path: slow.path.clone(),
        status: slow.status,
        duration_ms: ms(slow.duration_ns),
    });
    shown.collect()
}

fn dropped(boards: &[BoardSnapshot], overwritten: u64) -> BTreeMap<String, u64> {
    let counted = boards.iter().flat_map(|board| board.drops.iter().copied());
    let mut dropped = BTreeMap::new();
    for (reason, count) in counted.chain([(DropReason::Overwritten, overwritten)]) {
        if count > 0 {
            *dropped.entry(reason.name().to_owned()).or_default() += count;
        }
    }
    dropped
}

fn ms(ns: u64) -> f64 {
    round(ns as f64 / 1e6)
}

/// To whole microseconds.
fn round(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}

fn rfc3339(unix_ns: u64) -> String {
    let ms = unix_ns / 1_000_000;
    let text = Civil::from_seconds((ms / 1000) as i64).text(b'T');
    format!("{}.{:03}Z", String::from_utf8_lossy(&text), ms % 1000)
}

#[cfg(test)]
#[path = "collect_tests.rs"]
pub(super) mod tests;
