//! The same questions about issues, answered by looking at every record.

use crate::generate::{DAY_MS, FIRST_DAY_MS, Owned, OwnedException, What};
use haechi_event::{Grouping, Mechanism, RequestId, decode_stack};
use haechi_store::{ExceptionHead, IssueDetail, IssueSummary, IssuesQuery, Store, StoredException};
use std::collections::BTreeMap;

pub(crate) const HOUR_MS: u64 = 3_600_000;
/// After every generated record.
pub(crate) const END_MS: u64 = FIRST_DAY_MS + 4 * DAY_MS;

pub(crate) fn exceptions(records: &[Owned]) -> impl Iterator<Item = (&Owned, &OwnedException)> {
    records.iter().filter_map(|owned| match &owned.what {
        What::Exception(exception) => Some((owned, exception)),
        _ => None,
    })
}

/// An issue with every occurrence, oldest first.
pub(crate) struct ExactIssue {
    pub(crate) grouping: Grouping,
    pub(crate) events: Vec<StoredException>,
}

pub(crate) fn grouping_of(e: &OwnedException) -> Grouping {
    if e.mechanism == Mechanism::WorkerDied {
        return Grouping::of_worker_death(&e.app, &e.route, &e.message);
    }
    let causes = decode_stack(&e.stack).unwrap_or_default();
    Grouping::of(&e.app, &e.kind, &e.message, &causes)
}

/// All issues by their fingerprint.
pub(crate) fn exact_issues(records: &[Owned]) -> BTreeMap<u64, ExactIssue> {
    let mut issues = BTreeMap::new();
    for (owned, e) in exceptions(records) {
        let grouping = grouping_of(e);
        let event = stored(owned, e, grouping.fingerprint);
        let new = ExactIssue { grouping, events: Vec::new() };
        issues.entry(event.head.issue).or_insert(new).events.push(event);
    }
    for issue in issues.values_mut() {
        issue.events.sort_by_key(|event| event.head.id);
    }
    issues
}

fn stored(owned: &Owned, e: &OwnedException, issue: u64) -> StoredException {
    let head = ExceptionHead {
        id: e.id,
        issue,
        mechanism: e.mechanism,
        app: e.app.clone(),
        route: e.route.clone(),
        release: e.release.clone(),
        ticket: (!e.ticket.is_empty()).then(|| e.ticket.clone()),
        request_id: (e.request_id != RequestId::NONE).then_some(e.request_id),
        pid: owned.pid,
        kind: e.kind.clone(),
        message: e.message.clone(),
        user: e.user.clone(),
    };
    StoredException { head, stack: e.stack.clone() }
}

impl ExactIssue {
    /// Occurrences in a range, whose ends are taken out to full hours.
    pub(crate) fn events_in(&self, from_ms: u64, to_ms: u64) -> u64 {
        let range = from_ms / HOUR_MS..to_ms.div_ceil(HOUR_MS);
        let hours = self.events.iter().map(|event| event.head.id.unix_ms() / HOUR_MS);
        hours.filter(|hour| range.contains(hour)).count() as u64
    }

    /// Occurrences per hour, the last being the one of `now_ms`.
    pub(crate) fn hours(&self, now_ms: u64, count: u64) -> Vec<u64> {
        let now = now_ms / HOUR_MS;
        let of = |back: u64| self.events_in((now - back) * HOUR_MS, (now - back + 1) * HOUR_MS);
        (0..count).rev().map(of).collect()
    }

    /// Most first, then by name.
    pub(crate) fn shares(&self, of: impl Fn(&ExceptionHead) -> &str) -> Vec<(String, u64)> {
        let mut counts = BTreeMap::<String, u64>::new();
        for event in &self.events {
            *counts.entry(of(&event.head).to_owned()).or_default() += 1;
        }
        let mut shares: Vec<_> = counts.into_iter().collect();
        shares.sort_by_key(|(_, events)| std::cmp::Reverse(*events));
        shares
    }

    /// As shares, of those somebody was signed in at.
    pub(crate) fn users(&self) -> Vec<(String, u64)> {
        let mut users = self.shares(|head| &head.user);
        users.retain(|(user, _)| !user.is_empty());
        users
    }

    /// The one with the most frames, of those the earliest.
    pub(crate) fn representative(&self) -> RequestId {
        let frames = |event: &StoredException| {
            let causes = decode_stack(&event.stack).unwrap_or_default();
            causes.iter().map(|cause| cause.frames.len()).sum::<usize>()
        };
        let most = self.events.iter().map(frames).max().unwrap();
        self.events.iter().find(|event| frames(event) == most).unwrap().head.id
    }

    pub(crate) fn heads(&self) -> Vec<ExceptionHead> {
        self.events.iter().rev().map(|event| event.head.clone()).collect()
    }
}

pub(crate) fn everything() -> IssuesQuery {
    IssuesQuery { to_ms: END_MS, now_ms: END_MS, limit: 100_000, ..IssuesQuery::default() }
}

/// Compares everything a store says of issues with these records.
pub(crate) fn assert_issues(store: &dyn Store, records: &[Owned]) {
    let exact = exact_issues(records);
    let got = store.issues(&everything()).unwrap();
    let mut ids: Vec<u64> = got.iter().map(|issue| issue.issue).collect();
    ids.sort_unstable();
    assert_eq!(ids, exact.keys().copied().collect::<Vec<_>>());
    for summary in &got {
        assert_issue(store, summary, &exact[&summary.issue]);
    }
}

fn assert_issue(store: &dyn Store, summary: &IssueSummary, want: &ExactIssue) {
    let (first, latest) = (&want.events[0], want.events.last().unwrap());
    let events = want.events.len() as u64;
    assert!(latest.head.message.starts_with(&summary.message) && summary.message.len() <= 500);
    assert_eq!(summary.message.len() < 499, latest.head.message.len() < 499);
    let exact = IssueSummary {
        issue: want.grouping.fingerprint,
        app: latest.head.app.clone(),
        kind: latest.head.kind.clone(),
        culprit: want.grouping.culprit.clone(),
        first_seen_ms: first.head.id.unix_ms(),
        last_seen_ms: latest.head.id.unix_ms(),
        events,
        events_total: events,
        routes: want.shares(|head| &head.route),
        hours: want.hours(END_MS, 24),
        users: want.users().len() as u64,
        // told by what was decided, not by what occurred
        message: summary.message.clone(),
        state: summary.state,
        state_changed_ms: summary.state_changed_ms,
        resolved_release: summary.resolved_release.clone(),
        ignored_until_ms: summary.ignored_until_ms,
        ignored_until_events: summary.ignored_until_events,
        regressed_ms: summary.regressed_ms,
        regressed_release: summary.regressed_release.clone(),
    };
    assert_eq!(*summary, exact);
    let exact = IssueDetail {
        summary: exact,
        reason: want.grouping.reason.clone(),
        grouping_version: Grouping::VERSION,
        releases: want.shares(|head| &head.release),
        top_users: want.users(),
        hours_7d: want.hours(END_MS, 168),
        first: Some(first.head.clone()),
        latest: Some(latest.clone()),
        representative_id: want.representative(),
    };
    assert_eq!(store.issue(summary.issue, END_MS).unwrap(), Some(exact));
    assert_eq!(store.events(summary.issue, None, 100_000).unwrap(), want.heads());
}
