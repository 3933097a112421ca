//! Visitors, the slowest requests and latencies over time equal a recount.

use crate::answers::filled;
use crate::generate::{
    APPS, CLIENTS, DAY_MS, FIRST_DAY_MS, METHODS, Owned, OwnedRequest, ROUTES, Random, What, batch,
    records,
};
use crate::naive::Naive;
use crate::{Fresh, open_with};
use haechi_event::RequestId;
use haechi_store::{
    LOCAL, Latency, Options, RequestsQuery, Store, TrafficQuery, UNKNOWN, Visit, VisitsQuery,
    is_program, is_static_file,
};
use std::collections::BTreeMap;

fn range(random: &mut Random) -> (u64, u64) {
    let from = FIRST_DAY_MS - DAY_MS / 4 + random.below(4 * DAY_MS);
    (from, from + random.below(3 * DAY_MS))
}

fn maybe(random: &mut Random, from: &[&str]) -> Option<String> {
    random.one_in(2).then(|| random.pick(from).to_owned())
}

fn top(counted: BTreeMap<&str, Visit>, limit: usize) -> Vec<Visit> {
    let mut all: Vec<Visit> = counted.into_values().collect();
    all.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| a.name.cmp(&b.name)));
    all.truncate(limit);
    all
}

/// Asserts that a query finds what was counted of these Unix ms.
pub(crate) fn assert_recounted(
    store: &dyn Store,
    records: &[Owned],
    query: &VisitsQuery,
    (from_ms, to_ms): (u64, u64),
) {
    let (mut lists, mut statuses) = ([const { BTreeMap::new() }; 7], BTreeMap::new());
    let (mut requests, mut by_programs) = (0, 0);
    for (_, r) in (Naive { records }).requests() {
        let program = is_program(&r.user_agent);
        let passes = (from_ms..to_ms).contains(&r.id.unix_ms())
            && query.app.as_ref().is_none_or(|app| *app == r.app)
            && query.programs.is_none_or(|wanted| wanted == program);
        if !passes {
            continue;
        }
        requests += 1;
        by_programs += u64::from(program);
        *statuses.entry(r.status).or_default() += 1u64;
        let not_found = if r.status == 404 { Some(r.path.as_str()) } else { None };
        let referrer = Some(r.referrer.as_str()).filter(|text| !text.is_empty());
        let user = Some(r.user.as_str()).filter(|text| !text.is_empty());
        let is_file = is_static_file(r.flags, r.status, &r.path);
        let file = if is_file { Some(r.path.as_str()) } else { None };
        let country = match r.client.as_str() {
            "127.0.0.1" | "10.0.0.7" | "::1" => LOCAL,
            "203.0.113.9" => "KR",
            "2a02::1" => "DE",
            _ => UNKNOWN,
        };
        let [client, agent] = [&r.client, &r.user_agent].map(|text| Some(text.as_str()));
        let names = [client, agent, referrer, not_found, user, file, Some(country)];
        for (list, name) in lists.iter_mut().zip(names) {
            let Some(name) = name else { continue };
            let visit: &mut Visit = list.entry(name).or_default();
            visit.name = name.to_owned();
            visit.requests += 1;
            visit.by_programs += u64::from(program);
            visit.bytes_out += r.bytes_out;
        }
    }
    let got = store.visits(query).unwrap();
    assert_eq!((got.counted_from_ms, got.counted_to_ms), (from_ms, to_ms), "{query:?}");
    assert!(!got.is_partial && !got.is_capped);
    assert_eq!((got.requests, got.by_programs), (requests, by_programs), "{query:?}");
    assert_eq!(got.clients_seen, lists[0].len() as u64);
    let names = lists.map(|list| top(list, query.limit));
    let [clients, agents, referrers, not_found, users, static_files, countries] = names;
    assert_eq!(got.clients, clients);
    assert_eq!(got.agents, agents);
    assert_eq!(got.referrers, referrers);
    assert_eq!(got.not_found, not_found);
    assert_eq!(got.users, users);
    assert_eq!(got.static_files, static_files);
    assert_eq!(got.countries, countries);
    assert_eq!(got.statuses, Vec::from_iter(statuses));
}

fn visits_query(random: &mut Random, (from_ms, to_ms): (u64, u64)) -> VisitsQuery {
    VisitsQuery {
        app: maybe(random, &APPS),
        programs: [None, Some(true), Some(false)][random.below(3) as usize],
        from_ms,
        to_ms,
        limit: 1 + random.below(9) as usize,
    }
}

#[test]
fn visitors_equal_a_recount() {
    let mut random = Random::seeded(31);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    for is_folded in [false, true] {
        for _ in 0..60 {
            let (from_ms, to_ms) = range(&mut random);
            let query = visits_query(&mut random, (from_ms, to_ms));
            assert_recounted(&*store, &records, &query, (from_ms, to_ms));
        }
        // a range that ends in the next day has whole ones before it
        let all = (FIRST_DAY_MS - 1, FIRST_DAY_MS + 3 * DAY_MS + 1);
        assert_recounted(&*store, &records, &visits_query(&mut random, all), all);
        assert!(!is_folded || store.fold().unwrap().hours == 0);
        store.fold().unwrap();
    }
}

#[test]
fn visitors_of_deleted_days_are_counted_by_whole_days() {
    let mut random = Random::seeded(34);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    let retained = store.retain(FIRST_DAY_MS + 2 * DAY_MS + 1, u64::MAX, 1).unwrap();
    assert_eq!(retained.days.len(), 1);
    let store = fresh.open_again(store);
    let second = FIRST_DAY_MS + DAY_MS;
    for _ in 0..30 {
        let from_ms = FIRST_DAY_MS + random.below(DAY_MS);
        let to_ms = from_ms + random.below(2 * DAY_MS);
        let query = visits_query(&mut random, (from_ms, to_ms));
        let counted = (FIRST_DAY_MS, to_ms.max(second));
        assert_recounted(&*store, &records, &query, counted);
    }
}

#[test]
fn countries_are_counted_from_when_there_is_a_table_and_stay_without_it() {
    let mut random = Random::seeded(35);
    let fresh = Fresh::new();
    let records = records(&mut random, 900);
    let (before, with) = records.split_at(400);
    let without = || open_with(fresh.dir.path(), Options::default());
    let query = VisitsQuery {
        from_ms: FIRST_DAY_MS,
        to_ms: FIRST_DAY_MS + 3 * DAY_MS,
        limit: 9,
        ..VisitsQuery::default()
    };
    let store = without();
    store.append(&batch(before)).unwrap();
    assert_eq!(store.visits(&query).unwrap().countries, []);
    drop(store);
    let store = fresh.open();
    store.append(&batch(with)).unwrap();
    let counted = store.visits(&query).unwrap().countries;
    let requests: u64 = counted.iter().map(|country| country.requests).sum();
    assert_eq!(requests, (Naive { records: with }).requests().count() as u64);
    assert_eq!(counted.len(), 4);
    drop(store);
    // a day of which rows are read would miss its ends: whole days do not
    let store = without();
    for _ in 0..2 {
        assert_eq!(store.visits(&query).unwrap().countries, counted);
        store.fold().unwrap();
    }
}

#[test]
fn who_asks_most_is_found_among_more_names_than_are_kept() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let request = |n: u64| OwnedRequest {
        id: RequestId::first_at_ms(FIRST_DAY_MS + n),
        app: "shop".into(),
        route: "index".into(),
        client: if n.is_multiple_of(10) {
            "10.9.9.9".into()
        } else {
            format!("10.0.{}.{}", n >> 8, n & 255)
        },
        user_agent: "Mozilla/5.0 (X11; Linux x86_64)".into(),
        ..OwnedRequest::default()
    };
    let records: Vec<Owned> = (0..5000)
        .map(|n| Owned {
            segment: "s".into(),
            pid: 1,
            end: n + 1,
            sequence: n as u32 + 1,
            what: What::Request(request(n)),
        })
        .collect();
    for part in records.chunks(250) {
        store.append(&batch(part)).unwrap();
    }
    let query = VisitsQuery {
        from_ms: FIRST_DAY_MS,
        to_ms: FIRST_DAY_MS + DAY_MS,
        limit: 3,
        ..VisitsQuery::default()
    };
    for _ in 0..2 {
        let got = store.visits(&query).unwrap();
        assert!(got.is_capped && !got.is_partial);
        assert_eq!((got.requests, got.agents[0].requests), (5000, 5000));
        assert_eq!((&*got.clients[0].name, got.clients[0].requests), ("10.9.9.9", 500));
        let off = got.clients_seen as f64 / 4501.0 - 1.0;
        assert!(off.abs() < 0.14, "{} clients", got.clients_seen);
        store.fold().unwrap();
    }
}

#[test]
fn the_slowest_requests_equal_a_sorted_recount() {
    let mut random = Random::seeded(32);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    let naive = Naive { records: &records };
    let mut most = 0;
    for turn in 0..200 {
        if turn == 100 {
            store.fold().unwrap();
        }
        let (from_ms, to_ms) = range(&mut random);
        let query = RequestsQuery {
            app: maybe(&mut random, &APPS),
            route: maybe(&mut random, &ROUTES).filter(|_| random.one_in(2)),
            method: maybe(&mut random, &METHODS).filter(|_| random.one_in(3)),
            client: maybe(&mut random, &CLIENTS).filter(|_| random.one_in(4)),
            path_contains: maybe(&mut random, &["item", "%"]).filter(|_| random.one_in(3)),
            from_ms,
            to_ms,
            limit: 1 + random.below(40) as usize,
            ..RequestsQuery::default()
        };
        let mut exact = naive.matching_requests(&query);
        exact.sort_by_key(|request| std::cmp::Reverse((request.duration_us, request.id)));
        exact.truncate(query.limit);
        let got = store.slowest(&query).unwrap();
        let durations = |found: &[haechi_store::StoredRequest]| {
            found.iter().map(|request| request.duration_us).collect::<Vec<_>>()
        };
        assert_eq!(durations(&got), durations(&exact), "{query:?}");
        most = most.max(got.len());
    }
    assert_eq!(most, 40, "no query was cut by its limit");
}

#[test]
fn every_request_is_in_the_band_of_its_latency() {
    let mut random = Random::seeded(33);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    let naive = Naive { records: &records };
    let mut counted = 0;
    for _ in 0..60 {
        let (from_ms, to_ms) = range(&mut random);
        let step_s = [60, 300, 3600, 86_400][random.below(4) as usize];
        let query = TrafficQuery {
            app: maybe(&mut random, &APPS),
            route: maybe(&mut random, &ROUTES).filter(|_| random.one_in(2)),
            method: None,
            from_ms,
            to_ms,
            step_s,
        };
        let mut exact: BTreeMap<(u64, u16), u64> = BTreeMap::new();
        for (_, r) in naive.requests() {
            let minute = r.id.unix_ms() / 60_000;
            let passes = minute >= from_ms / 60_000
                && minute < to_ms.div_ceil(60_000)
                && query.app.as_ref().is_none_or(|app| *app == r.app)
                && query.route.as_ref().is_none_or(|route| *route == r.route);
            if passes {
                let below = |band: &u16| (r.duration_ns as f64) < Latency::upper_ns(*band);
                let band = (0..68).find(below).unwrap_or(67);
                let time = r.id.unix_ms() / 1000 / step_s * step_s;
                *exact.entry((time, band)).or_default() += 1;
            }
        }
        let got = store.latency(&query).unwrap();
        let mut found = BTreeMap::new();
        for point in &got.points {
            for (band, requests) in &point.bands {
                counted += requests;
                found.insert((point.time_s, *band), *requests);
            }
        }
        assert_eq!(found, exact, "{query:?}");
    }
    assert!(counted > 1000, "hardly anything was counted");
}
