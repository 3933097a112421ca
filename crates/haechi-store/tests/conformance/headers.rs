//! What the heads of requests and answers said.

use crate::Fresh;
use crate::generate::{DAY_MS, FIRST_DAY_MS};
use haechi_event::{Headers, HeadersWriter, IdLane, Record, RequestId};
use haechi_store::{Batch, Incoming, Store, StoredHeaders};

fn told<'a>(request_id: RequestId, request: &'a [u8], response: &'a [u8]) -> Headers<'a> {
    let (request_left_out, response_left_out) = (u32::MAX, 3);
    Headers { request_id, app: "shop", request, request_left_out, response, response_left_out }
}

fn append(store: &dyn Store, told: &[Headers<'_>]) -> (u64, u64) {
    let records = told.iter().enumerate().map(|(at, headers)| Incoming {
        segment: "a.seg",
        pid: 7,
        end: 200 + at as u64 * 100,
        sequence: at as u32 + 1,
        record: Record::Headers(*headers),
    });
    let appended = store.append(&Batch { records: records.collect(), ..Batch::default() }).unwrap();
    (appended.stored, appended.repeated)
}

#[test]
fn headers_are_given_as_they_were_told_and_counted_once_however_often_they_are_read() {
    let mut lane = IdLane::new(1, 0);
    let mut writer = HeadersWriter::default();
    writer.push("host", "shop.example");
    let (first, second) = (lane.next(FIRST_DAY_MS), lane.next(FIRST_DAY_MS + 2 * DAY_MS));
    let records = [told(first, writer.as_bytes(), &[]), told(second, &[], writer.as_bytes())];
    let fresh = Fresh::new();
    let mut store = fresh.open();
    assert_eq!(append(&*store, &records), (2, 0));
    assert_eq!(append(&*store, &records), (0, 2));
    for _ in 0..2 {
        for record in &records {
            let expected = StoredHeaders::from(record);
            assert_eq!(store.headers(record.request_id).unwrap(), Some(expected));
        }
        assert_eq!(store.headers(IdLane::new(2, 0).next(FIRST_DAY_MS)).unwrap(), None);
        assert_eq!(store.size().unwrap().headers, 2);
        store.fold().unwrap();
        assert_eq!(store.size().unwrap().headers, 2);
        store = fresh.open_again(store);
    }
}

#[test]
fn headers_go_with_their_day_and_their_count_stays() {
    let mut lane = IdLane::new(1, 0);
    let (old, new) = (lane.next(FIRST_DAY_MS), lane.next(FIRST_DAY_MS + 9 * DAY_MS));
    let fresh = Fresh::new();
    let store = fresh.open();
    append(&*store, &[told(old, &[], &[]), told(new, &[], &[])]);
    store.retain(FIRST_DAY_MS + 9 * DAY_MS + 3_600_000, u64::MAX, 2).unwrap();
    assert_eq!(store.headers(old).unwrap(), None);
    assert!(store.headers(new).unwrap().is_some());
    assert_eq!(store.size().unwrap().headers, 2);
}
