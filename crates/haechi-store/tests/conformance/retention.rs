//! What is deleted, what is kept, and that a wrong clock deletes nothing young.

use crate::Fresh;
use crate::generate::{DAY_MS, FIRST_DAY_MS, Owned, OwnedRequest, Random, What, batch, records};
use crate::naive::Naive;
use haechi_event::RequestId;
use haechi_store::{RequestsQuery, RoutesQuery, Store, TrafficQuery};

const NO_LIMIT: u64 = u64::MAX;

/// One request at noon of each of `days` days.
fn one_a_day(days: u64) -> Vec<Owned> {
    let request = |n| OwnedRequest {
        id: RequestId::first_at_ms(FIRST_DAY_MS + n * DAY_MS + DAY_MS / 2),
        duration_ns: 1000,
        app: "shop".into(),
        route: "x".repeat(500),
        ..OwnedRequest::default()
    };
    (0..days)
        .map(|n| Owned {
            segment: "s".into(),
            pid: 1,
            end: n + 1,
            sequence: n as u32 + 1,
            what: What::Request(request(n)),
        })
        .collect()
}

fn stored(store: &dyn Store) -> usize {
    let query = RequestsQuery { to_ms: u64::MAX, limit: 1000, ..RequestsQuery::default() };
    store.requests(&query).unwrap().requests.len()
}

#[test]
fn days_past_the_limit_go_and_their_totals_stay() {
    let mut random = Random::seeded(31);
    let fresh = Fresh::new();
    let store = fresh.open();
    let records = records(&mut random, 3000);
    store.append(&batch(&records)).unwrap();
    let before = store.size().unwrap();
    let now = FIRST_DAY_MS + 2 * DAY_MS + 3_600_000;
    let retained = store.retain(now, NO_LIMIT, 1).unwrap();
    assert_eq!(retained.days, ["2026-02-28"]);
    let size = store.size().unwrap();
    assert_eq!((size.days, size.requests, size.logs), (2, before.requests, before.logs));
    assert!(size.bytes + retained.bytes / 2 < before.bytes + 200_000, "{size:?} {before:?}");
    let naive = Naive { records: &records };
    let hours = TrafficQuery {
        from_ms: FIRST_DAY_MS,
        to_ms: FIRST_DAY_MS + 3 * DAY_MS,
        step_s: 3600,
        ..TrafficQuery::default()
    };
    let (points, total) = naive.traffic(&hours);
    let got = store.traffic(&hours).unwrap();
    total.assert_equals(&got.total, "total");
    for point in &got.points {
        let exact = points.get(&point.time_s).cloned().unwrap_or_default();
        exact.assert_equals(&point.totals, "an hour");
    }
    let routes = RoutesQuery {
        from_ms: hours.from_ms,
        to_ms: hours.to_ms,
        limit: 1000,
        ..RoutesQuery::default()
    };
    for route in store.routes(&routes).unwrap().routes {
        let key = (route.app.as_str(), route.method.as_str(), route.route.as_str());
        naive.routes(&routes)[&key].assert_equals(&route.totals, "a route");
    }
    assert!(store.notes(9).unwrap().iter().any(|note| note.kind == "retention"));
    let first = naive.requests().next().unwrap().1.id;
    assert_eq!(store.request(first).unwrap(), None);
}

#[test]
fn a_late_record_of_a_deleted_day_adds_to_its_totals() {
    let fresh = Fresh::new();
    let store = fresh.open();
    store.append(&batch(&one_a_day(4))).unwrap();
    store.retain(FIRST_DAY_MS + 4 * DAY_MS, NO_LIMIT, 1).unwrap();
    assert_eq!(stored(&*store), 2);
    let mut late = one_a_day(1);
    late[0].segment = "late".into();
    store.append(&batch(&late)).unwrap();
    let day = TrafficQuery {
        from_ms: FIRST_DAY_MS,
        to_ms: FIRST_DAY_MS + DAY_MS,
        step_s: 86_400,
        ..TrafficQuery::default()
    };
    for round in 0..3 {
        assert_eq!(store.traffic(&day).unwrap().total.requests, 2, "round {round}");
        assert_eq!(store.size().unwrap().requests, 5, "round {round}");
        assert_eq!(store.apps().unwrap()[0].requests, 5, "round {round}");
        if round == 0 {
            store.fold().unwrap();
        } else {
            store.retain(FIRST_DAY_MS + 4 * DAY_MS, NO_LIMIT, 1).unwrap();
        }
    }
}

#[test]
fn the_budget_takes_the_oldest_days_first_and_never_the_newest() {
    let fresh = Fresh::new();
    let store = fresh.open();
    store.append(&batch(&one_a_day(6))).unwrap();
    let now = FIRST_DAY_MS + 5 * DAY_MS + DAY_MS / 2;
    store.fold().unwrap();
    let bytes = store.size().unwrap().bytes;
    let retained = store.retain(now, bytes - 1, 0).unwrap();
    assert_eq!(retained.days, ["2026-02-28"]);
    assert!(store.size().unwrap().bytes < bytes);
    let retained = store.retain(now, 0, 0).unwrap();
    assert_eq!(retained.days, ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]);
    assert_eq!(stored(&*store), 1);
    assert_eq!(store.size().unwrap().requests, 6);
}

#[test]
fn a_clock_that_jumps_deletes_nothing_young() {
    let fresh = Fresh::new();
    let store = fresh.open();
    store.append(&batch(&one_a_day(10))).unwrap();
    let now = FIRST_DAY_MS + 9 * DAY_MS + DAY_MS / 2;
    let mut jumps = vec![1000, 3_600_000, DAY_MS, 31 * DAY_MS, 365 * DAY_MS, 400 * DAY_MS];
    jumps.push(now);
    for jump in jumps {
        for clock in [now.saturating_sub(jump), now.saturating_add(jump)] {
            let retained = store.retain(clock, NO_LIMIT, 10).unwrap();
            assert_eq!(retained.days, [""; 0], "a clock {jump} ms off");
        }
    }
    assert_eq!(stored(&*store), 10);
    // the day the clock says is written to now is not taken for the budget either
    let retained = store.retain(FIRST_DAY_MS, 0, 0).unwrap();
    assert_eq!(retained.days.len(), 8);
    assert!(!retained.days.contains(&"2026-02-28".to_owned()));
}
