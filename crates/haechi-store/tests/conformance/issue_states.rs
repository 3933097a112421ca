//! What people decide about issues, and what new occurrences do to it.

use crate::Fresh;
use crate::generate::{FIRST_DAY_MS, Owned, batch};
use crate::issues::raised;
use crate::naive_issues::everything;
use haechi_store::{Appended, IssueChange, IssueState, IssueSummary, IssuesQuery, Store};

const T: u64 = FIRST_DAY_MS;
const MINUTE: u64 = 60_000;

/// The nth occurrence of the one issue, so many minutes after the first.
fn at(n: u64, minute: u64) -> Owned {
    raised(n, T + minute * MINUTE, |e| e.release = format!("1.{n}"))
}

fn append(store: &dyn Store, records: &[Owned]) -> Appended {
    store.append(&batch(records)).unwrap()
}

fn only(store: &dyn Store, now_ms: u64) -> IssueSummary {
    let mut issues = store.issues(&IssuesQuery { now_ms, ..everything() }).unwrap();
    assert_eq!(issues.len(), 1);
    issues.remove(0)
}

fn resolve(release: Option<&str>) -> IssueChange {
    IssueChange::Resolve { release: release.map(str::to_owned) }
}

fn listed(store: &dyn Store, now_ms: u64) -> Vec<&'static str> {
    let states = [IssueState::Open, IssueState::Resolved, IssueState::Ignored];
    let has = |state: &IssueState| {
        let query = IssuesQuery { state: Some(*state), now_ms, ..everything() };
        !store.issues(&query).unwrap().is_empty()
    };
    states.into_iter().filter(has).map(IssueState::name).collect()
}

#[test]
fn a_resolved_issue_that_occurs_later_is_open_again_and_says_since_when() {
    let fresh = Fresh::new();
    let store = fresh.open();
    append(&*store, &[at(0, 0), at(1, 5)]);
    let id = only(&*store, T).issue;
    assert!(store.set_issue_state(id, &resolve(Some("1.9")), T + 10 * MINUTE).unwrap());
    assert_eq!(listed(&*store, T), ["resolved"]);
    let issue = only(&*store, T);
    assert_eq!(issue.resolved_release.as_deref(), Some("1.9"));
    assert_eq!(issue.state_changed_ms, Some(T + 10 * MINUTE));
    // read late, but it happened before
    let appended = append(&*store, &[at(2, 9)]);
    assert!(!appended.exceptions[0].regressed && !appended.exceptions[0].is_new_issue);
    assert_eq!(listed(&*store, T), ["resolved"]);
    let store = fresh.open_again(store);
    let appended = append(&*store, &[at(3, 13), at(4, 12), at(5, 14)]);
    let told: Vec<bool> = appended.exceptions.iter().map(|e| e.regressed).collect();
    assert_eq!(told, [true, false, false]);
    let issue = only(&*store, T);
    assert_eq!((issue.state, issue.events_total), (IssueState::Open, 6));
    assert_eq!(issue.regressed_ms, Some(T + 12 * MINUTE));
    assert_eq!(issue.regressed_release.as_deref(), Some("1.4"));
    assert!(!append(&*store, &[at(6, 20)]).exceptions[0].regressed);
    let issue = only(&*fresh.open_again(store), T);
    assert_eq!(issue.regressed_ms, Some(T + 12 * MINUTE));
}

#[test]
fn a_decision_about_a_regressed_issue_takes_the_mark_away() {
    let fresh = Fresh::new();
    let store = fresh.open();
    append(&*store, &[at(0, 0)]);
    let id = only(&*store, T).issue;
    for change in [IssueChange::Open, resolve(None)] {
        store.set_issue_state(id, &resolve(None), T + MINUTE).unwrap();
        let n = only(&*store, T).events_total;
        append(&*store, &[at(n, 10 * n)]);
        assert!(only(&*store, T).regressed_ms.is_some());
        store.set_issue_state(id, &change, T + 9 * MINUTE).unwrap();
        assert_eq!(only(&*store, T).regressed_ms, None);
    }
    // known when it was resolved, though its clock was ahead
    assert_eq!(only(&*store, T).state, IssueState::Resolved);
    append(&*store, &[at(8, 3)]);
    assert_eq!(only(&*store, T).state, IssueState::Resolved);
}

#[test]
fn an_ignored_issue_wakes_after_so_many_more_occurrences() {
    let fresh = Fresh::new();
    let mut store = fresh.open();
    append(&*store, &[at(0, 0), at(1, 1)]);
    let id = only(&*store, T).issue;
    let change = IssueChange::Ignore { until_ms: None, until_events: Some(3) };
    store.set_issue_state(id, &change, T + MINUTE).unwrap();
    assert_eq!(only(&*store, T).ignored_until_events, Some(5));
    for n in 2..5 {
        assert_eq!(listed(&*store, T + 99 * MINUTE), ["ignored"]);
        let appended = append(&*store, &[at(n, n + 10)]);
        assert!(!appended.exceptions[0].regressed);
        // the same once more is no occurrence
        append(&*store, &[at(n, n + 10)]);
        store = fresh.open_again(store);
    }
    let issue = only(&*store, T);
    assert_eq!((issue.state, issue.ignored_until_events), (IssueState::Open, None));
    assert_eq!(issue.regressed_ms, None);
}

#[test]
fn an_ignored_issue_wakes_at_its_time_whether_it_occurs_or_not() {
    let fresh = Fresh::new();
    let store = fresh.open();
    append(&*store, &[at(0, 0)]);
    let id = only(&*store, T).issue;
    let until = T + 60 * MINUTE;
    let change = IssueChange::Ignore { until_ms: Some(until), until_events: None };
    store.set_issue_state(id, &change, T + MINUTE).unwrap();
    append(&*store, &[at(1, 59)]);
    assert_eq!(listed(&*store, until - 1), ["ignored"]);
    assert_eq!(only(&*store, until - 1).ignored_until_ms, Some(until));
    assert_eq!(listed(&*store, until), ["open"]);
    let detail = store.issue(id, until).unwrap().unwrap();
    assert_eq!(detail.summary.state, IssueState::Open);
    // an occurrence wakes it for good
    append(&*store, &[at(2, 60)]);
    assert_eq!(listed(&*store, T), ["open"]);
}

#[test]
fn an_issue_ignored_without_an_end_stays_so_until_it_is_opened() {
    let fresh = Fresh::new();
    let store = fresh.open();
    append(&*store, &[at(0, 0)]);
    let id = only(&*store, T).issue;
    let change = IssueChange::Ignore { until_ms: None, until_events: None };
    store.set_issue_state(id, &change, T).unwrap();
    append(&*store, &(1..200).map(|n| at(n, n)).collect::<Vec<_>>());
    let store = fresh.open_again(store);
    assert_eq!(listed(&*store, u64::MAX), ["ignored"]);
    store.set_issue_state(id, &IssueChange::Open, T).unwrap();
    assert_eq!(listed(&*store, T), ["open"]);
}

#[test]
fn the_greatest_numbers_of_a_decision_do_not_wrap() {
    let fresh = Fresh::new();
    let store = fresh.open();
    append(&*store, &[at(0, 0)]);
    let id = only(&*store, T).issue;
    let change = IssueChange::Ignore { until_ms: Some(u64::MAX), until_events: Some(u64::MAX) };
    store.set_issue_state(id, &change, u64::MAX).unwrap();
    append(&*store, &[at(1, 9)]);
    assert_eq!(listed(&*store, T), ["ignored"]);
    store.set_issue_state(id, &resolve(Some("'; --\u{0}")), u64::MAX).unwrap();
    append(&*store, &[at(2, 10)]);
    assert_eq!(listed(&*store, T), ["resolved"]);
    assert_eq!(only(&*store, T).resolved_release.as_deref(), Some("'; --\u{0}"));
}

#[test]
fn nothing_is_decided_about_an_issue_that_is_not_there() {
    let fresh = Fresh::new();
    let store = fresh.open();
    assert!(!store.set_issue_state(5, &IssueChange::Open, T).unwrap());
    assert!(!store.set_issue_state(u64::MAX, &IssueChange::Open, T).unwrap());
    assert_eq!(store.issues(&everything()).unwrap(), []);
}
