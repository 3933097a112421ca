//! Caps, limits and what must hold under hostile input.

use crate::generate::{
    DAY_MS, FIRST_DAY_MS, Owned, OwnedLog, OwnedRequest, Random, What, batch, records,
};
use crate::{Fresh, open_with};
use haechi_event::{Flags, RequestId};
use haechi_store::{LogsQuery, Options, RequestsQuery, RoutesQuery, StoreError, TrafficQuery};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn request(n: u64, change: impl FnOnce(&mut OwnedRequest)) -> Owned {
    let mut request = OwnedRequest {
        id: RequestId::from_u64(RequestId::first_at_ms(FIRST_DAY_MS + n).as_u64() + 1),
        duration_ns: 1_000_000,
        status: 200,
        app: "shop".into(),
        method: "GET".into(),
        route: "r".into(),
        ..OwnedRequest::default()
    };
    change(&mut request);
    Owned {
        segment: "s".into(),
        pid: 1,
        end: n + 1,
        sequence: n as u32 + 1,
        what: What::Request(request),
    }
}

fn day() -> RoutesQuery {
    RoutesQuery {
        from_ms: FIRST_DAY_MS,
        to_ms: FIRST_DAY_MS + DAY_MS,
        limit: 10_000,
        ..RoutesQuery::default()
    }
}

#[test]
fn routes_past_the_cap_count_as_other_and_totals_stay_exact() {
    let fresh = Fresh::new();
    let options = || Options { routes_per_app: 50, ..Options::default() };
    let records: Vec<Owned> = (0..2000)
        .map(|n| {
            request(n, |r| {
                r.route = format!("route/{}", n % 700);
                r.method = format!("M{}", n % 3);
                r.app = if n % 2 == 0 { "shop".into() } else { "blog".into() };
            })
        })
        .collect();
    let mut store = open_with(fresh.dir.path(), options());
    for part in records.chunks(300) {
        store.append(&batch(part)).unwrap();
        drop(store);
        store = open_with(fresh.dir.path(), options());
    }
    let routes = store.routes(&day()).unwrap();
    let of = |app: &'static str| routes.routes.iter().filter(move |r| r.app == app);
    assert!(of("shop").count() <= 51 && of("blog").count() <= 51, "{}", routes.count);
    assert!(of("shop").any(|r| r.route == "(other)" && r.method == "_OTHER"));
    assert_eq!(of("shop").map(|r| r.totals.requests).sum::<u64>(), 1000);
    assert_eq!(of("blog").map(|r| r.totals.requests).sum::<u64>(), 1000);
}

#[test]
fn apps_past_the_cap_count_as_other_and_totals_stay_exact() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let records: Vec<Owned> =
        (0..3000).map(|n| request(n, |r| r.app = format!("app{n}"))).collect();
    store.append(&batch(&records)).unwrap();
    let routes = store.routes(&day()).unwrap();
    assert!(routes.count <= 210, "{}", routes.count);
    assert_eq!(routes.routes.iter().map(|r| r.totals.requests).sum::<u64>(), 3000);
}

#[test]
fn texts_past_the_cap_are_kept_all_the_same() {
    let fresh = Fresh::new();
    let options = || Options { texts_per_day: 20, ..Options::default() };
    let records: Vec<Owned> = (0..200)
        .map(|n| {
            request(n, |r| {
                r.client = (n % 90).to_string();
                r.user_agent = format!("agent {n} {}", "x".repeat(n as usize * 5));
            })
        })
        .collect();
    let store = open_with(fresh.dir.path(), options());
    store.append(&batch(&records[..150])).unwrap();
    drop(store);
    let store = open_with(fresh.dir.path(), options());
    store.append(&batch(&records)).unwrap();
    let query = RequestsQuery { to_ms: u64::MAX, limit: 1000, ..RequestsQuery::default() };
    let got = store.requests(&query).unwrap().requests;
    assert_eq!(got.len(), 200);
    for (stored, owned) in got.iter().rev().zip(&records) {
        let What::Request(want) = &owned.what else { panic!("not a request") };
        assert_eq!((&stored.client, &stored.user_agent), (&want.client, &want.user_agent));
    }
    for n in [3, 17, 85] {
        let query = RequestsQuery { client: Some(n.to_string()), ..query.clone() };
        let want = if n < 20 { 3 } else { 2 };
        assert_eq!(store.requests(&query).unwrap().requests.len(), want, "client {n}");
    }
}

#[test]
fn the_greatest_numbers_are_kept_without_wrapping() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let huge = |n| {
        request(n, |r| {
            r.duration_ns = u64::MAX;
            r.cpu_ns = u64::MAX;
            r.flags = Flags::CPU;
            r.bytes_in = u64::MAX;
            r.bytes_out = u64::MAX;
            r.status = u16::MAX;
        })
    };
    store.append(&batch(&[huge(0), huge(1), huge(2)])).unwrap();
    store.append(&batch(&[huge(3)])).unwrap();
    let total = store.routes(&day()).unwrap().routes[0].totals;
    assert_eq!((total.requests, total.status[0]), (4, 4));
    let limit = i64::MAX as u64;
    assert_eq!([total.duration_ns, total.max_ns, total.bytes_in], [limit; 3]);
    let query = RequestsQuery { to_ms: u64::MAX, limit: 9, ..RequestsQuery::default() };
    let got = store.requests(&query).unwrap().requests;
    assert_eq!(got[0].bytes_out, limit);
    assert_eq!(got[0].duration_us, u64::MAX / 1000);
}

#[test]
fn times_outside_any_calendar_are_kept_at_its_ends() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let mut records = Vec::new();
    for (n, id) in [1, u64::MAX, u64::MAX >> 1, 1 << 62].into_iter().enumerate() {
        records.push(request(n as u64, |r| r.id = RequestId::from_u64(id)));
    }
    for (n, time_unix_ns) in [0, u64::MAX, 1].into_iter().enumerate() {
        let what =
            What::Log(OwnedLog { time_unix_ns, message: "hi".into(), ..OwnedLog::default() });
        let (end, sequence) = (100 + n as u64, 100 + n as u32);
        records.push(Owned { segment: "s".into(), pid: 1, end, sequence, what });
    }
    assert_eq!(store.append(&batch(&records)).unwrap().stored, 7);
    let to_ms = u64::MAX;
    let requests = RequestsQuery { to_ms, limit: 99, ..RequestsQuery::default() };
    let logs = LogsQuery { to_ms, limit: 99, ..LogsQuery::default() };
    let size = store.size().unwrap();
    assert_eq!((size.requests, size.logs), (4, 3));
    // the last millisecond of all belongs to no range
    assert!(store.requests(&requests).unwrap().requests.len() >= 2);
    assert!(store.logs(&logs).unwrap().logs.len() >= 2);
    store.fold().unwrap();
    assert_eq!(store.apps().unwrap().iter().map(|app| app.requests).sum::<u64>(), 4);
}

#[test]
fn a_bad_step_is_refused_by_name() {
    let fresh = Fresh::new();
    let store = fresh.open();
    for (step_s, to_ms) in [(0, 1), (61, 1), (30, 1), (60, u64::MAX)] {
        let query = TrafficQuery { step_s, to_ms, ..TrafficQuery::default() };
        match store.traffic(&query) {
            Err(StoreError::BadQuery { field: "step", .. }) => {}
            other => panic!("step {step_s} gave {other:?}"),
        }
    }
}

#[test]
fn an_empty_store_gives_empty_answers() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let traffic = TrafficQuery {
        from_ms: FIRST_DAY_MS,
        to_ms: FIRST_DAY_MS + 600_000,
        step_s: 60,
        ..TrafficQuery::default()
    };
    let traffic = store.traffic(&traffic).unwrap();
    assert_eq!(traffic.points.len(), 10);
    assert_eq!((traffic.total.requests, traffic.total.p50_ns), (0, None));
    assert_eq!(store.routes(&day()).unwrap().routes, []);
    assert_eq!(store.apps().unwrap(), []);
    assert_eq!(store.notes(5).unwrap(), []);
    assert_eq!(store.fold().unwrap().hours, 0);
    assert_eq!(store.retain(FIRST_DAY_MS, 0, 1).unwrap().days, [""; 0]);
    assert_eq!(store.size().unwrap().days, 0);
}

#[test]
fn a_query_without_time_is_cut_and_can_be_gone_on_with() {
    let mut random = Random::seeded(41);
    let fresh = Fresh::new();
    let records = records(&mut random, 5000);
    let store = open_with(fresh.dir.path(), Options::default());
    store.append(&batch(&records)).unwrap();
    drop(store);
    let options = Options { query_limit: Duration::ZERO, ..Options::default() };
    let store = open_with(fresh.dir.path(), options);
    let mut query = RequestsQuery {
        to_ms: u64::MAX,
        limit: 10,
        path_contains: Some("is in no path".into()),
        ..RequestsQuery::default()
    };
    let mut pages = 0;
    loop {
        match store.requests(&query) {
            Ok(page) => {
                assert_eq!(page.requests, []);
                pages += 1;
                let Some(next) = page.next else { break };
                assert!(query.before.is_none_or(|before| next < before), "no way is made");
                query.before = Some(next);
            }
            Err(StoreError::TimedOut) => break,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(pages > 0 || matches!(store.requests(&query), Err(StoreError::TimedOut)));
}

#[test]
fn readers_and_the_writer_work_at_the_same_time() {
    let mut random = Random::seeded(42);
    let fresh = Fresh::new();
    let records = records(&mut random, 6000);
    let store = fresh.open();
    let is_written = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for part in records.chunks(100) {
                store.append(&batch(part)).unwrap();
            }
            is_written.store(true, Ordering::Release);
        });
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0;
                while !is_written.load(Ordering::Acquire) {
                    let sum: u64 = store.apps().unwrap().iter().map(|app| app.requests).sum();
                    assert!(sum >= last, "requests went from {last} to {sum}");
                    last = sum;
                    store.fold().unwrap();
                }
            });
        }
    });
    let size = store.size().unwrap();
    assert_eq!(size.requests + size.logs + size.exceptions + size.spans, 6000);
}
