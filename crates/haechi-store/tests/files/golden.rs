//! Files of every version that was ever released are read for ever.
//!
//! `tests/golden/version-1` was made by the ignored test at the end:
//! `cargo test -p haechi-store --test files -- --ignored golden`. Once a
//! version is released its folder is never made again: a later version gets one
//! of its own.

use crate::generate::{DAY_MS, FIRST_DAY_MS, Owned, Random, What, batch, records};
use crate::naive_issues::assert_issues;
use crate::{copy, open};
use haechi_store::{Batch, LogsQuery, Note, RequestsQuery, Store, TrafficQuery};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/version-1")
}

fn golden_records() -> Vec<Owned> {
    // not by the environment's seed: the files are what they are
    records(&mut Random::fixed(1), 120)
}

fn golden_note() -> Note {
    Note {
        time_unix_ms: 7,
        kind: "torn".into(),
        name: "a.seg".into(),
        text: "cut".into(),
        count: 3,
    }
}

#[test]
fn a_store_of_version_one_is_read_back_exactly() {
    let dir = TempDir::new().unwrap();
    copy(&folder(), dir.path());
    let store = open(dir.path());
    let records = golden_records();
    let to_ms = FIRST_DAY_MS + 4 * DAY_MS;
    let limit = 1000;
    let all = RequestsQuery { to_ms, limit, ..RequestsQuery::default() };
    let got = store.requests(&all).unwrap().requests;
    let mut want: Vec<_> = records
        .iter()
        .filter_map(|record| match &record.what {
            What::Request(r) => Some((r.id, &r.path, &r.user_agent, r.status, r.bytes_out)),
            _ => None,
        })
        .collect();
    want.sort_by_key(|(id, ..)| std::cmp::Reverse(*id));
    let got: Vec<_> =
        got.iter().map(|r| (r.id, &r.path, &r.user_agent, r.status, r.bytes_out)).collect();
    assert_eq!(got, want);
    let logs = LogsQuery { to_ms, limit, ..LogsQuery::default() };
    let logged = records.iter().filter(|record| matches!(record.what, What::Log(_)));
    assert_eq!(store.logs(&logs).unwrap().logs.len(), logged.count());
    assert_issues(&store, &records);
    let traffic =
        TrafficQuery { from_ms: FIRST_DAY_MS, to_ms, step_s: 60, ..TrafficQuery::default() };
    assert_eq!(store.traffic(&traffic).unwrap().total.requests, want.len() as u64);
    assert_eq!(store.notes(9).unwrap(), [golden_note()]);
    assert_eq!(store.drops().unwrap(), [("disk_full".to_owned(), 5)]);
    assert_eq!(store.append(&batch(&records)).unwrap().stored, 0);
}

#[test]
#[ignore = "makes the files; see above"]
fn make_golden_files() {
    let folder = folder();
    assert!(!folder.exists(), "golden files of a released version are never made again");
    let records = golden_records();
    let store = open(&folder);
    store.append(&batch(&records[..70])).unwrap();
    store.fold().unwrap();
    let rest = Batch {
        drops: vec![("disk_full".into(), 5)],
        notes: vec![golden_note()],
        ..batch(&records[70..])
    };
    store.append(&rest).unwrap();
}
