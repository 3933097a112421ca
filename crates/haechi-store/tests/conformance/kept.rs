//! What stays of issues when the days they occurred on are deleted.

use crate::answers::filled;
use crate::generate::{DAY_MS, FIRST_DAY_MS, Owned, Random, batch, stack};
use crate::issues::raised;
use crate::naive_issues::{END_MS, everything, exact_issues};
use crate::{Fresh, open_with};
use haechi_store::{IssueChange, IssueState, IssuesQuery, Options};

#[test]
fn a_deleted_day_keeps_counts_and_the_first_latest_and_representative_exception() {
    let mut random = Random::seeded(95);
    let fresh = Fresh::new();
    let (mut store, mut records) = filled(&fresh, &mut random);
    records.push(raised(0, FIRST_DAY_MS + 3 * DAY_MS + DAY_MS / 2, |_| ()));
    store.append(&batch(&records[records.len() - 1..])).unwrap();
    let exact = exact_issues(&records);
    let before = store.issues(&everything()).unwrap();
    for (keep_days, deleted) in [(2, "2026-02-28"), (1, "2026-03-01")] {
        let retained = store.retain(END_MS, u64::MAX, keep_days).unwrap();
        assert_eq!(retained.days, [deleted]);
    }
    for _ in 0..2 {
        assert_eq!(store.issues(&everything()).unwrap(), before);
        for issue in &before {
            let want = &exact[&issue.issue];
            let detail = store.issue(issue.issue, END_MS).unwrap().unwrap();
            assert_eq!(detail.first.as_ref(), Some(&want.events[0].head));
            assert_eq!(detail.latest.as_ref(), want.events.last());
            assert_eq!(detail.representative_id, want.representative());
            let event = store.event(detail.representative_id).unwrap();
            let id = want.representative();
            assert_eq!(event.as_ref(), want.events.iter().find(|event| event.head.id == id));
            let heads = store.events(issue.issue, None, 100_000).unwrap();
            assert!(heads.windows(2).all(|pair| pair[0].id > pair[1].id));
            assert!(heads.iter().all(|head| want.heads().contains(head)));
            assert_eq!(heads.first(), Some(&want.events.last().unwrap().head));
            assert_eq!(heads.last(), Some(&want.events[0].head));
        }
        store = fresh.open_again(store);
    }
}

#[test]
fn states_outlive_their_days_and_a_late_exception_of_a_deleted_day_counts() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let day = |n: u64, day: u64| raised(n, FIRST_DAY_MS + day * DAY_MS + 1000 * n, |_| ());
    store.append(&batch(&[day(1, 0), day(2, 0), day(3, 5)])).unwrap();
    let id = store.issues(&everything()).unwrap()[0].issue;
    let resolve = IssueChange::Resolve { release: None };
    store.set_issue_state(id, &resolve, FIRST_DAY_MS + 6 * DAY_MS).unwrap();
    store.retain(FIRST_DAY_MS + 6 * DAY_MS, u64::MAX, 1).unwrap();
    let mut late = day(0, 0);
    late.segment = "late".into();
    store.append(&batch(&[late])).unwrap();
    for round in 0..3 {
        let detail = store.issue(id, FIRST_DAY_MS).unwrap().unwrap();
        assert_eq!(detail.summary.events_total, 4, "round {round}");
        assert_eq!(detail.summary.state, IssueState::Resolved);
        assert_eq!(detail.summary.first_seen_ms, FIRST_DAY_MS);
        assert_eq!(detail.first.unwrap().id.unix_ms(), FIRST_DAY_MS);
        assert_eq!(store.size().unwrap().exceptions, 4);
        store.retain(FIRST_DAY_MS + 6 * DAY_MS, u64::MAX, 1).unwrap();
    }
    let query = IssuesQuery { to_ms: u64::MAX, ..everything() };
    assert_eq!(store.issues(&query).unwrap().len(), 1);
}

#[test]
fn kept_stacks_take_a_part_of_the_budget_and_those_seen_last_stay_longest() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let kind = |n: u64| format!("E{}", "x".repeat(n as usize));
    let records: Vec<Owned> = (0..60)
        .map(|n| {
            raised(n, FIRST_DAY_MS + n * 60_000, |e| {
                e.kind = kind(n);
                e.stack = stack(&e.kind, &"m".repeat(900), 30, 0);
            })
        })
        .collect();
    store.append(&batch(&records)).unwrap();
    store.append(&batch(&[raised(60, FIRST_DAY_MS + 5 * DAY_MS, |_| ())])).unwrap();
    let one = store.issues(&everything()).unwrap().remove(0);
    let len = store.issue(one.issue, 0).unwrap().unwrap().latest.unwrap().stack.len() as u64;
    let retained = store.retain(FIRST_DAY_MS + 5 * DAY_MS, 8 * 10 * len, 1).unwrap();
    assert_eq!(retained.days.len(), 1);
    let query = IssuesQuery { to_ms: FIRST_DAY_MS + 2 * DAY_MS, ..everything() };
    let issues = store.issues(&query).unwrap();
    assert_eq!(issues.len(), 60);
    let stacks: Vec<bool> = issues
        .iter()
        .map(|issue| {
            let latest = store.issue(issue.issue, 0).unwrap().unwrap().latest.unwrap();
            assert_eq!(latest.head.kind, issue.kind);
            !latest.stack.is_empty()
        })
        .collect();
    let kept = stacks.iter().filter(|has| **has).count();
    assert!((8..=12).contains(&kept), "{kept}");
    assert!(stacks[..kept].iter().all(|has| *has), "{stacks:?}");
}

#[test]
fn more_issues_than_an_app_may_have_become_other_when_their_days_are_deleted() {
    let fresh = Fresh::new();
    let options = Options { issues_per_app: 20, ..Options::default() };
    let store = open_with(fresh.dir.path(), options);
    let mut n = 0;
    let mut total = 0;
    for day in 0..4 {
        let records: Vec<Owned> = (0..20)
            .map(|of_day| {
                n += 1;
                raised(n, FIRST_DAY_MS + day * DAY_MS + of_day * 1000, |e| {
                    e.kind = "E".repeat(n as usize);
                })
            })
            .collect();
        total += records.len() as u64;
        store.append(&batch(&records)).unwrap();
    }
    let query = || IssuesQuery { to_ms: FIRST_DAY_MS + 9 * DAY_MS, ..everything() };
    let first = store.issues(&query()).unwrap().pop().unwrap();
    let ignore = IssueChange::Ignore { until_ms: None, until_events: None };
    store.set_issue_state(first.issue, &ignore, FIRST_DAY_MS).unwrap();
    store.retain(FIRST_DAY_MS + 4 * DAY_MS, u64::MAX, 1).unwrap();
    assert_eq!(store.size().unwrap().days, 2);
    let issues = store.issues(&query()).unwrap();
    // 40 of the days that are left, the one decided about, and the rest
    assert_eq!(issues.len(), 42);
    assert_eq!(issues.iter().map(|issue| issue.events_total).sum::<u64>(), total);
    let other = issues.iter().find(|issue| issue.kind == "(other)").unwrap();
    assert_eq!((other.events_total, other.state), (39, IssueState::Open));
    assert_eq!(store.issue(first.issue, 0).unwrap().unwrap().summary.state, IssueState::Ignored);
    let detail = store.issue(other.issue, 0).unwrap().unwrap();
    assert!(detail.first.is_some() && detail.latest.is_some());
}
