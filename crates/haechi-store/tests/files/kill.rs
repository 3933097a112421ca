//! `kill -9` at any moment loses nothing that was said to be stored and repeats
//! nothing: the appending program is this test itself, run again.

use crate::generate::{DAY_MS, FIRST_DAY_MS, Owned, Random, What, batch, records};
use crate::naive_issues::assert_issues;
use crate::{open, requests_in, requests_of_day};
use haechi_store::{LogCondition, LogFilter, LogsQuery, PatternsQuery, Store};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const DIR: &str = "HAECHI_TEST_KILL_DIR";
const RECORDS: usize = 4000;
const SEED: u64 = 71;

fn all_records() -> Vec<Owned> {
    records(&mut Random::seeded(SEED), RECORDS)
}

/// Appends where the store's positions say, as a collector does, and prints a
/// line after each batch.
fn append_the_rest(dir: &Path) {
    let records = all_records();
    let store = open(dir);
    let mut rest = Vec::new();
    for record in records {
        if record.end > store.position(&record.segment).unwrap().end {
            rest.push(record);
        }
    }
    for (n, part) in rest.chunks(23).enumerate() {
        let appended = store.append(&batch(part)).unwrap();
        println!("appended {}", appended.stored);
        if n % 5 == 0 {
            store.fold().unwrap();
        }
    }
    println!("finished");
}

#[test]
fn the_program_that_is_killed() {
    // does its work only when the test below runs it
    if let Some(dir) = std::env::var_os(DIR) {
        append_the_rest(Path::new(&dir));
    }
}

#[test]
fn a_killed_writer_loses_nothing_and_repeats_nothing() {
    let mut random = Random::seeded(72);
    let dir = TempDir::new().unwrap();
    let (mut said, mut runs) = (0, 0);
    loop {
        runs += 1;
        assert!(runs < 500, "the work never ends");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["kill::the_program_that_is_killed", "--exact", "--nocapture"])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut left, mut has_finished) = (1 + random.below(12), false);
        for line in lines {
            let line = line.unwrap();
            if let Some(count) = line.strip_prefix("appended ") {
                said += count.parse::<u64>().unwrap();
                left -= 1;
            }
            has_finished |= line == "finished";
            if left == 0 {
                child.kill().unwrap();
                break;
            }
        }
        child.wait().unwrap();
        let store = open(dir.path());
        let size = store.size().unwrap();
        let stored = size.requests + size.logs + size.exceptions + size.spans;
        // a batch may be stored before its line is read, never the other way
        assert!(stored >= said, "{stored} are stored, {said} were said to be");
        said = stored;
        if has_finished {
            break;
        }
    }
    assert!(runs > 10, "{runs} runs are no test");
    let records = all_records();
    let store = open(dir.path());
    assert_eq!(said, RECORDS as u64);
    for day in 0..4 {
        assert_eq!(requests_of_day(&store, day), requests_in(&records, day));
    }
    let requests: u64 = store.apps().unwrap().iter().map(|app| app.requests).sum();
    assert_eq!(requests, store.size().unwrap().requests);
    assert_issues(&store, &records);
    assert_patterns(&store, &records);
    assert_eq!(store.append(&batch(&records)).unwrap().stored, 0);
}

/// Every line counts for its pattern once, and is found by it.
fn assert_patterns(store: &dyn Store, records: &[Owned]) {
    let query = PatternsQuery {
        from_ms: FIRST_DAY_MS,
        to_ms: FIRST_DAY_MS + 4 * DAY_MS,
        step_s: 3600,
        limit: 10_000,
        ..PatternsQuery::default()
    };
    let found = store.patterns(&query).unwrap();
    let logs = records.iter().filter(|record| matches!(record.what, What::Log(_))).count() as u64;
    assert_eq!(found.lines, logs);
    assert_eq!(found.patterns.iter().map(|pattern| pattern.total).sum::<u64>(), logs);
    for pattern in found.patterns.iter().take(50) {
        let conditions = vec![LogCondition { not: false, is: LogFilter::Pattern(pattern.id) }];
        let (to_ms, limit) = (query.to_ms, 10_000);
        let lines = LogsQuery { conditions, to_ms, limit, ..LogsQuery::default() };
        assert_eq!(store.logs(&lines).unwrap().logs.len() as u64, pattern.total);
    }
}
