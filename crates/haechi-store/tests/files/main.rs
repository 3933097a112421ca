//! What lies on the disk: damage, versions, modes, and being killed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail and speak"
)]

mod damage;
#[path = "../conformance/generate.rs"]
#[allow(dead_code, reason = "not every test needs all of it")]
mod generate;
mod golden;
mod kill;
mod layout;
#[path = "../conformance/naive_issues.rs"]
#[allow(dead_code, reason = "not every test needs all of it")]
mod naive_issues;
mod regroup;

use generate::{FIRST_DAY_MS, Owned};
use haechi_store::{Options, RequestsQuery, SqliteStore, Store};
use std::fs;
use std::path::Path;

fn open(dir: &Path) -> SqliteStore {
    SqliteStore::open(dir, Options::default()).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Requests stored of one of the generated days.
fn requests_of_day(store: &dyn Store, day: u64) -> usize {
    let from_ms = FIRST_DAY_MS + day * generate::DAY_MS;
    let query = RequestsQuery {
        from_ms,
        to_ms: from_ms + generate::DAY_MS,
        limit: 100_000,
        ..RequestsQuery::default()
    };
    store.requests(&query).unwrap().requests.len()
}

fn requests_in(records: &[Owned], day: u64) -> usize {
    let is_there = |record: &&Owned| {
        matches!(record.what, generate::What::Request(_))
            && (record.unix_ms() - FIRST_DAY_MS) / generate::DAY_MS == day
    };
    records.iter().filter(is_there).count()
}
