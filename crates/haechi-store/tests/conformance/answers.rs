//! Every answer equals a recount.

use crate::Fresh;
use crate::generate::{
    APPS, CLIENTS, DAY_MS, FIRST_DAY_MS, METHODS, Owned, RELEASES, ROUTES, Random, batch, records,
};
use crate::naive::{Naive, is_same_log};
use crate::naive_issues::exceptions;
use haechi_event::{RequestId, Severity};
use haechi_store::{
    LogsQuery, RequestsQuery, RouteSort, RoutesQuery, StatusFilter, Store, TrafficQuery,
};

/// A store with 6,000 records, appended in batches of many sizes and folded
/// now and then.
pub(crate) fn filled(fresh: &Fresh, random: &mut Random) -> (Box<dyn Store>, Vec<Owned>) {
    let store = fresh.open();
    let records = records(random, 6000);
    let mut rest = records.as_slice();
    while !rest.is_empty() {
        let (now, later) = rest.split_at((1 + random.below(700) as usize).min(rest.len()));
        let appended = store.append(&batch(now)).unwrap();
        assert_eq!(
            (appended.stored, appended.repeated, appended.collisions),
            (now.len() as u64, 0, 0)
        );
        if random.one_in(4) {
            store.fold().unwrap();
        }
        rest = later;
    }
    (store, records)
}

fn range(random: &mut Random) -> (u64, u64) {
    let from = FIRST_DAY_MS - DAY_MS / 4 + random.below(4 * DAY_MS);
    match random.below(3) {
        0 => (from, from + random.below(3 * 3_600_000)),
        1 => (from, from + random.below(4 * DAY_MS)),
        _ => (FIRST_DAY_MS - DAY_MS, FIRST_DAY_MS + 4 * DAY_MS),
    }
}

fn maybe(random: &mut Random, from: &[&str]) -> Option<String> {
    random.one_in(2).then(|| random.pick(from).to_owned())
}

#[test]
fn traffic_equals_a_recount() {
    let mut random = Random::seeded(1);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    let naive = Naive { records: &records };
    for _ in 0..250 {
        let (from_ms, to_ms) = range(&mut random);
        let step_s = [60, 120, 300, 900, 3600, 7200, 86_400][random.below(7) as usize];
        let query = TrafficQuery {
            app: maybe(&mut random, &APPS),
            route: maybe(&mut random, &ROUTES).filter(|_| random.one_in(2)),
            method: maybe(&mut random, &METHODS).filter(|_| random.one_in(3)),
            from_ms,
            to_ms,
            step_s,
        };
        let got = store.traffic(&query).unwrap();
        let (points, total) = naive.traffic(&query);
        total.assert_equals(&got.total, &format!("total of {query:?}"));
        let times: Vec<u64> = got.points.iter().map(|point| point.time_s).collect();
        assert!(times.windows(2).all(|pair| pair[1] == pair[0] + step_s), "{times:?}");
        assert!(points.keys().all(|time| times.contains(time)), "{query:?}");
        for point in &got.points {
            let exact = points.get(&point.time_s).cloned().unwrap_or_default();
            exact.assert_equals(&point.totals, &format!("{} of {query:?}", point.time_s));
        }
    }
}

#[test]
fn routes_equal_a_recount_in_every_order() {
    let mut random = Random::seeded(2);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    let naive = Naive { records: &records };
    let sorts = [RouteSort::Time, RouteSort::Requests, RouteSort::P95, RouteSort::Errors];
    for round in 0..120 {
        let (from_ms, to_ms) = range(&mut random);
        let sort = sorts[round % 4];
        let query =
            RoutesQuery { app: maybe(&mut random, &APPS), from_ms, to_ms, sort, limit: 1000 };
        let got = store.routes(&query).unwrap();
        let exact = naive.routes(&query);
        assert_eq!((got.count, got.routes.len()), (exact.len(), exact.len()), "{query:?}");
        let sum: u64 = exact.values().map(|e| e.totals().duration_ns).sum();
        assert_eq!(got.duration_ns, sum);
        for route in &got.routes {
            let key = (route.app.as_str(), route.method.as_str(), route.route.as_str());
            exact[&key].assert_equals(&route.totals, &format!("{key:?} of {query:?}"));
        }
        let order = |r: &haechi_store::RouteTotals| match sort {
            RouteSort::Time => r.totals.duration_ns as f64,
            RouteSort::Requests => r.totals.requests as f64,
            RouteSort::P95 => r.totals.p95_ns.unwrap(),
            RouteSort::Errors => r.totals.errors() as f64,
        };
        assert!(got.routes.windows(2).all(|pair| order(&pair[0]) >= order(&pair[1])));
        let few = store.routes(&RoutesQuery { limit: 3, ..query.clone() }).unwrap();
        assert_eq!(few.routes, got.routes[..got.routes.len().min(3)]);
        assert_eq!((few.count, few.duration_ns), (got.count, got.duration_ns));
    }
}

#[test]
fn requests_equal_a_recount_page_by_page() {
    let mut random = Random::seeded(3);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    let naive = Naive { records: &records };
    for _ in 0..200 {
        let (from_ms, to_ms) = range(&mut random);
        let status = match random.below(6) {
            0 => Some(StatusFilter::Class(random.below(7) as u8)),
            1 => Some(StatusFilter::Code([0, 200, 404, 500, 503, 999][random.below(6) as usize])),
            _ => None,
        };
        let mut query = RequestsQuery {
            app: maybe(&mut random, &APPS).filter(|_| random.one_in(2)),
            route: maybe(&mut random, &ROUTES).filter(|_| random.one_in(2)),
            method: maybe(&mut random, &METHODS).filter(|_| random.one_in(2)),
            status,
            client: maybe(&mut random, &CLIENTS).filter(|_| random.one_in(2)),
            user: maybe(&mut random, &["7", "11", "nobody"]).filter(|_| random.one_in(3)),
            release: maybe(&mut random, &RELEASES[1..]).filter(|_| random.one_in(3)),
            min_duration_us: random.one_in(3).then(|| 1 << random.below(30)),
            path_contains: maybe(&mut random, &["item", "/shop/", "%", "'", "", "🙂", "default"])
                .filter(|_| random.one_in(2)),
            from_ms,
            to_ms,
            limit: 1 + random.below(300) as usize,
            before: None,
        };
        let exact = naive.matching_requests(&query);
        let mut got = Vec::new();
        loop {
            let page = store.requests(&query).unwrap();
            assert!(page.requests.len() <= query.limit);
            got.extend(page.requests);
            if page.next.is_none() {
                break;
            }
            query.before = page.next;
        }
        assert_eq!(got, exact, "{query:?}");
    }
}

#[test]
fn a_request_is_found_by_its_id_and_no_other() {
    let mut random = Random::seeded(4);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    let naive = Naive { records: &records };
    let all = naive.matching_requests(&RequestsQuery {
        to_ms: FIRST_DAY_MS + 9 * DAY_MS,
        ..RequestsQuery::default()
    });
    for request in all.iter().step_by(29) {
        assert_eq!(store.request(request.id).unwrap().as_ref(), Some(request));
    }
    assert_eq!(store.request(RequestId::from_u64(12345)).unwrap(), None);
    let unused = RequestId::first_at_ms(FIRST_DAY_MS + DAY_MS - 1);
    assert_eq!(store.request(unused).unwrap(), None);
    assert_eq!(store.request(RequestId::from_u64(u64::MAX >> 1)).unwrap(), None);
}

#[test]
fn logs_equal_a_recount_page_by_page() {
    let mut random = Random::seeded(5);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    let naive = Naive { records: &records };
    let ids: Vec<RequestId> =
        naive.logs().map(|(_, log)| log.request_id).filter(|id| *id != RequestId::NONE).collect();
    for _ in 0..150 {
        let (from_ms, to_ms) = range(&mut random);
        let request = random.one_in(5).then(|| ids[random.below(ids.len() as u64) as usize]);
        let mut query = LogsQuery {
            app: maybe(&mut random, &APPS),
            min_severity: random.one_in(2).then(|| Severity::ALL[random.below(6) as usize]),
            text: None,
            request,
            from_ms,
            to_ms,
            limit: 1 + random.below(200) as usize,
            before: None,
            ..LogsQuery::default()
        };
        let exact = naive.matching_logs(&query, |_| true);
        let mut got = Vec::new();
        loop {
            let page = store.logs(&query).unwrap();
            assert!(page.logs.len() <= query.limit);
            got.extend(page.logs);
            if page.next.is_none() {
                break;
            }
            query.before = page.next;
        }
        assert!(got.windows(2).all(|pair| pair[0].id > pair[1].id));
        assert_eq!(got.len(), exact.len(), "{query:?}");
        for log in &got {
            let found = exact.iter().any(|(owned, want)| is_same_log(log, owned, want));
            assert!(found, "{log:?} was never written");
        }
    }
}

#[test]
fn apps_and_counts_equal_a_recount() {
    let mut random = Random::seeded(6);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    let naive = Naive { records: &records };
    let apps = store.apps().unwrap();
    let mut names: Vec<&str> = APPS.to_vec();
    names.sort_unstable();
    assert_eq!(apps.iter().map(|app| app.app.as_str()).collect::<Vec<_>>(), names);
    for app in &apps {
        let requests = naive.requests().filter(|(_, r)| r.app == app.app);
        let logs = naive.logs().filter(|(_, l)| l.app == app.app);
        let mut times: Vec<u64> = requests.map(|(_, r)| r.id.unix_ms()).collect();
        assert_eq!(app.requests, times.len() as u64);
        times.extend(logs.map(|(_, l)| l.time_unix_ns / 1_000_000));
        let exceptions = exceptions(&records).filter(|(_, e)| e.app == app.app);
        times.extend(exceptions.map(|(_, e)| e.id.unix_ms()));
        assert_eq!(Some(app.first_seen_ms), times.iter().min().copied());
        assert_eq!(Some(app.last_seen_ms), times.iter().max().copied());
    }
    let size = store.size().unwrap();
    assert_eq!(size.requests, naive.requests().count() as u64);
    assert_eq!(size.logs, naive.logs().count() as u64);
    assert_eq!(size.exceptions, exceptions(&records).count() as u64);
    let days: std::collections::BTreeSet<u64> =
        records.iter().map(|record| record.unix_ms() / DAY_MS).collect();
    assert_eq!(size.days, days.len() as u64);
    assert!(size.bytes > 100_000 && size.quarantine_bytes == 0, "{size:?}");
}

#[test]
fn answers_are_the_same_before_and_after_a_fold_and_a_restart() {
    let mut random = Random::seeded(7);
    let fresh = Fresh::new();
    let records = records(&mut random, 3000);
    let store = fresh.open();
    store.append(&batch(&records)).unwrap();
    let ask = |store: &dyn Store| {
        let (from_ms, to_ms) = (FIRST_DAY_MS + 999_999, FIRST_DAY_MS + 2 * DAY_MS + 77_777_777);
        let limit = 50;
        let routes = RoutesQuery { from_ms, to_ms, limit, ..RoutesQuery::default() };
        let traffic = |step_s| {
            let query = TrafficQuery { from_ms, to_ms, step_s, ..TrafficQuery::default() };
            store.traffic(&query).unwrap()
        };
        let size = store.size().unwrap();
        (
            store.routes(&routes).unwrap(),
            [60, 3600, 86_400].map(traffic),
            store.apps().unwrap(),
            (size.requests, size.logs, size.exceptions),
        )
    };
    let before = ask(&*store);
    assert!(store.fold().unwrap().hours > 50);
    assert_eq!(store.fold().unwrap().hours, 0);
    assert!(ask(&*store) == before, "a fold changed an answer");
    drop(store);
    assert!(ask(&*fresh.open()) == before, "a restart changed an answer");
}
