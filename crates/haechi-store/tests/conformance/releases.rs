//! Which releases handled requests, and the numbers their times are compared by.

use crate::Fresh;
use crate::answers::filled;
use crate::generate::{DAY_MS, FIRST_DAY_MS, Owned, RELEASES, Random, What, batch, records};
use crate::naive::Naive;
use haechi_event::Histogram;
use haechi_store::{ReleaseSeen, RoutesQuery, Store};
use std::collections::BTreeMap;

const MINUTE: u64 = 60_000;

#[test]
fn the_releases_of_each_app_and_their_times_equal_a_recount() {
    let mut random = Random::seeded(131);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    let mut want: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    for (_, request) in (Naive { records: &records }).requests() {
        let ms = request.id.unix_ms();
        let times = want.entry((&request.app, &request.release)).or_insert((ms, ms));
        *times = (times.0.min(ms), times.1.max(ms));
    }
    want.retain(|(_, release), _| !release.is_empty());
    let found = store.releases().unwrap();
    assert!(found.windows(2).all(|pair| pair[0].first_ms <= pair[1].first_ms));
    // one that came back is there twice
    let mut whole: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    for seen in &found {
        let (first, last) = (seen.first_ms, seen.last_ms);
        let times = whole.entry((&seen.app, &seen.release)).or_insert((first, last));
        *times = (times.0.min(first), times.1.max(last));
    }
    assert_eq!(whole, want);
    // a replay changes nothing
    let before = store.releases().unwrap();
    store.append(&batch(&records)).unwrap();
    assert_eq!(store.releases().unwrap(), before);
    assert_eq!(fresh.open_again(store).releases().unwrap(), before);
}

#[test]
fn histograms_of_routes_equal_a_recount() {
    let mut random = Random::seeded(132);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    let query = RoutesQuery {
        app: Some("shop".to_owned()),
        from_ms: FIRST_DAY_MS + 7 * MINUTE,
        to_ms: FIRST_DAY_MS + DAY_MS + 777 * MINUTE,
        ..RoutesQuery::default()
    };
    let mut want: BTreeMap<(&str, &str), (u64, Histogram)> = BTreeMap::new();
    for (_, request) in (Naive { records: &records }).requests() {
        if request.app == "shop" && (query.from_ms..query.to_ms).contains(&request.id.unix_ms()) {
            let (errors, latency) = want.entry((&request.method, &request.route)).or_default();
            *errors += u64::from(request.status / 100 == 5);
            latency.add(request.duration_ns);
        }
    }
    let found = store.route_histograms(&query).unwrap();
    assert!(want.len() > 5 && found.len() == want.len(), "{}", found.len());
    for route in found {
        let (errors, latency) = &want[&(&*route.method, &*route.route)];
        assert_eq!((route.requests, route.errors), (latency.count(), *errors));
        assert_eq!(route.latency, *latency);
    }
}

/// One request of `app` by `release`, so many minutes after the first day began.
fn handled(sequence: u32, release: &str, minute: u64) -> Owned {
    let mut random = Random::seeded(u64::from(sequence));
    let mut all = records(&mut random, 200);
    let at = all.iter().position(|owned| matches!(owned.what, What::Request(_))).unwrap();
    let mut owned = all.swap_remove(at);
    let What::Request(request) = &mut owned.what else { panic!("not a request") };
    let ms = FIRST_DAY_MS + minute * MINUTE;
    request.id = haechi_event::RequestId::from_u64(
        haechi_event::RequestId::first_at_ms(ms).as_u64() + u64::from(sequence),
    );
    request.start_unix_ns = ms * 1_000_000;
    request.app = "shop".to_owned();
    request.release = release.to_owned();
    owned.segment = format!("one-{sequence}");
    owned
}

fn times(store: &dyn Store) -> Vec<(String, u64, u64)> {
    let minute = |ms: u64| (ms - FIRST_DAY_MS) / MINUTE;
    let found = store.releases().unwrap().into_iter();
    found
        .map(|ReleaseSeen { release, first_ms, last_ms, .. }| {
            (release, minute(first_ms), minute(last_ms))
        })
        .collect()
}

#[test]
fn a_release_that_comes_back_is_told_again_and_workers_taking_turns_are_not() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let steps = [("1.0", 0), ("1.0", 30), ("1.1", 31), ("1.0", 33), ("1.1", 40), ("1.1", 55)];
    for (number, (release, minute)) in steps.into_iter().enumerate() {
        store.append(&batch(&[handled(number as u32, release, minute)])).unwrap();
    }
    let of = |release: &str, first, last| (release.to_owned(), first, last);
    assert_eq!(times(&*store), [of("1.0", 0, 33), of("1.1", 31, 55)]);
    store.append(&batch(&[handled(10, "1.0", 60), handled(11, "1.0", 70)])).unwrap();
    // 1.1 began before 1.0 was there last: somebody ended it in between
    assert_eq!(times(&*store), [of("1.0", 0, 70), of("1.1", 31, 55)]);
    store.append(&batch(&[handled(12, "1.2", 80)])).unwrap();
    store.append(&batch(&[handled(13, "1.0", 95), handled(14, "1.0", 99)])).unwrap();
    let want = [of("1.0", 0, 70), of("1.1", 31, 55), of("1.2", 80, 80), of("1.0", 95, 99)];
    assert_eq!(times(&*store), want);
    assert_eq!(times(&*fresh.open_again(store)), want);
}

#[test]
fn requests_of_no_known_release_make_none() {
    let fresh = Fresh::new();
    let store = fresh.open();
    store.append(&batch(&[handled(0, RELEASES[0], 5)])).unwrap();
    assert_eq!(store.releases().unwrap(), []);
}

#[test]
fn of_endless_releases_the_newest_are_kept() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let template = handled(0, "", 0);
    let all: Vec<Owned> = (0..1100u32)
        .map(|number| {
            let mut owned = template.clone();
            let What::Request(request) = &mut owned.what else { panic!("not a request") };
            let ms = FIRST_DAY_MS + u64::from(number) * 1000;
            request.id = haechi_event::RequestId::first_at_ms(ms);
            request.release = format!("r{number}");
            owned.segment = format!("one-{number}");
            owned
        })
        .collect();
    store.append(&batch(&all)).unwrap();
    let found = store.releases().unwrap();
    assert_eq!(found.len(), 1000);
    assert_eq!((&*found[0].release, &*found[999].release), ("r100", "r1099"));
}
