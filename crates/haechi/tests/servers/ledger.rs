//! What was asked for, as told from outside, is what was recorded: no request
//! lost, none twice.

use super::client::{Kind, Outcome, Speaks, visit};
use super::server::Server;
use haechi::RequestId;
use haechi::test::{Recorded, Request};
use haechi_spool::board::{BoardSnapshot, snapshots};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What the server's processes left in the spool.
struct Books {
    recorded: Recorded,
}

impl Books {
    fn new() -> Self {
        Self { recorded: Recorded::new("your_app") }
    }

    fn start(&self, kind: &str) -> Server {
        Server::start(kind, self.recorded.folder())
    }

    fn boards(&self) -> Vec<BoardSnapshot> {
        snapshots(self.recorded.monitor().recorder().spool_dir())
    }

    fn drops(&self) -> u64 {
        self.boards().iter().flat_map(|board| &board.drops).map(|(_, count)| count).sum()
    }

    /// Requests by their number. None may be there twice.
    fn requests(&self) -> BTreeMap<u64, Request> {
        let all = self.recorded.requests();
        let count = all.len();
        let by_number: BTreeMap<_, _> =
            all.into_iter().map(|request| (number(&request.path), request)).collect();
        assert_eq!(by_number.len(), count, "none twice");
        by_number
    }

    /// Numbers of requests in flight that are not recorded as well.
    fn in_flight(&self, recorded: &BTreeMap<u64, Request>) -> BTreeSet<u64> {
        let ids: BTreeSet<RequestId> = recorded.values().map(|request| request.id).collect();
        let boards = self.boards();
        let open = boards.iter().flat_map(|board| &board.in_flight);
        open.filter(|open| !ids.contains(&open.id)).map(|open| number(&open.path)).collect()
    }
}

fn number(path: &str) -> u64 {
    path.rsplit('/').next().and_then(|n| n.parse().ok()).unwrap()
}

#[allow(clippy::disallowed_methods, reason = "between looks at a condition, with a deadline")]
fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn speaks(kind: &str) -> Speaks {
    if kind == "tonic" { Speaks::Grpc } else { Speaks::Http }
}

fn the_ledger_is_exact(kind: &str) {
    const COUNT: u64 = 800;
    let books = Books::new();
    let server = books.start(kind);
    let seen = visit(server.address, COUNT, speaks(kind), &AtomicBool::new(false), &|_| ());
    assert_eq!(seen.len() as u64, COUNT);
    wait_for("a server notices that visitors have left", || {
        books.recorded.requests().len() as u64 >= COUNT
    });
    wait_for("nothing is in flight", || books.recorded.in_flight() == 0);
    let requests = books.requests();
    assert_eq!((requests.len() as u64, books.drops()), (COUNT, 0));
    for (n, outcome) in seen {
        let request = &requests[&n];
        let raised = request.flags.contains(haechi::Flags::RAISED);
        let told = (request.status, request.is_aborted(), raised);
        let expected = match Kind::of(n) {
            Kind::Fast | Kind::Slow => (200, false, false),
            Kind::Abort => (200, true, false),
            // nobody catches it there: the connection, or the stream, ends
            Kind::Panic if kind != "axum" => (0, true, true),
            Kind::Panic => (500, false, true),
        };
        assert_eq!(told, expected, "{n} {outcome:?} {request:?}");
        let status = if outcome == Outcome::Cut { None } else { Some(outcome) };
        assert!(status.is_none_or(|status| status == Outcome::Answered(request.status)), "{n}");
        assert_eq!(request.route, "/{kind}/{n}");
        if Kind::of(n) == Kind::Slow {
            // five parts, which gRPC gives heads of five bytes
            assert_eq!(request.bytes_out, if kind == "tonic" { 60 } else { 35 });
        }
        if kind == "tonic" && Kind::of(n) != Kind::Panic && Kind::of(n) != Kind::Abort {
            assert_eq!(request.grpc_status(), Some(0), "{n}");
        }
    }
    let panics = books.recorded.exceptions();
    assert_eq!(panics.len() as u64, COUNT / 8);
    assert!(panics.iter().all(|panic| panic.kind == "panic" && panic.route == "/{kind}/{n}"));
}

#[test]
fn of_axum_under_load_with_aborts_panics_and_slow_bodies_the_ledger_is_exact() {
    the_ledger_is_exact("axum");
}

#[test]
fn of_hyper_under_load_with_aborts_panics_and_slow_bodies_the_ledger_is_exact() {
    the_ledger_is_exact("hyper");
}

#[test]
fn of_tonic_under_load_with_resets_panics_and_slow_streams_the_ledger_is_exact() {
    the_ledger_is_exact("tonic");
}

/// One server, killed in the middle of its work. What it had answered whole is
/// recorded, what it was in stands in its scoreboard, and what is in neither has
/// never come to it.
fn nothing_is_lost_by_a_kill(kind: &str, kill_after: u64) {
    const VISITORS: usize = 4;
    let books = Books::new();
    let server = Mutex::new(books.start(kind));
    let address = server.lock().unwrap().address;
    // one that is being killed still takes connections, and answers none
    let is_killed = AtomicBool::new(false);
    let seen = visit(address, 2_000, speaks(kind), &is_killed, &|answers| {
        if answers == kill_after {
            is_killed.store(true, Ordering::SeqCst);
            server.lock().unwrap().kill();
        }
    });
    let requests = books.requests();
    let in_flight = books.in_flight(&requests);
    assert_eq!(books.drops(), 0);
    let asked: BTreeSet<u64> = seen.iter().map(|(n, _)| *n).collect();
    let known: BTreeSet<u64> = requests.keys().copied().chain(in_flight.iter().copied()).collect();
    assert!(known.is_subset(&asked), "nothing that nobody asked for");
    assert_eq!(known.len(), requests.len() + in_flight.len());
    for (n, outcome) in &seen {
        if let Outcome::Answered(status) = outcome {
            assert_eq!(requests.get(n).map(|request| request.status), Some(*status), "{n}");
        }
    }
    // each visitor had one request under way, which may not have arrived
    assert!(in_flight.len() <= VISITORS + aborts(&seen), "{in_flight:?}");
    let answered = seen.iter().filter(|(_, outcome)| *outcome != Outcome::Cut).count() as u64;
    assert!(answered >= kill_after && answered < 2_000, "it was killed at work: {answered}");
    let never_arrived: Vec<_> = asked.difference(&known).collect();
    assert!(never_arrived.len() <= VISITORS, "{never_arrived:?}");
}

/// Answers that visitors left, whose end the server may not have seen.
fn aborts(seen: &[(u64, Outcome)]) -> usize {
    seen.iter().filter(|(n, _)| Kind::of(*n) == Kind::Abort).count()
}

#[test]
fn a_killed_axum_has_recorded_or_in_flight_all_that_came_to_it() {
    for kill_after in [1, 60, 250] {
        nothing_is_lost_by_a_kill("axum", kill_after);
    }
}

#[test]
fn a_killed_hyper_has_recorded_or_in_flight_all_that_came_to_it() {
    for kill_after in [2, 90, 300] {
        nothing_is_lost_by_a_kill("hyper", kill_after);
    }
}

#[test]
fn a_killed_tonic_has_recorded_or_in_flight_all_that_came_to_it() {
    for kill_after in [1, 70, 280] {
        nothing_is_lost_by_a_kill("tonic", kill_after);
    }
}
