//! Where slow requests were, as told once or several times.

use crate::Fresh;
use crate::generate::{DAY_MS, FIRST_DAY_MS};
use haechi_event::{
    IdLane, Occasion, Record, RequestId, SampleTree, SampledFrame, Samples, Unseen,
};
use haechi_store::{Batch, Incoming, Store, StoredSamples};

fn tree() -> Vec<u8> {
    let mut tree = SampleTree::default();
    let frame = SampledFrame { file: "models/db.py", function: "get", line: 41, in_app: true };
    tree.add([frame].into_iter(), true);
    tree.to_bytes()
}

fn told(request_id: RequestId, looks: u32, tree: &[u8]) -> Samples<'_> {
    Samples {
        request_id,
        // the record may come on the day after the request began
        time_unix_ns: (request_id.unix_ms() + DAY_MS + u64::from(looks)) * 1_000_000,
        occasion: if looks > 1 { Occasion::Ended } else { Occasion::Asked },
        unseen: Unseen::Elsewhere,
        interval_ms: 50,
        looks,
        samples: looks / 2,
        from_ms: 500,
        to_ms: 500 + looks * 50,
        lock_wait_ns: u64::MAX,
        lock_wait_max_ns: 7_000,
        app: "shop",
        tree,
    }
}

fn append(store: &dyn Store, told: &[Samples<'_>]) -> (u64, u64) {
    let records = told.iter().enumerate().map(|(at, samples)| Incoming {
        segment: "a.seg",
        pid: 7,
        end: 200 + at as u64 * 100,
        sequence: at as u32 + 1,
        record: Record::Samples(*samples),
    });
    let appended = store.append(&Batch { records: records.collect(), ..Batch::default() }).unwrap();
    (appended.stored, appended.repeated)
}

#[test]
fn what_was_told_last_of_a_request_is_given_and_counted_once_however_often_it_is_read() {
    let mut lane = IdLane::new(1, 0);
    let tree = tree();
    let (first, second) = (lane.next(FIRST_DAY_MS), lane.next(FIRST_DAY_MS + 2 * DAY_MS));
    let records = [told(first, 1, &tree), told(first, 30, &tree), told(second, 9, &[])];
    let fresh = Fresh::new();
    let mut store = fresh.open();
    assert_eq!(append(&*store, &records), (3, 0));
    assert_eq!(append(&*store, &records), (0, 3));
    let expected = StoredSamples {
        time_unix_ms: FIRST_DAY_MS + DAY_MS + 30,
        occasion: Occasion::Ended,
        unseen: Unseen::Elsewhere,
        interval_ms: 50,
        looks: 30,
        samples: 15,
        from_ms: 500,
        to_ms: 2_000,
        lock_wait_us: u64::MAX / 1000,
        lock_wait_max_us: 7,
        tree,
    };
    for _ in 0..2 {
        assert_eq!(store.samples(first).unwrap(), Some(expected.clone()));
        assert_eq!(store.samples(second).unwrap().unwrap().tree, []);
        assert_eq!(store.samples(IdLane::new(2, 0).next(FIRST_DAY_MS)).unwrap(), None);
        assert_eq!(store.size().unwrap().samples, 3);
        store.fold().unwrap();
        assert_eq!(store.size().unwrap().samples, 3);
        store = fresh.open_again(store);
    }
}
