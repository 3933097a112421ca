use super::*;
use crate::write::{Spool, SpoolConfig};
use haechi_event::{IdLane, Part, RequestId};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

fn spool(dir: &Path) -> Spool {
    Spool::new(SpoolConfig::new(dir))
}

/// Finishes one request now, on a route of `your_app`.
fn finish(spool: &Spool, app: &str, route: &str, duration_ns: u64, status: u16) {
    let now = crate::origin::unix_ns();
    spool
        .with_lane(|mut lane| {
            let id = lane.next_id(now / 1_000_000);
            let slot = lane.route(app, "GET", route);
            let done = Finished {
                id,
                end_unix_s: now / 1_000_000_000,
                duration_ns,
                cpu_ns: (duration_ns > 50).then_some(duration_ns / 2),
                status,
                bytes_in: 1,
                bytes_out: 2,
                app,
                method: "GET",
                route,
                path: b"/p",
            };
            lane.finish(&slot, &done);
        })
        .unwrap();
}

#[test]
fn counters_of_a_route_add_up() {
    let dir = tempfile::tempdir().unwrap();
    let spool = spool(dir.path());
    for n in 1..=100 {
        finish(&spool, "your_app", "default/index", n * 1_000_000, if n > 90 { 500 } else { 200 });
    }
    let board = &snapshots(dir.path())[0];
    assert!(board.running);
    let route = &board.routes[0];
    assert_eq!((route.app.as_str(), route.route.as_str()), ("your_app", "default/index"));
    assert_eq!((route.requests, route.duration_ns), (100, 5050 * 1_000_000));
    assert_eq!((route.max_ns, route.status), (100_000_000, [0, 0, 90, 0, 0, 10]));
    assert_eq!((route.cpu_requests, route.bytes_in, route.bytes_out), (100, 100, 200));
    assert_eq!(route.latency.count(), 100);
    assert_eq!(board.apps[0].seconds.iter().map(|(_, n)| n).sum::<u32>(), 100);
    assert_eq!(board.apps[0].minutes.iter().map(|(_, n)| n).sum::<u32>(), 100);
    let mut slowest: Vec<_> = board.slowest.iter().map(|s| s.duration_ns / 1_000_000).collect();
    slowest.sort_unstable();
    assert_eq!(slowest, (69..=100).collect::<Vec<_>>());
}

#[test]
fn a_request_is_in_flight_from_entering_to_leaving() {
    let dir = tempfile::tempdir().unwrap();
    let spool = spool(dir.path());
    let entered = |n: u64| Entered {
        id: RequestId::from_u64(n),
        start_unix_ns: n,
        app: "your_app",
        method: "GET",
        route: "",
        path: b"/a/b",
        client: "127.0.0.1",
        thread: 0,
    };
    let places = spool.with_board(|board| (1..=300).map(|n| board.enter(&entered(n))).collect());
    let places: Vec<_> = places.unwrap();
    spool.with_board(|board| board.identify(places[0], None, "default/index"));
    let board = &snapshots(dir.path())[0];
    assert_eq!((board.in_flight.len(), board.overflow_in_flight), (256, 44));
    let first = board.in_flight.iter().find(|r| r.id.as_u64() == 1).unwrap();
    assert_eq!((first.route.as_str(), first.path.as_str()), ("default/index", "/a/b"));
    spool.with_board(|board| places.iter().for_each(|place| board.leave(*place)));
    let board = &snapshots(dir.path())[0];
    assert_eq!((board.in_flight.len(), board.overflow_in_flight), (0, 0));
}

/// A request with this for a text wherever it has one.
fn entered(id: RequestId, text: &str) -> Entered<'_> {
    Entered {
        id,
        start_unix_ns: 1,
        app: text,
        method: "GET",
        route: "",
        path: text.as_bytes(),
        client: text,
        thread: 0,
    }
}

#[test]
fn what_a_request_does_is_told_to_all_and_its_stack_asked_for_by_anyone() {
    let dir = tempfile::tempdir().unwrap();
    let spool = spool(dir.path());
    let id = RequestId::from_u64(7 << 20);
    let begun = Entered { thread: 4711, ..entered(id, "shop") };
    let place = spool.with_board(|board| board.enter(&begun)).unwrap();
    let seen = || snapshots(dir.path()).remove(0);
    let doing = || seen().in_flight[0].doing;
    assert_eq!(doing(), Doing { on_thread: true, ..Doing::default() });
    spool.with_board(|board| board.set_part(place, Some(Part::Db), 5_000_000, 3_000));
    spool.with_board(|board| board.set_thread(place, 0));
    let in_db = Doing { part: Some((Part::Db, 5_000_000)), db_ns: 3_000, ..Doing::default() };
    assert_eq!(doing(), in_db);
    let ask = |place, id| ask_for_stack(dir.path(), &seen().name, place, id);
    ask(seen().in_flight[0].place, id).unwrap();
    assert_eq!(doing(), Doing { asked: true, ..in_db });
    let watched = || {
        let mut found = Vec::new();
        spool.look_at_board(|board| board.watch(|request| found.push(request)));
        found
    };
    let [request] = watched()[..] else { panic!("one is in flight") };
    assert_eq!((request.id, request.thread, request.asked), (id, 0, true));
    spool.look_at_board(|board| board.answered(request.place, id));
    assert!(!doing().asked && !watched()[0].asked);
    // the next one of this place is not the one that was asked for
    ask(seen().in_flight[0].place, id).unwrap();
    spool.with_board(|board| board.leave(place));
    assert_eq!(watched(), []);
    let next = Entered { id: RequestId::from_u64(id.as_u64() + 256), ..begun };
    spool.with_board(|board| board.enter(&next));
    assert!(!doing().asked && doing().on_thread && doing().part.is_none());
    assert!(ask(256, id).is_err(), "there is no such place");
}

#[test]
fn how_long_requests_of_a_route_take_is_known_to_its_process() {
    let dir = tempfile::tempdir().unwrap();
    let spool = spool(dir.path());
    for n in 1..=100 {
        finish(&spool, "shop", "default/index", n * 1_000_000, 200);
        finish(&spool, "shop", "default/other", 9_000_000_000, 200);
    }
    let begun = Entered { route: "default/index", ..entered(RequestId::from_u64(9), "shop") };
    spool.with_board(|board| board.enter(&begun));
    let latency = spool.look_at_board(|board| {
        let mut found = None;
        board.watch(|request| found = Some(board.latency_at(request.place)));
        found
    });
    let latency = latency.flatten().unwrap();
    assert_eq!(latency.count(), 100);
    let p99 = latency.quantile_ns(0.99).unwrap();
    assert!((95e6..103e6).contains(&p99), "{p99}");
}

#[test]
fn a_lane_takes_its_own_place_again_once_that_is_free() {
    let dir = tempfile::tempdir().unwrap();
    let spool = spool(dir.path());
    let mut ids = IdLane::new(3, 0);
    let mut enter = || {
        let id = ids.next(1_795_500_000_000);
        spool.with_board(|board| board.enter(&entered(id, "x"))).unwrap()
    };
    let first = enter();
    let beside = enter();
    spool.with_board(|board| board.leave(first));
    assert_eq!(enter(), first);
    assert_ne!(beside, first);
    assert_eq!(snapshots(dir.path())[0].in_flight.len(), 2);
}

#[test]
fn a_reader_never_mixes_two_requests_that_had_the_same_place() {
    let dir = tempfile::tempdir().unwrap();
    let spool = spool(dir.path());
    let done = AtomicBool::new(false);
    let (mut seen, mut mixed) = (0, Vec::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut ids, mut n) = (IdLane::new(3, 0), 0u64);
            while !done.load(Relaxed) {
                n += 1;
                let (id, text) = (ids.next(1_795_500_000_000 + n / 500), format!("{n:060}"));
                spool.with_board(|board| {
                    let place = board.enter(&entered(id, &text));
                    board.identify(place, Some(&text), &text);
                    board.leave(place);
                });
            }
        });
        let deadline = Instant::now() + Duration::from_secs(20);
        while seen < 50 && Instant::now() < deadline {
            for request in snapshots(dir.path()).into_iter().flat_map(|board| board.in_flight) {
                let InFlight { app, path, client, route, .. } = &request;
                seen += 1;
                if (app, path) != (path, client) || !(route.is_empty() || route == app) {
                    mixed.push(request);
                }
            }
        }
        done.store(true, Relaxed);
    });
    assert!(seen > 0, "no request was ever seen in flight");
    assert_eq!(mixed, []);
}

#[test]
fn past_the_cap_routes_and_apps_are_other_and_totals_stay_exact() {
    let dir = tempfile::tempdir().unwrap();
    let spool = spool(dir.path());
    for n in 0..1000 {
        finish(&spool, "first", &format!("r{n}"), 10, 200);
        finish(&spool, &format!("app{n}"), "x", 10, 200);
    }
    let board = &snapshots(dir.path())[0];
    assert_eq!(board.routes.iter().map(|route| route.requests).sum::<u64>(), 2000);
    assert!(board.routes.iter().any(|r| r.app == "first" && r.route == "(other)"));
    assert_eq!(board.apps.last().unwrap().app, "(other)");
}

#[test]
fn retired_boards_keep_every_number() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..40u64 {
        // SAFETY: the child records and leaves by `_exit`.
        let child = unsafe { libc::fork() };
        if child == 0 {
            finish(&spool(dir.path()), "your_app", "default/index", (n + 1) * 1000, 200);
            // SAFETY: ends the child without running the test harness's exits.
            unsafe { libc::_exit(0) };
        }
        let mut status = 0;
        // SAFETY: waits for the child just made.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    }
    let boards = snapshots(dir.path());
    assert!(boards.len() < 20, "{} boards were kept", boards.len());
    let routes = || boards.iter().flat_map(|board| &board.routes);
    assert_eq!(routes().map(|route| route.requests).sum::<u64>(), 40);
    assert_eq!(routes().map(|route| route.latency.count()).sum::<u64>(), 40);
    assert_eq!(routes().map(|route| route.max_ns).max(), Some(40_000));
    assert_eq!(routes().map(|route| route.duration_ns).sum::<u64>(), 820_000);
}

#[test]
fn a_damaged_or_foreign_board_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let spool = spool(dir.path());
    finish(&spool, "a", "b", 1, 200);
    let name = snapshots(dir.path())[0].name.clone();
    let whole = std::fs::read(dir.path().join(name)).unwrap();
    std::fs::write(dir.path().join("short.board"), &whole[..5000]).unwrap();
    std::fs::write(dir.path().join("foreign.board"), vec![7; whole.len()]).unwrap();
    assert_eq!(snapshots(dir.path()).len(), 1);
}

#[test]
fn what_lanes_count_apart_is_read_as_one_and_what_finds_no_row_counts_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let spool = spool(dir.path());
    // more routes than rows, each by several lanes at once
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let spool = &spool;
            scope.spawn(move || {
                for n in 0..50 {
                    for route in 0..40 {
                        finish(spool, "a", &format!("/{route}"), 1000 + thread, 200 + n % 2);
                    }
                }
            });
        }
    });
    let boards = snapshots(dir.path());
    let board = &boards[0];
    assert_eq!(board.routes.len(), 40);
    for route in &board.routes {
        assert_eq!((route.requests, route.status[2], route.max_ns), (200, 200, 1003), "{route:?}");
        assert_eq!(route.duration_ns, 50 * (4 * 1000 + 6));
        assert_eq!((route.latency.count(), route.bytes_in, route.bytes_out), (200, 200, 400));
    }
    let minutes: u32 = board.apps[0].minutes.iter().map(|(_, requests)| requests).sum();
    assert_eq!(minutes, 8000);
    // and in the sum of the retired
    let sum = Board::in_memory().unwrap();
    spool.with_board(|board| sum.take_over(board)).unwrap();
    let summed = snapshot::parse("", &sum.map.to_vec());
    assert_eq!(summed.routes.iter().map(|route| route.requests).sum::<u64>(), 8000);
}
