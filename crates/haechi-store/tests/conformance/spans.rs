//! Spans of requests, and which queries took the time.

use crate::generate::{
    DAY_MS, FIRST_DAY_MS, Owned, OwnedRequest, OwnedSpan, Random, What, batch, records,
};
use crate::{Fresh, open_with};
use haechi_event::{IdLane, Part, decode_repeats};
use haechi_store::{Options, QueriesQuery, QuerySort, QueryTotals, Store, StoredSpan};
use std::collections::BTreeMap;

fn stored(span: &OwnedSpan) -> StoredSpan {
    StoredSpan {
        id: span.id,
        parent: 0,
        part: span.part,
        failed: span.failed,
        count: span.count,
        start_us: span.start_ns / 1000,
        duration_us: span.duration_ns / 1000,
        rows: span.rows,
        status: 0,
        name: span.name.clone(),
        file: span.file.clone(),
        line: span.line,
    }
}

/// What the records say of each app's queries in these minutes.
fn naive(records: &[Owned], from_ms: u64, to_ms: u64) -> BTreeMap<(String, String), QueryTotals> {
    let mut found: BTreeMap<(String, String), QueryTotals> = BTreeMap::new();
    let inside = |owned: &&Owned| {
        let minute = owned.unix_ms() / 60_000;
        (from_ms / 60_000..to_ms.div_ceil(60_000)).contains(&minute)
    };
    for owned in records.iter().filter(inside) {
        match &owned.what {
            What::Span(span) if span.part == Part::Db => {
                let t = found.entry((span.app.clone(), span.name.clone())).or_default();
                let calls = u64::from(span.count);
                t.calls += calls;
                t.total_ns += span.duration_ns;
                t.max_ns = t.max_ns.max(span.duration_ns / calls);
                t.failed += u64::from(span.failed);
                t.rows += span.rows.unwrap_or_default();
            }
            What::Request(request) => {
                for repeat in decode_repeats(&request.repeats) {
                    let t = found.entry((request.app.clone(), repeat.name.to_owned())).or_default();
                    t.repeats += 1;
                    t.repeated += u64::from(repeat.count);
                    t.saves_ns += repeat.saves_ns();
                    t.repeats_request = t.repeats_request.max(Some(request.id));
                }
            }
            _ => {}
        }
    }
    found
}

fn assert_queries(store: &dyn Store, records: &[Owned], from_ms: u64, to_ms: u64) {
    let query = QueriesQuery { from_ms, to_ms, limit: 1000, ..QueriesQuery::default() };
    let answer = store.queries(&query).unwrap();
    let mut want = naive(records, from_ms, to_ms);
    assert_eq!(answer.count, want.len());
    assert_eq!(answer.total_ns, want.values().map(|t| t.total_ns).sum::<u64>());
    assert!(answer.queries.is_sorted_by(|a, b| a.total_ns >= b.total_ns));
    for got in answer.queries {
        let want = want.remove(&(got.app.clone(), got.sql.clone())).unwrap();
        let QueryTotals { id, app, sql, file, line, .. } = got.clone();
        let longest = |owned: &Owned| match &owned.what {
            What::Span(span) => {
                Some(span.request_id) == got.max_request
                    && span.name == sql
                    && span.duration_ns / u64::from(span.count) == got.max_ns
            }
            _ => false,
        };
        assert!(got.calls == 0 || records.iter().any(longest), "{got:?}");
        let max_request = got.max_request;
        assert_eq!(got, QueryTotals { id, app, sql, file, line, max_request, ..want });
    }
}

#[test]
fn spans_and_queries_are_what_was_appended_however_often_it_was() {
    let mut random = Random::seeded(31);
    let records = records(&mut random, 1500);
    let fresh = Fresh::new();
    let store = fresh.open();
    for part in records.chunks(400) {
        store.append(&batch(part)).unwrap();
        assert_eq!(store.append(&batch(part)).unwrap().stored, 0);
    }
    let store = fresh.open_again(store);
    for owned in &records {
        let What::Span(span) = &owned.what else { continue };
        assert_eq!(store.spans(span.request_id).unwrap(), [stored(span)]);
    }
    for _ in 0..20 {
        let from_ms = FIRST_DAY_MS + random.below(3 * DAY_MS);
        assert_queries(&*store, &records, from_ms, from_ms + random.below(2 * DAY_MS) + 1);
    }
    assert_queries(&*store, &records, 0, FIRST_DAY_MS + 9 * DAY_MS);
    store.fold().unwrap();
    assert_queries(&*store, &records, 0, FIRST_DAY_MS + 9 * DAY_MS);
    for _ in 0..20 {
        let from_ms = FIRST_DAY_MS - DAY_MS + random.below(3 * DAY_MS);
        assert_queries(&*store, &records, from_ms, from_ms + random.below(3 * DAY_MS) + 1);
    }
}

#[test]
fn queries_of_deleted_days_are_counted_by_whole_days() {
    let mut random = Random::seeded(35);
    let records = records(&mut random, 1500);
    let fresh = Fresh::new();
    let store = fresh.open();
    store.append(&batch(&records)).unwrap();
    let retained = store.retain(FIRST_DAY_MS + 2 * DAY_MS + 1, u64::MAX, 1).unwrap();
    assert_eq!(retained.days.len(), 1);
    let store = fresh.open_again(store);
    let (from_ms, to_ms) = (FIRST_DAY_MS + DAY_MS / 3, FIRST_DAY_MS + DAY_MS / 2);
    let query = QueriesQuery { from_ms, to_ms, limit: 1000, ..QueriesQuery::default() };
    let answer = store.queries(&query).unwrap();
    let counted = (FIRST_DAY_MS, FIRST_DAY_MS + DAY_MS);
    assert_eq!((answer.from_ms, answer.to_ms), counted);
    let want = naive(&records, counted.0, counted.1);
    assert!(answer.count > 1, "no query was asked on that day");
    assert_eq!(answer.count, want.len());
    for got in answer.queries {
        let want = &want[&(got.app, got.sql)];
        assert_eq!((got.calls, got.total_ns), (want.calls, want.total_ns));
    }
}

fn owned(n: u64, what: What) -> Owned {
    let (segment, sequence) = ("1-1-a-0-0.seg".to_owned(), n as u32 + 1);
    Owned { segment, pid: 7, end: (n + 1) * 64, sequence, what }
}

#[test]
fn spans_of_a_request_come_in_the_order_they_began() {
    let id = IdLane::new(1, 0).next(FIRST_DAY_MS);
    let span = |span: u32| {
        let (app, name) = ("shop".to_owned(), format!("n {span}"));
        OwnedSpan { request_id: id, id: span, count: 1, app, name, ..OwnedSpan::default() }
    };
    let request = OwnedRequest { id, app: "shop".into(), ..OwnedRequest::default() };
    let records = [
        owned(0, What::Span(span(2))),
        owned(1, What::Span(span(1))),
        owned(2, What::Request(request)),
    ];
    let fresh = Fresh::new();
    let store = fresh.open();
    store.append(&batch(&records)).unwrap();
    assert_eq!(store.spans(id).unwrap(), [stored(&span(1)), stored(&span(2))]);
    assert_eq!(store.size().unwrap().spans, 2);
}

#[test]
fn queries_past_the_cap_count_as_one_and_an_app_is_asked_for_by_name() {
    let mut lane = IdLane::new(1, 0);
    let records: Vec<Owned> = (0..40)
        .map(|n| {
            let (request_id, name) = (lane.next(FIRST_DAY_MS + n), format!("SELECT {n}"));
            let app = if n < 30 { "shop" } else { "blog" }.to_owned();
            let (part, duration_ns) = (Part::Db, 1 + n);
            let span = OwnedSpan {
                request_id,
                count: 1,
                app,
                name,
                part,
                duration_ns,
                ..OwnedSpan::default()
            };
            owned(n, What::Span(span))
        })
        .collect();
    let fresh = Fresh::new();
    let store = open_with(fresh.dir.path(), Options { queries_per_app: 5, ..Options::default() });
    store.append(&batch(&records)).unwrap();
    let query = QueriesQuery {
        app: Some("shop".into()),
        to_ms: FIRST_DAY_MS + DAY_MS,
        sort: QuerySort::Calls,
        limit: 2,
        ..QueriesQuery::default()
    };
    let answer = store.queries(&query).unwrap();
    assert_eq!((answer.count, answer.queries.len()), (6, 2));
    assert_eq!((&*answer.queries[0].sql, answer.queries[0].calls), ("(other)", 25));
    assert_eq!(answer.total_ns, (1..=30).sum::<u64>());
}
