//! A thing is found by each of its ids, and by nothing else.

use crate::Fresh;
use crate::answers::filled;
use crate::generate::{DAY_MS, FIRST_DAY_MS, Owned, OwnedRequest, Random, What, batch};
use crate::issues::raised;
use crate::naive::Naive;
use crate::naive_issues::{exceptions, grouping_of};
use haechi_event::{RequestId, generated_trace_id};
use haechi_store::{Found, Store};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const TICKET: &str = "shop/127.0.0.1.2026-02-28.10-00-00.0af7651916cd";

/// A request a minute before midnight that failed twice, the second time on
/// the next day.
fn failed() -> (Vec<Owned>, RequestId, [RequestId; 2]) {
    let begin = FIRST_DAY_MS + DAY_MS - 60_000;
    let id = RequestId::from_u64(RequestId::first_at_ms(begin).as_u64() + 7);
    let request = OwnedRequest {
        id,
        app: "shop".into(),
        ticket: TICKET.into(),
        status: 500,
        ..OwnedRequest::default()
    };
    let what = What::Request(request);
    let request = Owned { segment: "s".into(), pid: 1, end: 1, sequence: 1, what };
    let raise = |n: u64| {
        raised(n, begin + n * 40_000, |e| {
            e.request_id = id;
            e.ticket = if n == 1 { TICKET.into() } else { String::new() };
        })
    };
    let records = vec![request, raise(1), raise(2)];
    let ids: Vec<RequestId> = exceptions(&records).map(|(_, e)| e.id).collect();
    let ids = [ids[0], ids[1]];
    (records, id, ids)
}

fn find(store: &dyn Store, text: &str) -> Vec<Found> {
    store.find(text).unwrap()
}

#[test]
fn a_failed_request_is_found_by_its_ticket_its_id_and_its_trace() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let (records, id, [first, second]) = failed();
    store.append(&batch(&records)).unwrap();
    let all = [Found::Request(id), Found::Event(second), Found::Event(first)];
    assert_eq!(find(&*store, &id.to_string()), all);
    assert_eq!(find(&*store, &hex(&generated_trace_id(id))), all);
    assert_eq!(find(&*store, &format!("  {TICKET}\n")), [Found::Request(id), Found::Event(first)]);
    assert_eq!(find(&*store, &first.to_string()), [Found::Event(first)]);
    let of_request = store.exceptions_of_request(id).unwrap();
    assert_eq!(of_request.iter().map(|head| head.id).collect::<Vec<_>>(), [first, second]);
    let issue = of_request[0].issue;
    assert_eq!(find(&*store, &format!("{issue:016x}")), [Found::Issue(issue)]);
    // the middle of the request's night is deleted: what is kept is found
    let noon = FIRST_DAY_MS + 9 * DAY_MS;
    store.append(&batch(&[raised(9, noon, |_| ())])).unwrap();
    store.retain(noon, u64::MAX, 1).unwrap();
    assert_eq!(find(&*store, TICKET), [Found::Event(first)]);
    assert_eq!(store.request(id).unwrap(), None);
}

#[test]
fn everything_generated_is_found_by_each_of_its_ids() {
    let mut random = Random::seeded(91);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    let naive = Naive { records: &records };
    for (_, request) in naive.requests().step_by(61) {
        let found = Found::Request(request.id);
        assert!(find(&*store, &request.id.to_string()).contains(&found));
        let trace = match request.trace_id {
            [0, ..] => generated_trace_id(request.id),
            came => came,
        };
        let same = naive.requests().filter(|(_, r)| r.trace_id == request.trace_id).count();
        if request.trace_id[0] == 0 || same < 50 {
            assert!(find(&*store, &hex(&trace)).contains(&found), "{request:?}");
        }
        let same = naive.requests().filter(|(_, r)| r.ticket == request.ticket).count();
        if !request.ticket.is_empty() && same < 50 {
            assert!(find(&*store, &request.ticket).contains(&found));
        }
    }
    for (_, e) in exceptions(&records).step_by(13) {
        assert!(find(&*store, &e.id.to_string()).contains(&Found::Event(e.id)));
        let issue = grouping_of(e).fingerprint;
        assert_eq!(find(&*store, &format!("{issue:016x}")), [Found::Issue(issue)]);
        if !e.ticket.is_empty() {
            assert_eq!(find(&*store, &e.ticket), [Found::Event(e.id)]);
        }
        if e.request_id != RequestId::NONE {
            assert_eq!(find(&*store, &e.request_id.to_string()), [Found::Event(e.id)]);
        }
    }
}

#[test]
fn what_is_no_id_finds_nothing() {
    let fresh = Fresh::new();
    let store = fresh.open();
    store.append(&batch(&failed().0)).unwrap();
    let long = "x".repeat(100_000);
    let texts = ["", " ", "%", "shop", "shop/%", "' OR 1=1 --", "\u{0}", "ffffffffffffffff", &long];
    for text in texts {
        assert_eq!(find(&*store, text), [], "{text:?}");
    }
    assert_eq!(find(&*store, &"0".repeat(16)), []);
    assert_eq!(find(&*store, &"0".repeat(32)), []);
    assert_eq!(store.exceptions_of_request(RequestId::NONE).unwrap(), []);
}

#[test]
fn a_ticket_is_known_near_its_time_with_all_that_was_raised_in_its_request() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let (records, id, [first, second]) = failed();
    store.append(&batch(&records)).unwrap();
    let at = FIRST_DAY_MS + DAY_MS - 60_000;
    let all = [Found::Request(id), Found::Event(first), Found::Event(second)];
    for near in [at, at - DAY_MS, at + DAY_MS] {
        let mut found = store.of_ticket(TICKET, near).unwrap();
        found.sort_by_key(|one| !matches!(one, Found::Request(_)));
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(all.iter().all(|one| found.contains(one)), "{found:?}");
    }
    assert_eq!(store.of_ticket(TICKET, at + 4 * DAY_MS).unwrap(), []);
    assert_eq!(store.of_ticket("shop/another", at).unwrap(), []);
}

#[test]
fn that_a_ticket_was_read_is_never_forgotten() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let segment = format!("{}0123456789abcdef", haechi_store::TICKETS);
    let (mut records, ..) = failed();
    records.truncate(2);
    records[1].segment.clone_from(&segment);
    store.append(&batch(&records)).unwrap();
    store.forget_segments(&[]).unwrap();
    assert_eq!(store.position(&records[0].segment).unwrap().end, 0);
    let known = store.position(&segment).unwrap();
    assert_eq!(known.end, records[1].end);
    assert_eq!(store.append(&batch(&records[1..])).unwrap().stored, 0);
}
