//! Nothing lost, nothing twice, wherever the collector starts again.

use crate::Fresh;
use crate::generate::{DAY_MS, FIRST_DAY_MS, Owned, OwnedRequest, Random, What, batch, records};
use crate::naive::Naive;
use crate::naive_issues::assert_issues;
use crate::visits::assert_recounted;
use haechi_event::RequestId;
use haechi_store::{
    Batch, LogsQuery, Note, Position, RequestsQuery, Store, TrafficQuery, VisitsQuery,
};

/// Compares everything a store holds with these records.
fn assert_holds(store: &dyn Store, records: &[Owned]) {
    let naive = Naive { records };
    let to_ms = FIRST_DAY_MS + 9 * DAY_MS;
    let limit = 100_000;
    let all = RequestsQuery { to_ms, limit, ..RequestsQuery::default() };
    assert_eq!(store.requests(&all).unwrap().requests, naive.matching_requests(&all));
    let logs = LogsQuery { to_ms, limit, ..LogsQuery::default() };
    assert_eq!(store.logs(&logs).unwrap().logs.len(), naive.logs().count());
    let query =
        TrafficQuery { from_ms: FIRST_DAY_MS, to_ms, step_s: 3600, ..TrafficQuery::default() };
    naive.traffic(&query).1.assert_equals(&store.traffic(&query).unwrap().total, "all traffic");
    let of_all = (FIRST_DAY_MS, to_ms);
    let (from_ms, limit) = (FIRST_DAY_MS, 1000);
    let query = VisitsQuery { from_ms, to_ms, limit, ..VisitsQuery::default() };
    assert_recounted(store, records, &query, of_all);
    let size = store.size().unwrap();
    assert_eq!(size.requests + size.logs + size.exceptions + size.spans, records.len() as u64);
    assert_issues(store, records);
}

#[test]
fn any_overlap_of_batches_and_any_restart_counts_once() {
    let mut random = Random::seeded(21);
    for _ in 0..12 {
        let records = records(&mut random, 900);
        let fresh = Fresh::new();
        let mut store = fresh.open();
        let mut done = 0;
        while done < records.len() {
            // what was committed may be read again from any earlier place
            let from = if random.one_in(3) { random.below(done as u64 + 1) as usize } else { done };
            let to = (from + 1 + random.below(300) as usize).min(records.len());
            let appended = store.append(&batch(&records[from..to])).unwrap();
            assert_eq!(appended.stored, to.saturating_sub(done) as u64);
            assert_eq!(appended.repeated, (done.min(to) - from) as u64);
            done = done.max(to);
            match random.below(4) {
                0 => store = fresh.open_again(store),
                1 => drop(store.fold().unwrap()),
                _ => {}
            }
        }
        assert_holds(&*store, &records);
        assert_eq!(store.append(&batch(&records)).unwrap().stored, 0);
        assert_holds(&*fresh.open_again(store), &records);
    }
}

#[test]
fn with_all_positions_lost_a_replay_of_everything_counts_once() {
    let mut random = Random::seeded(22);
    let records = records(&mut random, 2000);
    let fresh = Fresh::new();
    let store = fresh.open();
    for part in records[..1500].chunks(170) {
        store.append(&batch(part)).unwrap();
    }
    store.forget_segments(&[]).unwrap();
    assert_eq!(store.position(&records[0].segment).unwrap(), Position::default());
    for part in records.chunks(230) {
        store.append(&batch(part)).unwrap();
    }
    assert_holds(&*store, &records);
}

#[test]
fn a_position_is_the_end_and_the_number_of_the_last_record() {
    let mut random = Random::seeded(23);
    let records = records(&mut random, 300);
    let fresh = Fresh::new();
    let store = fresh.open();
    store.append(&batch(&records)).unwrap();
    // an older part again does not move it back
    store.append(&batch(&records[..40])).unwrap();
    let store = fresh.open_again(store);
    let segment = records[0].segment.as_str();
    let last = records.iter().rfind(|record| record.segment == segment).unwrap();
    let want = Position { end: last.end, records: u64::from(last.sequence) };
    assert_eq!(store.position(segment).unwrap(), want);
    store.forget_segments(&[segment]).unwrap();
    assert_eq!(store.position(segment).unwrap(), want);
    assert_eq!(store.position("boot-nine.seg").unwrap(), Position::default());
}

#[test]
fn a_request_whose_id_is_taken_gets_the_next_free_one() {
    let fresh = Fresh::new();
    let mut store = fresh.open();
    let id = RequestId::first_at_ms(FIRST_DAY_MS + 5000);
    let records: Vec<Owned> = (1..=400)
        .map(|n| Owned {
            segment: format!("s{}", n % 3),
            pid: 7,
            end: n * 10,
            sequence: n as u32,
            what: What::Request(OwnedRequest {
                id,
                duration_ns: n,
                app: "shop".into(),
                ..OwnedRequest::default()
            }),
        })
        .collect();
    let mut collisions = 0;
    for part in records.chunks(90) {
        collisions += store.append(&batch(part)).unwrap().collisions;
        store = fresh.open_again(store);
    }
    assert_eq!(collisions, 399);
    assert_eq!(store.append(&batch(&records)).unwrap().stored, 0);
    let query = RequestsQuery {
        from_ms: FIRST_DAY_MS,
        to_ms: FIRST_DAY_MS + DAY_MS,
        limit: 1000,
        ..RequestsQuery::default()
    };
    let mut ids: Vec<u64> =
        store.requests(&query).unwrap().requests.iter().map(|r| r.id.as_u64()).collect();
    ids.reverse();
    assert_eq!(ids, (id.as_u64()..id.as_u64() + 400).collect::<Vec<_>>());
}

#[test]
fn a_request_without_an_id_gets_one_of_its_millisecond() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let start_unix_ns = (FIRST_DAY_MS + 1234) * 1_000_000 + 5;
    let what = What::Request(OwnedRequest { start_unix_ns, ..OwnedRequest::default() });
    let owned = Owned { segment: "s".into(), pid: 1, end: 9, sequence: 1, what };
    store.append(&batch(&[owned])).unwrap();
    let id = RequestId::first_at_ms(FIRST_DAY_MS + 1234);
    assert!(store.request(id).unwrap().is_some());
}

#[test]
fn lines_of_one_moment_keep_their_order_and_their_ids_are_told() {
    let mut random = Random::seeded(24);
    let fresh = Fresh::new();
    let store = fresh.open();
    let mut records = records(&mut random, 800);
    records.retain(|record| matches!(record.what, What::Log(_)));
    for (n, record) in records.iter_mut().enumerate() {
        record.segment = "one".into();
        record.end = 10 + n as u64;
        let What::Log(log) = &mut record.what else { panic!("not a log") };
        log.time_unix_ns = FIRST_DAY_MS * 1_000_000;
        log.message = n.to_string();
    }
    let mut told = Vec::new();
    for part in records.chunks(70) {
        let appended = store.append(&batch(part)).unwrap();
        assert_eq!(appended.logs.len(), part.len());
        assert!(appended.logs.iter().enumerate().all(|(at, log)| at == log.index));
        told.extend(appended.logs.into_iter().map(|log| log.id));
    }
    let query = LogsQuery { to_ms: FIRST_DAY_MS + DAY_MS, limit: 1000, ..LogsQuery::default() };
    let mut logs = store.logs(&query).unwrap().logs;
    logs.reverse();
    assert_eq!(logs.iter().map(|log| log.id).collect::<Vec<_>>(), told);
    let order: Vec<String> = (0..records.len()).map(|n| n.to_string()).collect();
    assert_eq!(logs.into_iter().map(|log| log.message).collect::<Vec<_>>(), order);
}

#[test]
fn drops_add_up_and_notes_come_newest_first() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let note = |n: u64| Note {
        time_unix_ms: n,
        kind: "torn".into(),
        name: "'s\u{0}eg".into(),
        text: format!("cut \u{1b}[0m {n}"),
        count: n,
    };
    for n in 1..=5 {
        let drops = vec![("disk_full".to_owned(), n), (format!("r{}", n % 2), 1)];
        let batch = Batch { drops, notes: vec![note(n), note(n + 100)], ..Batch::default() };
        store.append(&batch).unwrap();
    }
    let store = fresh.open_again(store);
    let want = [("disk_full", 15), ("r0", 2), ("r1", 3)].map(|(r, n)| (r.to_owned(), n));
    assert_eq!(store.drops().unwrap(), want);
    assert_eq!(store.notes(3).unwrap(), [note(105), note(5), note(104)]);
    assert_eq!(store.notes(100).unwrap().len(), 10);
}
