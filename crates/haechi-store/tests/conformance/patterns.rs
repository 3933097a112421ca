//! Patterns of log lines: counted exactly, kept apart up to a cap, new once.

use crate::generate::{DAY_MS, FIRST_DAY_MS, Owned, OwnedLog, Random, batch, records};
use crate::naive::Naive;
use crate::{Fresh, open_with};
use haechi_event::template;
use haechi_store::{
    LogCondition, LogFilter, LogsQuery, Options, PatternSort, PatternSummary, PatternsQuery, Store,
};
use std::collections::BTreeMap;

fn everything() -> PatternsQuery {
    PatternsQuery {
        from_ms: FIRST_DAY_MS,
        to_ms: FIRST_DAY_MS + 4 * DAY_MS,
        step_s: 3600,
        limit: 100_000,
        ..PatternsQuery::default()
    }
}

fn condition(not: bool, is: LogFilter) -> LogCondition {
    LogCondition { not, is }
}

/// What a pattern is, in words of its own.
type Key = (String, String, u8, String);

fn key(log: &OwnedLog) -> Key {
    let text = match log.template.as_str() {
        "" | "%s" => template(&log.message),
        said => said.to_owned(),
    };
    (log.app.clone(), log.logger.clone(), log.severity.number(), text)
}

fn key_of(pattern: &PatternSummary) -> Key {
    let PatternSummary { app, logger, severity, template, .. } = pattern.clone();
    (app, logger, severity.number(), template)
}

fn assert_recount(store: &dyn Store, records: &[Owned], query: &PatternsQuery) {
    let mut want: BTreeMap<Key, (u64, u64, u64, u64, Vec<u64>)> = BTreeMap::new();
    let got = store.patterns(query).unwrap();
    for (_, log) in (Naive { records }).logs() {
        let ms = log.time_unix_ns / 1_000_000;
        let (lines, total, first, latest, counts) =
            want.entry(key(log)).or_insert((0, 0, u64::MAX, 0, vec![0; got.times_s.len()]));
        *total += 1;
        (*first, *latest) = ((*first).min(ms), (*latest).max(ms));
        if (got.from_ms..got.to_ms).contains(&ms) {
            *lines += 1;
            counts[got.times_s.partition_point(|time| *time <= ms / 1000) - 1] += 1;
        }
    }
    want.retain(|_, (lines, ..)| *lines > 0);
    assert_eq!(got.count, want.len());
    assert_eq!(got.lines, want.values().map(|(lines, ..)| lines).sum::<u64>());
    for pattern in &got.patterns {
        let latest_ms = pattern.latest.unix_us() / 1000;
        let have = (
            pattern.lines,
            pattern.total,
            pattern.first_seen_ms,
            latest_ms,
            pattern.counts.clone(),
        );
        assert_eq!(Some(&have), want.get(&key_of(pattern)), "{pattern:?}");
    }
}

#[test]
fn every_pattern_counts_its_lines_however_often_they_are_appended() {
    let mut random = Random::seeded(21);
    let fresh = Fresh::new();
    let records = records(&mut random, 3000);
    let mut store = fresh.open();
    for part in records.chunks(700) {
        store.append(&batch(part)).unwrap();
        // as after a crash between a day's commit and the main file's
        store.append(&batch(part)).unwrap();
        store = fresh.open_again(store);
    }
    assert_recount(store.as_ref(), &records, &everything());
    for _ in 0..20 {
        let from_ms = FIRST_DAY_MS + random.below(3 * DAY_MS);
        let to_ms = from_ms + 1 + random.below(DAY_MS);
        let step_s = [300, 600, 3600, 7200][random.below(4) as usize];
        assert_recount(
            store.as_ref(),
            &records,
            &PatternsQuery { from_ms, to_ms, step_s, ..everything() },
        );
    }
}

#[test]
fn a_pattern_leads_to_its_lines_and_its_latest_one() {
    let mut random = Random::seeded(22);
    let fresh = Fresh::new();
    let records = records(&mut random, 1500);
    let store = fresh.open();
    store.append(&batch(&records)).unwrap();
    let found = store.patterns(&everything()).unwrap();
    assert!(found.patterns.len() > 50);
    assert!(found.patterns.is_sorted_by_key(|pattern| std::cmp::Reverse(pattern.lines)));
    for pattern in found.patterns {
        let query = LogsQuery {
            conditions: vec![condition(false, LogFilter::Pattern(pattern.id))],
            to_ms: FIRST_DAY_MS + 4 * DAY_MS,
            limit: 10_000,
            ..LogsQuery::default()
        };
        let lines = store.logs(&query).unwrap().logs;
        assert_eq!(lines.len() as u64, pattern.total, "{pattern:?}");
        assert_eq!(lines[0].id, pattern.latest);
        assert!(lines.iter().all(|line| line.pattern == pattern.id && line.app == pattern.app));
    }
}

#[test]
fn patterns_are_found_by_what_they_are() {
    let mut random = Random::seeded(23);
    let fresh = Fresh::new();
    let records = records(&mut random, 2000);
    let store = fresh.open();
    store.append(&batch(&records)).unwrap();
    let all = store.patterns(&everything()).unwrap().patterns;
    let count = |query: PatternsQuery| store.patterns(&query).unwrap().count;
    let of_app = vec![condition(false, LogFilter::App("shop".into()))];
    let not_root = vec![condition(true, LogFilter::Logger("root".into()))];
    let shop = all.iter().filter(|pattern| pattern.app == "shop").count();
    assert_eq!(count(PatternsQuery { conditions: of_app, ..everything() }), shop);
    let others = all.iter().filter(|pattern| pattern.logger != "root").count();
    assert_eq!(count(PatternsQuery { conditions: not_root, ..everything() }), others);
    let contains = vec!["DISK".to_owned(), "full".to_owned()];
    let both = |p: &&PatternSummary| p.template.contains("disk") && p.template.contains("full");
    let with = all.iter().filter(both).count();
    assert!(with > 0);
    assert_eq!(count(PatternsQuery { contains, ..everything() }), with);
    let sort = PatternSort::First;
    let newest = store.patterns(&PatternsQuery { sort, limit: 5, ..everything() }).unwrap();
    let latest = all.iter().map(|pattern| pattern.first_seen_ms).max();
    assert_eq!(newest.patterns.first().map(|pattern| pattern.first_seen_ms), latest);
    let route = vec![condition(false, LogFilter::Route("x".into()))];
    assert!(store.patterns(&PatternsQuery { conditions: route, ..everything() }).is_err());
}

#[test]
fn what_comes_after_the_cap_is_counted_together() {
    let mut random = Random::seeded(24);
    let fresh = Fresh::new();
    let records = records(&mut random, 3000);
    let options = || Options { patterns_per_app: 10, ..Options::default() };
    let mut store = open_with(fresh.dir.path(), options());
    for part in records.chunks(400) {
        store.append(&batch(part)).unwrap();
        drop(store);
        store = open_with(fresh.dir.path(), options());
    }
    let found = store.patterns(&everything()).unwrap();
    let logs = Naive { records: &records }.logs().count() as u64;
    assert_eq!(found.lines, logs);
    // three days of three apps, and one for each severity of what is too much
    assert!(found.count <= 3 * 3 * (10 + 6), "{}", found.count);
    let other: Vec<_> = found.patterns.iter().filter(|p| p.template == "(other)").collect();
    assert!(other.iter().map(|pattern| pattern.lines).sum::<u64>() > 300);
}

#[test]
fn a_pattern_is_new_once_also_after_its_day_is_deleted() {
    let mut random = Random::seeded(25);
    let fresh = Fresh::new();
    let mut records = records(&mut random, 2000);
    records.sort_by_key(Owned::unix_ms);
    let last_day = records.partition_point(|r| r.unix_ms() < FIRST_DAY_MS + 2 * DAY_MS);
    let mut end = 0;
    for record in &mut records {
        end += 1;
        (record.segment, record.end, record.sequence) = ("one.seg".into(), end, end as u32);
    }
    let store = fresh.open();
    let told = |part: &[Owned]| -> Vec<u64> {
        store.append(&batch(part)).unwrap().patterns.into_iter().map(|p| p.id).collect()
    };
    let mut seen = told(&records[..last_day]);
    assert_eq!(told(&records[..last_day]), [0u64; 0]);
    store.retain(FIRST_DAY_MS + 9 * DAY_MS, 0, 0).unwrap();
    store.fold().unwrap();
    let before: Vec<u64> = seen.clone();
    let now = told(&records[last_day..]);
    assert!(!now.is_empty());
    seen.extend(&now);
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), count, "a pattern was told twice");
    let last = PatternsQuery { from_ms: FIRST_DAY_MS + 2 * DAY_MS, ..everything() };
    for pattern in store.patterns(&last).unwrap().patterns {
        let is_old = pattern.first_seen_ms < FIRST_DAY_MS + 2 * DAY_MS;
        assert_eq!(is_old, before.contains(&pattern.id), "{pattern:?}");
    }
}
