//! Visitors, the slowest requests and latencies over time equal a recount.

use crate::Fresh;
use crate::answers::filled;
use crate::generate::{APPS, CLIENTS, DAY_MS, FIRST_DAY_MS, METHODS, ROUTES, Random};
use crate::naive::Naive;
use haechi_store::{Latency, RequestsQuery, TrafficQuery, Visit, VisitsQuery, is_program};
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

#[test]
fn visitors_equal_a_recount() {
    let mut random = Random::seeded(31);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    let naive = Naive { records: &records };
    for _ in 0..60 {
        let (from_ms, to_ms) = range(&mut random);
        let query = VisitsQuery {
            app: maybe(&mut random, &APPS),
            programs: [None, Some(true), Some(false)][random.below(3) as usize],
            from_ms,
            to_ms,
            limit: 1 + random.below(9) as usize,
        };
        let (mut lists, mut statuses) = ([const { BTreeMap::new() }; 4], BTreeMap::new());
        let (mut requests, mut by_programs) = (0, 0);
        for (_, r) in naive.requests() {
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
            let names = [Some(r.client.as_str()), Some(&r.user_agent), referrer, not_found];
            for (list, name) in lists.iter_mut().zip(names) {
                let Some(name) = name else { continue };
                let visit: &mut Visit = list.entry(name).or_default();
                visit.name = name.to_owned();
                visit.requests += 1;
                visit.by_programs += u64::from(program);
                visit.bytes_out += r.bytes_out;
            }
        }
        let got = store.visits(&query).unwrap();
        assert!(!got.is_partial && !got.is_capped && got.counted_from_ms == from_ms);
        assert_eq!((got.requests, got.by_programs), (requests, by_programs), "{query:?}");
        assert_eq!(got.clients_seen, lists[0].len() as u64);
        let [clients, agents, referrers, not_found] = lists.map(|list| top(list, query.limit));
        assert_eq!(got.clients, clients);
        assert_eq!(got.agents, agents);
        assert_eq!(got.referrers, referrers);
        assert_eq!(got.not_found, not_found);
        assert_eq!(got.statuses, Vec::from_iter(statuses));
    }
}

#[test]
fn the_slowest_requests_equal_a_sorted_recount() {
    let mut random = Random::seeded(32);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    let naive = Naive { records: &records };
    let mut most = 0;
    for _ in 0..100 {
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
