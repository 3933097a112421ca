use haechi_event::RequestId;
use haechi_spool::board::{self, AppSnapshot, Slow as SlowSnapshot};
use proptest::prelude::*;

use super::*;

const NOW_S: u64 = 1_795_500_030;
const NOW: u64 = NOW_S * 1_000_000_000 + 123_456_789;

/// A request as the naive recount knows it.
#[derive(Debug, Clone)]
struct Done {
    worker: usize,
    app: usize,
    route: usize,
    status: usize,
    ns: u64,
    ago_s: u64,
    bytes: u64,
}

const APPS: [&str; 2] = ["your_app", "other_app"];

fn done() -> impl Strategy<Value = Done> {
    (0usize..4, 0usize..2, 0usize..5, 0usize..6, 1_000u64..60_000_000_000, 0u64..4000, 0u64..9999)
        .prop_map(|(worker, app, route, status, ns, ago_s, bytes)| Done {
            worker,
            app,
            route,
            status,
            ns,
            ago_s,
            bytes,
        })
}

fn count_in(ring: &mut Vec<(u64, u32)>, slot: u64, past: u64) {
    if past >= 64 {
        return;
    }
    match ring.iter_mut().find(|(known, _)| *known == slot) {
        Some((_, count)) => *count += 1,
        None => ring.push((slot, 1)),
    }
}

/// Boards as four workers would keep them; the last two are gone.
fn boards(all: &[Done]) -> Vec<BoardSnapshot> {
    let mut boards: Vec<_> = (0..4u32)
        .map(|index| {
            let mut board = BoardSnapshot::default();
            board.pid = 100 + index;
            board.running = index < 2;
            board.created_unix_ns = NOW - u64::from(index + 1) * 1_000_000_000;
            board.apps =
                APPS.map(|app| AppSnapshot { app: app.into(), ..Default::default() }).into();
            board
        })
        .collect();
    for done in all {
        let board = &mut boards[done.worker];
        let end = NOW_S - done.ago_s;
        count_in(&mut board.apps[done.app].seconds, end, done.ago_s);
        count_in(&mut board.apps[done.app].minutes, end / 60, NOW_S / 60 - end / 60);
        let (app, route) = (APPS[done.app], format!("default/{}", done.route));
        let known = board.routes.iter().position(|r| r.app == app && r.route == route);
        let at = known.unwrap_or_else(|| {
            let method = "GET".into();
            board.routes.push(RouteSnapshot {
                app: app.into(),
                method,
                route,
                ..Default::default()
            });
            board.routes.len() - 1
        });
        let route = &mut board.routes[at];
        route.requests += 1;
        route.duration_ns += done.ns;
        route.max_ns = route.max_ns.max(done.ns);
        route.bytes_in += done.bytes;
        route.bytes_out += done.bytes * 2;
        route.status[done.status] += 1;
        route.latency.add(done.ns);
    }
    boards
}

fn near(got: f64, want: f64) -> bool {
    (got - want).abs() <= want * 0.025 + 0.001
}

fn exact(sorted: &[u64], q: f64) -> f64 {
    let rank = ((sorted.len() as f64 * q).ceil() as usize).max(1);
    sorted[rank - 1] as f64 / 1e6
}

proptest! {
    #[test]
    fn the_sum_over_workers_equals_a_naive_recount(all in prop::collection::vec(done(), 1..300)) {
        let got = merge(&boards(&all), APPS[0], AppState::On, 0, NOW);
        let ours: Vec<_> = all.iter().filter(|done| done.app == 0).collect();
        let within = |from: u64, to: u64| ours.iter().filter(|d| (from..=to).contains(&d.ago_s)).count() as u64;
        prop_assert_eq!(got.requests.total, ours.len() as u64);
        prop_assert_eq!(got.requests.last_minute, within(0, 59));
        prop_assert_eq!(got.requests.per_second, within(1, 5) as f64 / 5.0);
        let hour = ours.iter().filter(|d| NOW_S / 60 - (NOW_S - d.ago_s) / 60 < 60).count();
        prop_assert_eq!(got.requests.last_hour, hour as u64);
        for (at, count) in got.requests.seconds.iter().enumerate() {
            let ago = (SECONDS - at) as u64;
            prop_assert_eq!(*count, within(ago, ago));
        }
        let class = |n: usize| ours.iter().filter(|d| d.status == n).count() as u64;
        prop_assert_eq!(got.status, status([class(0), class(1), class(2), class(3), class(4), class(5)]));
        let bytes: u64 = ours.iter().map(|d| d.bytes).sum();
        prop_assert_eq!(got.bytes, Bytes { received: bytes, sent: bytes * 2 });
        for worker in &got.workers {
            let its = ours.iter().filter(|d| 100 + d.worker as u32 == worker.pid).count();
            prop_assert_eq!(worker.requests, its as u64);
        }
        prop_assert_eq!((got.workers.len(), got.workers_gone), (2, 2));
    }

    #[test]
    fn latencies_and_routes_equal_a_naive_recount(all in prop::collection::vec(done(), 1..300)) {
        let got = merge(&boards(&all), APPS[0], AppState::On, 0, NOW);
        let ours: Vec<_> = all.iter().filter(|done| done.app == 0).collect();
        let mut durations: Vec<_> = ours.iter().map(|d| d.ns).collect();
        durations.sort_unstable();
        let Some(longest) = durations.last() else {
            prop_assert_eq!(got.latency_ms, Latency::default());
            prop_assert!(got.routes.is_empty());
            return Ok(());
        };
        let total = durations.iter().sum::<u64>() as f64 / 1e6;
        prop_assert!(near(got.latency_ms.mean.unwrap(), total / durations.len() as f64));
        prop_assert!((got.latency_ms.max.unwrap() - *longest as f64 / 1e6).abs() < 0.001);
        let Latency { p50, p90, p95, p99, max, .. } = got.latency_ms;
        for (found, q) in [(p50, 0.5), (p90, 0.9), (p95, 0.95), (p99, 0.99)] {
            prop_assert!(near(found.unwrap(), exact(&durations, q)), "q {} {:?}", q, found);
            prop_assert!(found <= max);
        }
        let shares: f64 = got.routes.iter().map(|route| route.time_share).sum();
        prop_assert!((shares - 1.0).abs() < 1e-9);
        prop_assert!(got.routes.windows(2).all(|pair| pair[0].total_ms >= pair[1].total_ms));
        for route in &got.routes {
            let its: Vec<_> = ours.iter().filter(|d| format!("default/{}", d.route) == route.route).collect();
            let mut sorted: Vec<_> = its.iter().map(|d| d.ns).collect();
            sorted.sort_unstable();
            let errors = its.iter().filter(|d| d.status == 5).count();
            prop_assert_eq!((route.requests, route.errors), (its.len() as u64, errors as u64));
            prop_assert!(near(route.p95_ms, exact(&sorted, 0.95)));
        }
        prop_assert_eq!(got.routes.iter().map(|r| r.requests).sum::<u64>(), got.requests.total);
    }
}

fn flight(id: u64, app: &str, ago_ms: u64) -> board::InFlight {
    board::InFlight {
        id: RequestId::from_u64(id),
        app: app.into(),
        method: "GET".into(),
        path: format!("/your_app/default/wait/{id}"),
        route: if id.is_multiple_of(2) { "default/wait".into() } else { String::new() },
        client: "127.0.0.1".into(),
        start_unix_ns: NOW - ago_ms * 1_000_000,
        place: 0,
        doing: board::Doing::default(),
    }
}

fn slow(id: u64, app: &str, ms: u64) -> SlowSnapshot {
    SlowSnapshot {
        id: RequestId::from_u64(RequestId::first_at_ms(NOW_S * 1000).as_u64() + id),
        app: app.into(),
        method: "POST".into(),
        route: "default/report".into(),
        path: format!("/your_app/default/report/{id}"),
        status: if id.is_multiple_of(3) { 500 } else { 200 },
        duration_ns: ms * 1_000_000,
    }
}

/// Two workers and one that is gone, with a bit of everything.
fn sample_boards() -> Vec<BoardSnapshot> {
    let mut state = 42u64;
    let mut random = move |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let all: Vec<_> = (0..9000)
        .map(|_| {
            let route = (random(5) * random(5) / 4) as usize;
            let status = [2, 2, 2, 2, 2, 2, 3, 4, 4, 5][random(10) as usize];
            let scale = 1 + 12 * route as u64;
            let ns = scale * (300_000 + random(900_000)) + random(400) / 398 * 900_000_000;
            let ago_s = random(60) * random(60);
            Done {
                worker: random(3) as usize,
                app: 0,
                route,
                status,
                ns,
                ago_s,
                bytes: random(3000),
            }
        })
        .collect();
    let mut boards = boards(&all);
    boards.truncate(3);
    for (index, board) in boards.iter_mut().enumerate() {
        let id = index as u64;
        board.created_unix_ns = NOW - (7200 - id * 60) * 1_000_000_000;
        board.in_flight = vec![
            flight(id * 2 + 1, APPS[0], 12_345 >> (2 * id)),
            flight(id * 2 + 2, APPS[0], 71 * id + 3),
        ];
        board.slowest = (0..6).map(|n| slow(id * 10 + n, APPS[0], 1900 / (n + 1) + id)).collect();
    }
    let names = [
        "default/index",
        "default/show",
        "item/edit",
        "default/report",
        "admin/export_everything_as_csv",
    ];
    for route in boards.iter_mut().flat_map(|board| &mut board.routes) {
        let at: usize = route.route.trim_start_matches("default/").parse().unwrap();
        route.route = names[at].into();
    }
    boards
}

pub(in crate::statistics) fn sample() -> Statistics {
    merge(&sample_boards(), APPS[0], AppState::On, 0, NOW)
}

/// Every text that comes from outside is an attack.
pub(in crate::statistics) fn hostile() -> Statistics {
    let attack = "<script>alert(1)</script>'\"&\u{202e}\x1b[2J\u{9b}31m\r\n</td><img src=x onerror=alert(2)>";
    let mut boards = sample_boards();
    for board in &mut boards {
        board.program = attack.into();
        board.drops = vec![(DropReason::DiskFull, 7)];
        for request in &mut board.in_flight {
            request.app = attack.into();
            request.method = attack.into();
            request.path = attack.into();
            request.route = attack.into();
            request.client = attack.into();
        }
        for route in &mut board.routes {
            route.app = attack.into();
            route.method = attack.into();
            route.route = format!("{attack}{}", route.route);
        }
        for slow in &mut board.slowest {
            slow.app = attack.into();
            slow.path = attack.into();
            slow.route = attack.into();
        }
    }
    merge(&boards, attack, AppState::Unset, 3, NOW)
}

#[test]
fn in_flight_is_what_running_workers_are_in_oldest_first() {
    let got = sample();
    let ages: Vec<_> = got.in_flight.iter().map(|request| request.age_ms).collect();
    assert_eq!(ages, [12345.0, 3086.0, 74.0, 3.0]);
    assert_eq!(got.in_flight_total, 4);
    assert_eq!(got.in_flight[0].route, None);
    assert_eq!(got.in_flight[2].route.as_deref(), Some("default/wait"));
    assert_eq!(got.workers.iter().map(|worker| worker.in_flight).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn what_is_left_out_of_long_lists_is_said_and_counted() {
    let mut boards = sample_boards();
    boards[0].in_flight = (0..250).map(|id| flight(id, APPS[0], id)).collect();
    boards[0].overflow_in_flight = 11;
    boards[0].routes = (0..130)
        .map(|n| RouteSnapshot {
            app: APPS[0].into(),
            route: format!("route/{n}"),
            requests: 1,
            duration_ns: 1,
            ..RouteSnapshot::default()
        })
        .collect();
    boards.truncate(1);
    let got = merge(&boards, APPS[0], AppState::On, 0, NOW);
    assert_eq!((got.in_flight.len(), got.in_flight_total, got.in_flight_left_out), (100, 261, 161));
    assert_eq!(got.in_flight[0].age_ms, 249.0);
    assert_eq!((got.routes.len(), got.routes_left_out), (100, 30));
    assert_eq!(got.requests.total, 130);
    let shares: f64 = got.routes.iter().map(|route| route.time_share).sum();
    assert!((shares - 100.0 / 130.0).abs() < 1e-9);
}

#[test]
fn the_slowest_of_all_workers_come_first() {
    let got = sample();
    assert!(got.slowest.windows(2).all(|pair| pair[0].duration_ms >= pair[1].duration_ms));
    assert_eq!((got.slowest.len(), got.slowest[0].duration_ms), (18, 1902.0));
    assert_eq!(got.slowest[0].time, "2026-11-24T06:00:30.000Z");
}

#[test]
fn an_app_nobody_knows_has_zeros_and_no_beginning() {
    let got = merge(&sample_boards(), "unknown", AppState::Unset, 0, NOW);
    assert_eq!((got.requests.total, got.since, got.state), (0, None, State::Paused));
    assert_eq!((got.latency_ms, got.workers_running), (Latency::default(), 0));
}

#[test]
fn drops_of_all_processes_are_added_by_reason() {
    let got = hostile().dropped;
    assert_eq!(got, [("disk_full".to_owned(), 21), ("overwritten".to_owned(), 3)].into());
}

#[test]
fn state_is_what_was_said_last_or_what_can_be_seen() {
    let boards = sample_boards();
    let state = |said| merge(&boards, APPS[0], said, 0, NOW).state;
    assert_eq!(state(AppState::Paused), State::Paused);
    assert_eq!((state(AppState::On), state(AppState::Unset)), (State::On, State::On));
}

#[test]
fn the_json_form_has_the_promised_names() {
    let value = serde_json::to_value(sample()).unwrap();
    for pointer in [
        "/app",
        "/state",
        "/since",
        "/since_unix",
        "/workers/0/pid",
        "/workers/0/state",
        "/workers/0/requests",
        "/workers/0/in_flight",
        "/workers/0/since",
        "/workers_gone",
        "/requests/total",
        "/requests/per_second",
        "/requests/last_minute",
        "/requests/last_hour",
        "/status/2xx",
        "/status/5xx",
        "/status/none",
        "/latency_ms/mean",
        "/latency_ms/p50",
        "/latency_ms/p90",
        "/latency_ms/p95",
        "/latency_ms/p99",
        "/latency_ms/max",
        "/bytes/in",
        "/bytes/out",
        "/in_flight/0/id",
        "/in_flight/0/client",
        "/in_flight/0/age_ms",
        "/in_flight/0/pid",
        "/routes/0/method",
        "/routes/0/route",
        "/routes/0/requests",
        "/routes/0/time_share",
        "/routes/0/total_ms",
        "/routes/0/mean_ms",
        "/routes/0/p95_ms",
        "/routes/0/errors",
        "/slowest/0/id",
        "/slowest/0/time",
        "/slowest/0/status",
        "/slowest/0/duration_ms",
        "/dropped",
    ] {
        assert!(value.pointer(pointer).is_some(), "{pointer}");
    }
    assert_eq!(value["state"], "on");
    assert_eq!(value["time"], "2026-11-24T06:00:30.123Z");
}

#[test]
fn a_spool_that_is_not_there_gives_zeros_and_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("spool");
    let got = Statistics::collect(&spool, "your_app", NOW);
    assert_eq!((got.requests.total, got.state), (0, State::Paused));
    assert!(!spool.exists());
}
