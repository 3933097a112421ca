//! Grouping again, and every place where a crash leaves the main file behind
//! the days.
//!
//! Older rules are made up: rows are changed under a closed store so that what
//! they say is not what they were grouped by.

use crate::generate::{
    DAY_MS, FIRST_DAY_MS, Owned, OwnedException, Random, What, batch, records, stack,
};
use crate::naive_issues::{END_MS, assert_issues, everything, exceptions};
use crate::open;
use haechi_event::{Grouping, RequestId};
use haechi_store::{IssueChange, IssueState, SqliteStore, Store};
use rusqlite::Connection;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const DAYS: [&str; 3] = ["2026-02-28", "2026-03-01", "2026-03-02"];
const MAIN: &str = "haechi.db";

/// So many exceptions of one kind, over three days.
fn of_kind(kind: &str, segment: u64, count: u64) -> Vec<Owned> {
    let raise = |n: u64| {
        let time = FIRST_DAY_MS + n % 3 * DAY_MS + n * 1_000_000;
        OwnedException {
            id: RequestId::from_u64(RequestId::first_at_ms(time).as_u64() + segment),
            app: "shop".into(),
            kind: kind.into(),
            message: format!("no cover for {n} won"),
            stack: stack(kind, "no cover", 2, 0),
            ..OwnedException::default()
        }
    };
    let owned = |n| Owned {
        segment: format!("s{segment}"),
        pid: 1,
        end: n + 1,
        sequence: n as u32 + 1,
        what: What::Exception(raise(n)),
    };
    (0..count).map(owned).collect()
}

/// Runs a statement in the days' files; tells how many rows it changed.
fn change_days(dir: &Path, sql: &str) -> usize {
    let change = |day: &str| {
        let conn = Connection::open(dir.join(format!("days/{day}.db"))).unwrap();
        conn.execute(sql, []).unwrap()
    };
    DAYS.into_iter().map(change).sum()
}

/// Makes older rules: what they kept apart by `from` is `to` now.
fn rename(dir: &Path, from: &str, to: &str, condition: &str) -> usize {
    change_days(dir, &format!("INSERT INTO texts(text) VALUES ('{to}')"));
    let id = |text: &str| format!("(SELECT max(id) FROM texts WHERE text = '{text}')");
    let sql = format!(
        "UPDATE exceptions SET kind = {}, grouping = 0 WHERE kind = {} AND {condition}",
        id(to),
        id(from)
    );
    change_days(dir, &sql)
}

fn issue_of(store: &SqliteStore, kind: &str) -> haechi_store::IssueSummary {
    let issues = store.issues(&everything()).unwrap();
    let found: Vec<_> = issues.into_iter().filter(|issue| issue.kind == kind).collect();
    assert_eq!(found.len(), 1, "{kind}: {found:?}");
    found.into_iter().next().unwrap()
}

fn total(store: &SqliteStore) -> u64 {
    store.issues(&everything()).unwrap().iter().map(|issue| issue.events_total).sum()
}

fn ignore(until_events: Option<u64>) -> IssueChange {
    IssueChange::Ignore { until_ms: None, until_events }
}

#[test]
fn nothing_changes_where_the_rules_are_the_same() {
    let mut random = Random::seeded(101);
    let dir = TempDir::new().unwrap();
    let records = records(&mut random, 900);
    let store = open(dir.path());
    store.append(&batch(&records)).unwrap();
    let mut told = Vec::new();
    let regrouped = store.regroup(&mut |done, of| told.push((done, of))).unwrap();
    assert_eq!((regrouped.events, regrouped.moved), (0, 0));
    assert_eq!(told.last(), Some(&(told.len() as u64 - 1, told.len() as u64 - 1)));
    assert_issues(&store, &records);
}

#[test]
fn rows_grouped_by_older_rules_are_counted_as_if_they_were_new() {
    let mut random = Random::seeded(102);
    let dir = TempDir::new().unwrap();
    let records = records(&mut random, 1500);
    let store = open(dir.path());
    store.append(&batch(&records)).unwrap();
    let count = exceptions(&records).count() as u64;
    drop(store);
    // one heap of four: nothing of the old issues is right
    change_days(dir.path(), "UPDATE exceptions SET grouping = 0, issue = 1000 + id % 4");
    let store = open(dir.path());
    let regrouped = store.regroup(&mut |_, _| ()).unwrap();
    assert!(regrouped.events >= count * 9 / 10 && regrouped.moved == regrouped.events);
    assert_issues(&store, &records);
    assert_eq!(store.regroup(&mut |_, _| ()).unwrap().events, 0);
    drop(store);
    assert_issues(&open(dir.path()), &records);
}

#[test]
fn issues_that_become_one_keep_their_counts_and_the_state_most_to_be_looked_at() {
    let states: [(&str, IssueChange, IssueChange, IssueState); 4] = [
        ("open", IssueChange::Open, ignore(None), IssueState::Open),
        ("both", ignore(None), ignore(None), IssueState::Ignored),
        ("resolved", ignore(None), IssueChange::Resolve { release: None }, IssueState::Resolved),
        ("again", IssueChange::Resolve { release: None }, ignore(None), IssueState::Resolved),
    ];
    for (name, of_a, of_b, want) in states {
        let dir = TempDir::new().unwrap();
        let store = open(dir.path());
        store.append(&batch(&of_kind("A", 1, 30))).unwrap();
        store.append(&batch(&of_kind("B", 2, 20))).unwrap();
        store.set_issue_state(issue_of(&store, "A").issue, &of_a, END_MS).unwrap();
        store.set_issue_state(issue_of(&store, "B").issue, &of_b, END_MS).unwrap();
        drop(store);
        assert_eq!(rename(dir.path(), "B", "A", "true"), 20);
        let store = open(dir.path());
        let regrouped = store.regroup(&mut |_, _| ()).unwrap();
        assert_eq!((regrouped.events, regrouped.moved, regrouped.issues), (50, 20, 1), "{name}");
        let issue = issue_of(&store, "A");
        assert_eq!((issue.events_total, issue.state), (50, want), "{name}");
        assert_eq!(store.events(issue.issue, None, 100).unwrap().len(), 50);
    }
}

#[test]
fn an_issue_that_becomes_two_gives_both_its_state_and_its_count_goes_on() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    store.append(&batch(&of_kind("A", 1, 30))).unwrap();
    let old = issue_of(&store, "A").issue;
    store.set_issue_state(old, &ignore(Some(4)), END_MS).unwrap();
    drop(store);
    let moved = rename(dir.path(), "A", "B", "id % 2 = 1 AND id / 8388608 % 2 = 0")
        + rename(dir.path(), "A", "C", "true");
    assert_eq!(moved, 30);
    let store = open(dir.path());
    assert_eq!(store.regroup(&mut |_, _| ()).unwrap().moved, 30);
    assert_eq!(store.issue(old, 0).unwrap(), None);
    assert_eq!(total(&store), 30);
    for issue in store.issues(&everything()).unwrap() {
        assert_eq!(issue.state, IssueState::Ignored);
        assert_eq!(issue.ignored_until_events, Some(issue.events_total + 4));
    }
}

#[test]
fn what_a_person_decided_about_the_new_issue_since_holds() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    store.append(&batch(&of_kind("A", 1, 9))).unwrap();
    store.append(&batch(&of_kind("B", 2, 9))).unwrap();
    let new = issue_of(&store, "B").issue;
    store.set_issue_state(new, &ignore(None), END_MS).unwrap();
    drop(store);
    rename(dir.path(), "A", "B", "true");
    let store = open(dir.path());
    store.regroup(&mut |_, _| ()).unwrap();
    // its own occurrences were grouped again too: it is one of those that
    // became it, and the other was open
    assert_eq!(issue_of(&store, "B").state, IssueState::Open);
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    store.append(&batch(&of_kind("A", 1, 9)[..3])).unwrap();
    drop(store);
    rename(dir.path(), "A", "B", "true");
    let store = open(dir.path());
    // stored by the new rules, on a day without any of the old
    let mut later = of_kind("B", 2, 1);
    let What::Exception(e) = &mut later[0].what else { panic!("not an exception") };
    e.id = RequestId::first_at_ms(FIRST_DAY_MS + 3 * DAY_MS);
    store.append(&batch(&later)).unwrap();
    store.set_issue_state(new, &ignore(None), END_MS).unwrap();
    store.regroup(&mut |_, _| ()).unwrap();
    let issue = issue_of(&store, "B");
    assert_eq!((issue.state, issue.events_total), (IssueState::Ignored, 4));
}

#[test]
fn of_deleted_days_whole_issues_go_where_their_representative_goes() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    store.append(&batch(&of_kind("A", 1, 30))).unwrap();
    store.append(&batch(&of_kind("B", 2, 20))).unwrap();
    store.set_issue_state(issue_of(&store, "B").issue, &ignore(None), END_MS).unwrap();
    let late = of_kind("late", 3, 1).remove(0);
    let What::Exception(e) = late.what else { panic!("not an exception") };
    let id = RequestId::first_at_ms(FIRST_DAY_MS + 9 * DAY_MS);
    let what = What::Exception(OwnedException { id, ..e });
    store.append(&batch(&[Owned { what, ..late }])).unwrap();
    store.retain(FIRST_DAY_MS + 9 * DAY_MS, u64::MAX, 1).unwrap();
    assert_eq!(store.size().unwrap().days, 1);
    drop(store);
    let main = Connection::open(dir.path().join(MAIN)).unwrap();
    let sql = "UPDATE kept_events SET kind = 'C'; UPDATE issues SET grouping = 0 WHERE kind < 'C'";
    main.execute_batch(sql).unwrap();
    drop(main);
    let store = open(dir.path());
    assert_eq!(store.regroup(&mut |_, _| ()).unwrap().issues, 2);
    let issues = store.issues(&everything()).unwrap();
    assert_eq!((issues.len(), issues[0].events_total), (1, 50));
    // one was open
    assert_eq!(issues[0].state, IssueState::Open);
    let detail = store.issue(issues[0].issue, END_MS).unwrap().unwrap();
    assert_eq!(detail.grouping_version, Grouping::VERSION);
    assert!(detail.first.is_some_and(|head| head.kind == "C"));
    assert!(detail.latest.is_some_and(|event| event.head.issue == issues[0].issue));
}

/// The main file as it is while the store is closed.
fn save_main(dir: &Path) -> Vec<u8> {
    fs::read(dir.join(MAIN)).unwrap()
}

#[test]
fn a_crash_between_a_day_and_the_main_file_loses_no_issue_count_or_regression() {
    let mut random = Random::seeded(103);
    let mut regressions = 0;
    for _ in 0..8 {
        let records = records(&mut random, 700);
        let dir = TempDir::new().unwrap();
        let store = open(dir.path());
        // all days have files that are known not to be folded
        let cut = 300 + random.below(300) as usize;
        store.append(&batch(&records[..cut])).unwrap();
        let issues = store.issues(&everything()).unwrap();
        let at = |issue: &haechi_store::IssueSummary| issue.last_seen_ms;
        for issue in &issues {
            let change = IssueChange::Resolve { release: None };
            store.set_issue_state(issue.issue, &change, at(issue)).unwrap();
        }
        drop(store);
        let before = save_main(dir.path());
        let store = open(dir.path());
        store.append(&batch(&records[cut..])).unwrap();
        let want = store.issues(&everything()).unwrap();
        drop(store);
        fs::write(dir.path().join(MAIN), before).unwrap();
        let store = open(dir.path());
        let there = DAYS.iter().all(|day| dir.path().join(format!("days/{day}.db")).exists());
        assert!(there);
        assert!(store.issues(&everything()).unwrap() == want, "issues are not what they were");
        let appended = store.append(&batch(&records[cut..])).unwrap();
        assert_eq!((appended.stored, appended.exceptions.len()), (0, 0));
        assert!(store.issues(&everything()).unwrap() == want);
        assert_issues(&store, &records);
        regressions += want.iter().filter(|issue| issue.regressed_ms.is_some()).count();
    }
    assert!(regressions > 10, "{regressions} regressions are no test");
}

#[test]
fn a_crash_between_grouping_a_day_again_and_the_main_file_loses_nothing() {
    let mut random = Random::seeded(104);
    let dir = TempDir::new().unwrap();
    let records = records(&mut random, 900);
    let store = open(dir.path());
    store.append(&batch(&records)).unwrap();
    store.append(&batch(&of_kind("A", 1, 30))).unwrap();
    store.append(&batch(&of_kind("B", 2, 20))).unwrap();
    let (a, b) = (issue_of(&store, "A").issue, issue_of(&store, "B").issue);
    store.set_issue_state(a, &ignore(Some(7)), END_MS).unwrap();
    store.set_issue_state(b, &ignore(None), END_MS).unwrap();
    drop(store);
    assert_eq!(rename(dir.path(), "A", "D", "true"), 30);
    let before = save_main(dir.path());
    let store = open(dir.path());
    assert_eq!(store.regroup(&mut |_, _| ()).unwrap().moved, 30);
    let want = store.issues(&everything()).unwrap();
    drop(store);
    fs::write(dir.path().join(MAIN), before).unwrap();
    let store = open(dir.path());
    let got = store.issues(&everything()).unwrap();
    assert!(got == want, "a crash changed what grouping again gave");
    let d = issue_of(&store, "D");
    assert_eq!((d.events_total, d.state), (30, IssueState::Ignored));
    assert_eq!(d.ignored_until_events, Some(37));
    assert_eq!(issue_of(&store, "B").state, IssueState::Ignored);
    assert_eq!(store.issue(a, 0).unwrap(), None);
    assert_eq!(store.regroup(&mut |_, _| ()).unwrap().events, 0);
}
