//! Every answer about issues equals a recount.

use crate::answers::filled;
use crate::generate::{
    APPS, DAY_MS, FIRST_DAY_MS, Owned, OwnedException, ROUTES, Random, What, batch, records, stack,
};
use crate::naive_issues::{
    END_MS, HOUR_MS, assert_issues, everything, exact_issues, exceptions, grouping_of,
};
use crate::{Fresh, open_with};
use haechi_event::{RequestId, STACK_MAX};
use haechi_store::{IssueSort, IssuesQuery, Options};

/// The nth record of one segment: an exception at this time.
pub(crate) fn raised(n: u64, unix_ms: u64, change: impl FnOnce(&mut OwnedException)) -> Owned {
    let mut exception = OwnedException {
        id: RequestId::from_u64(RequestId::first_at_ms(unix_ms).as_u64() + n % 1024),
        app: "shop".into(),
        route: "default/pay".into(),
        release: "1.0".into(),
        kind: "ValueError".into(),
        message: "no cover".into(),
        stack: stack("ValueError", "no cover", 2, 0),
        ..OwnedException::default()
    };
    change(&mut exception);
    Owned {
        segment: "raised".into(),
        pid: 1,
        end: n + 1,
        sequence: n as u32 + 1,
        what: What::Exception(exception),
    }
}

#[test]
fn issues_and_their_exceptions_equal_a_recount() {
    let mut random = Random::seeded(81);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    assert!(exact_issues(&records).len() > 50);
    assert_issues(&*store, &records);
    let store = fresh.open_again(store);
    assert_issues(&*store, &records);
    store.fold().unwrap();
    assert_issues(&*store, &records);
}

#[test]
fn issues_of_any_range_app_and_text_equal_a_recount_in_every_order() {
    let mut random = Random::seeded(82);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    let exact = exact_issues(&records);
    let sorts = [IssueSort::LastSeen, IssueSort::FirstSeen, IssueSort::Events];
    for round in 0..200 {
        let from_ms = FIRST_DAY_MS - DAY_MS + random.below(4 * DAY_MS);
        let to_ms = from_ms + random.below(2 * DAY_MS);
        let words = ["PAYMENT", "no cover", "pay (", "keyerror", "%", "ż"];
        let query = IssuesQuery {
            app: random.one_in(2).then(|| random.pick(&APPS).to_owned()),
            route: random.one_in(3).then(|| random.pick(&ROUTES).to_owned()),
            text: random.one_in(2).then(|| random.pick(&words).to_owned()),
            from_ms,
            to_ms,
            now_ms: to_ms,
            sort: sorts[round % 3],
            limit: 1000,
            ..IssuesQuery::default()
        };
        let got = store.issues(&query).unwrap();
        let mut want: Vec<(u64, u64)> = exact
            .iter()
            .filter(|(_, issue)| {
                let latest = &issue.events.last().unwrap().head;
                let texts = [&latest.kind, &latest.message, &issue.grouping.culprit];
                let text = query.text.as_ref().map(|text| text.to_lowercase());
                let in_route =
                    |route: &String| issue.events.iter().any(|event| event.head.route == *route);
                query.app.as_ref().is_none_or(|app| *app == latest.app)
                    && query.route.as_ref().is_none_or(in_route)
                    && text.is_none_or(|t| texts.iter().any(|x| x.to_lowercase().contains(&t)))
            })
            .map(|(id, issue)| (*id, issue.events_in(from_ms, to_ms)))
            .filter(|(_, events)| *events > 0)
            .collect();
        let mut have: Vec<(u64, u64)> = got.iter().map(|i| (i.issue, i.events)).collect();
        let order = |i: &haechi_store::IssueSummary| match query.sort {
            IssueSort::LastSeen => i.last_seen_ms,
            IssueSort::FirstSeen => i.first_seen_ms,
            IssueSort::Events => i.events,
        };
        assert!(got.windows(2).all(|pair| order(&pair[0]) >= order(&pair[1])), "{query:?}");
        let few = store.issues(&IssuesQuery { limit: 3, ..query.clone() }).unwrap();
        let (few, top): (Vec<u64>, Vec<u64>) =
            (few.iter().map(order).collect(), got.iter().take(3).map(order).collect());
        assert_eq!(few, top, "{query:?}");
        have.sort_unstable();
        want.sort_unstable();
        assert_eq!(have, want, "{query:?}");
    }
    let none = IssuesQuery { limit: 0, ..everything() };
    assert_eq!(store.issues(&none).unwrap(), []);
}

#[test]
fn exceptions_are_read_back_whole_and_page_by_page() {
    let mut random = Random::seeded(83);
    let fresh = Fresh::new();
    let (store, records) = filled(&fresh, &mut random);
    for issue in exact_issues(&records).values() {
        for event in issue.events.iter().step_by(7) {
            assert_eq!(store.event(event.head.id).unwrap().as_ref(), Some(event));
        }
        let (mut got, mut before) = (Vec::new(), None);
        loop {
            let page = store.events(issue.grouping.fingerprint, before, 3).unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            got.extend(page);
        }
        assert_eq!(got, issue.heads());
    }
    assert_eq!(store.event(RequestId::from_u64(77)).unwrap(), None);
    assert_eq!(store.issue(77, END_MS).unwrap(), None);
    assert_eq!(store.events(77, None, 9).unwrap(), []);
}

#[test]
fn an_append_tells_each_new_exception_and_of_a_new_issue_once() {
    let mut random = Random::seeded(84);
    let fresh = Fresh::new();
    let store = fresh.open();
    let records = records(&mut random, 2000);
    let mut seen = std::collections::HashSet::new();
    for part in records.chunks(190) {
        let appended = store.append(&batch(part)).unwrap();
        let told: Vec<_> =
            appended.exceptions.iter().map(|e| (e.index, e.id, e.issue, e.is_new_issue)).collect();
        let want: Vec<_> = part
            .iter()
            .enumerate()
            .filter_map(|(index, owned)| match &owned.what {
                What::Exception(e) => {
                    let issue = grouping_of(e).fingerprint;
                    Some((index, e.id, issue, seen.insert(issue)))
                }
                _ => None,
            })
            .collect();
        assert_eq!(told, want);
        assert!(appended.exceptions.iter().all(|e| !e.regressed));
        assert_eq!(store.append(&batch(part)).unwrap().exceptions, []);
    }
}

#[test]
fn issues_past_the_cap_count_as_other_and_totals_stay_exact() {
    let fresh = Fresh::new();
    let options = || Options { issues_per_app: 40, ..Options::default() };
    let records: Vec<Owned> = (0..900)
        .map(|n| {
            raised(n, FIRST_DAY_MS + n * 1000, |e| {
                e.kind =
                    format!("Error{}", (b'a' + (n % 20) as u8) as char).repeat(1 + n as usize / 20);
                e.app = if n % 3 == 0 { "blog".into() } else { "shop".into() };
                e.route = format!("r{n}");
            })
        })
        .collect();
    let mut store = open_with(fresh.dir.path(), options());
    for part in records.chunks(130) {
        store.append(&batch(part)).unwrap();
        drop(store);
        store = open_with(fresh.dir.path(), options());
    }
    let issues = store.issues(&everything()).unwrap();
    for app in ["shop", "blog"] {
        let of_app: Vec<_> = issues.iter().filter(|issue| issue.app == app).collect();
        assert!(of_app.len() <= 41, "{}", of_app.len());
        let other = of_app.iter().find(|issue| issue.kind == "(other)").unwrap();
        assert!(other.events_total > 100);
        let sum: u64 = of_app.iter().map(|issue| issue.events_total).sum();
        assert_eq!(sum, exceptions(&records).filter(|(_, e)| e.app == app).count() as u64);
        assert_eq!(other.routes.len(), 20);
        assert_eq!(other.routes[0].0, "(other)");
        let heads = store.events(other.issue, None, 10_000).unwrap();
        assert_eq!(heads.len() as u64, other.events_total);
        assert!(heads.iter().all(|head| head.kind.starts_with("Error")));
    }
    assert_eq!(store.size().unwrap().exceptions, 900);
}

#[test]
fn a_batch_with_more_issues_than_are_added_up_at_once_counts_each() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let records: Vec<Owned> = (0..5000)
        .map(|n| raised(n, FIRST_DAY_MS + n, |e| e.app = format!("app {}", n % 2500 / 20)))
        .zip((0..2500).cycle())
        .map(|(mut owned, n)| {
            let What::Exception(e) = &mut owned.what else { panic!("not an exception") };
            e.kind = "E".repeat(1 + n % 20);
            owned
        })
        .collect();
    store.append(&batch(&records)).unwrap();
    assert_eq!(exact_issues(&records).len(), 2500);
    assert_issues(&*store, &records);
}

#[test]
fn apps_past_the_cap_share_one_other_issue() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let records: Vec<Owned> =
        (0..500).map(|n| raised(n, FIRST_DAY_MS + n, |e| e.app = format!("app{n}"))).collect();
    store.append(&batch(&records)).unwrap();
    let issues = store.issues(&everything()).unwrap();
    assert!(issues.len() <= 201, "{}", issues.len());
    assert_eq!(issues.iter().map(|issue| issue.events_total).sum::<u64>(), 500);
}

#[test]
fn a_stack_nobody_can_read_or_of_the_greatest_size_is_kept_as_it_is() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let stacks = [vec![], vec![1, b'F', 9], vec![200; 50], vec![1; STACK_MAX]];
    let records: Vec<Owned> = stacks
        .iter()
        .enumerate()
        .map(|(n, bytes)| raised(n as u64, FIRST_DAY_MS, |e| e.stack = bytes.clone()))
        .collect();
    store.append(&batch(&records)).unwrap();
    let issues = store.issues(&everything()).unwrap();
    assert_eq!((issues.len(), issues[0].events_total), (1, 4));
    for ((_, e), want) in exceptions(&records).zip(stacks) {
        assert_eq!(store.event(e.id).unwrap().unwrap().stack, want);
    }
}

#[test]
fn exceptions_whose_id_is_taken_or_missing_are_kept_each() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let mut records: Vec<Owned> = (0..300)
        .map(|n| raised(n, FIRST_DAY_MS, |e| e.id = RequestId::first_at_ms(FIRST_DAY_MS + 5)))
        .collect();
    records.push(raised(300, 0, |e| e.id = RequestId::from_u64(u64::MAX)));
    records.push(raised(301, 0, |e| e.id = RequestId::NONE));
    for part in records.chunks(90) {
        store.append(&batch(part)).unwrap();
    }
    assert_eq!(store.append(&batch(&records)).unwrap().stored, 0);
    let query = IssuesQuery { to_ms: u64::MAX, ..everything() };
    let issues = store.issues(&query).unwrap();
    assert_eq!(issues[0].events_total, 302);
    assert_eq!(store.events(issues[0].issue, None, 1000).unwrap().len(), 302);
}

#[test]
fn the_hours_of_an_issue_end_with_the_hour_of_now() {
    let fresh = Fresh::new();
    let store = fresh.open();
    let now_ms = FIRST_DAY_MS + 30 * HOUR_MS;
    let at = |n, hours| raised(n, FIRST_DAY_MS + hours * HOUR_MS + 17, |_| ());
    store.append(&batch(&[at(0, 0), at(1, 7), at(2, 29), at(3, 30), at(4, 30)])).unwrap();
    let issue = store.issues(&IssuesQuery { now_ms, ..everything() }).unwrap().remove(0);
    assert_eq!(issue.hours.len(), 24);
    assert_eq!((issue.hours[0], issue.hours[22], issue.hours[23]), (1, 1, 2));
    assert_eq!(issue.hours.iter().sum::<u64>(), 4);
    let detail = store.issue(issue.issue, now_ms).unwrap().unwrap();
    assert_eq!((detail.hours_7d.len(), detail.hours_7d.iter().sum::<u64>()), (168, 5));
    // no hours lie before the first
    assert_eq!(store.issue(issue.issue, 0).unwrap().unwrap().hours_7d, [0; 168]);
}
