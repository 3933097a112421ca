//! What became of routes: one time against another, by sound tests of each route's
//! numbers.

use super::numbers::ms_of;
use super::{Ask, Moment, Params, Range};
use crate::ServerError;
use crate::significance::{holm, proportions, ranks};
use haechi_event::Histogram;
use haechi_store::{RouteHistogram, RoutesQuery};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Requests a route must have on both sides to be judged.
const ENOUGH: u64 = 50;
/// A difference is told if chance alone would make one of any route less often.
const LEVEL: f64 = 0.01;
/// By how much the median or the 95th percentile must have changed, too.
const SHARE: f64 = 0.1;
/// And by how much at least.
const LEAST_NS: f64 = 1e6;
/// The lengths `before` may name, in ms.
const DAY_MS: u64 = 86_400_000;

/// Which routes changed between two times of the same length.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changes {
    /// `worse` or `better` if routes became slower or fail more, or the contrary;
    /// `mixed`; `same` if nothing changed that chance would not explain;
    /// `not_enough` if no route has 50 requests on both sides.
    pub verdict: &'static str,
    /// Begin of the time before.
    pub before_from: Moment,
    /// End of the time before.
    pub before_to: Moment,
    /// Begin of the time after.
    pub after_from: Moment,
    /// End of the time after.
    pub after_to: Moment,
    /// Requests in the time before.
    pub requests_before: u64,
    /// Requests in the time after.
    pub requests_after: u64,
    /// Routes that had enough requests to be judged.
    pub judged: usize,
    /// Every route with requests on either side: those that changed first, then by
    /// requests.
    pub routes: Vec<RouteVerdict>,
}

/// How one route did.
#[derive(Debug, Serialize, ToSchema)]
pub struct RouteVerdict {
    /// `service.name`.
    pub app: String,
    /// `http.request.method`.
    pub method: String,
    /// `http.route`.
    pub route: String,
    /// As of all routes; `new` and `gone` if it had requests on one side only.
    pub verdict: &'static str,
    /// What changed, the surest first.
    pub changes: Vec<RouteChange>,
    /// Requests before.
    pub requests_before: u64,
    /// Requests after.
    pub requests_after: u64,
    /// Median duration before.
    pub p50_before_ms: Option<f64>,
    /// Median duration after.
    pub p50_after_ms: Option<f64>,
    /// 95th percentile before.
    pub p95_before_ms: Option<f64>,
    /// 95th percentile after.
    pub p95_after_ms: Option<f64>,
    /// Answers with 5xx before.
    pub errors_before: u64,
    /// Answers with 5xx after.
    pub errors_after: u64,
}

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RouteChange {
    /// `slower`, `faster` (the median), `slower_tail`, `faster_tail` (the 95th
    /// percentile), `fails_more`, `fails_less`.
    pub change: &'static str,
    /// Before: milliseconds, or the share of 5xx, 0 to 1.
    pub before: f64,
    /// After, likewise.
    pub after: f64,
    /// How often chance alone would show a change this large in any of the routes
    /// (corrected for all comparisons made).
    pub p: f64,
}

/// Two times to compare, Unix ms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides {
    pub(super) before: (u64, u64),
    pub(super) after: (u64, u64),
}

impl Ask {
    /// Which routes changed in a range. Parameters: `app`, `from`, `to`; `against`:
    /// `before` (default), as long a time just before it, `day` or `week`, the same
    /// time yesterday or a week ago.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter; what the store says.
    pub fn changes(&self, mut params: Params) -> Result<Changes, ServerError> {
        let range = Range::take(&mut params, Moment::now())?;
        let back = match params.take("against").as_deref() {
            None | Some("before") => range.length_ms(),
            Some("day") => DAY_MS,
            Some("week") => 7 * DAY_MS,
            Some(_) => {
                let message = "against must be before, day or week";
                return Err(ServerError::input("against", message));
            }
        };
        let app = self.take_app(&mut params)?;
        params.finish()?;
        let (from, to) = (range.from.unix_ms(), range.to.unix_ms());
        let before = (from.saturating_sub(back), to.saturating_sub(back));
        self.compare(app.as_deref(), Sides { before, after: (from, to) })
    }

    pub(super) fn compare(&self, app: Option<&str>, sides: Sides) -> Result<Changes, ServerError> {
        let numbers = |(from_ms, to_ms): (u64, u64)| {
            let app = app.map(str::to_owned);
            let query = RoutesQuery { app, from_ms, to_ms, ..RoutesQuery::default() };
            // an empty range would be widened to a minute
            if from_ms < to_ms { self.store.route_histograms(&query) } else { Ok(Vec::new()) }
        };
        Ok(judge(sides, numbers(sides.before)?, numbers(sides.after)?))
    }
}

/// App, method and route.
type Name = (String, String, String);

fn judge(sides: Sides, before: Vec<RouteHistogram>, after: Vec<RouteHistogram>) -> Changes {
    let sum = |routes: &[RouteHistogram]| routes.iter().map(|route| route.requests).sum();
    let (requests_before, requests_after) = (sum(&before), sum(&after));
    let mut pairs: BTreeMap<Name, Pair> = BTreeMap::new();
    for (routes, is_after) in [(before, false), (after, true)] {
        for route in routes {
            let name = (route.app.clone(), route.method.clone(), route.route.clone());
            let pair = pairs.entry(name).or_default();
            *(if is_after { &mut pair.after } else { &mut pair.before }) = Some(route);
        }
    }
    let tests: Vec<(&Name, Test)> = pairs
        .iter()
        .flat_map(|(name, pair)| pair.tests().into_iter().map(move |test| (name, test)))
        .collect();
    let corrected = holm(&tests.iter().map(|(_, test)| test.p).collect::<Vec<_>>());
    let mut changes: BTreeMap<&Name, Vec<RouteChange>> = BTreeMap::new();
    for ((name, test), p) in tests.iter().zip(corrected) {
        if let Some(change) = test.change(p) {
            changes.entry(name).or_default().push(change);
        }
    }
    let judged = pairs.values().filter(|pair| pair.is_enough()).count();
    let mut routes: Vec<RouteVerdict> = pairs
        .iter()
        .map(|(name, pair)| pair.verdict(name, changes.remove(name).unwrap_or_default()))
        .collect();
    routes.sort_by_key(|route| {
        let all = route.requests_before + route.requests_after;
        (route.changes.is_empty(), std::cmp::Reverse(all))
    });
    let verdict = match judged {
        0 => "not_enough",
        _ => all_in_all(routes.iter().flat_map(|route| &route.changes)),
    };
    Changes {
        verdict,
        before_from: Moment::from_ms(sides.before.0),
        before_to: Moment::from_ms(sides.before.1),
        after_from: Moment::from_ms(sides.after.0),
        after_to: Moment::from_ms(sides.after.1),
        requests_before,
        requests_after,
        judged,
        routes,
    }
}

/// `worse`, `better`, `mixed` or `same`.
fn all_in_all<'a>(changes: impl Iterator<Item = &'a RouteChange>) -> &'static str {
    let (mut worse, mut better) = (false, false);
    for change in changes {
        let is_worse = matches!(change.change, "slower" | "slower_tail" | "fails_more");
        worse |= is_worse;
        better |= !is_worse;
    }
    match (worse, better) {
        (true, true) => "mixed",
        (true, false) => "worse",
        (false, true) => "better",
        (false, false) => "same",
    }
}

/// A route before and after.
#[derive(Default)]
struct Pair {
    before: Option<RouteHistogram>,
    after: Option<RouteHistogram>,
}

/// One comparison of one route.
struct Test {
    names: [&'static str; 2],
    before: f64,
    after: f64,
    /// Whether the difference is large enough to be told.
    matters: bool,
    p: f64,
}

impl Test {
    fn change(&self, p: f64) -> Option<RouteChange> {
        let is_sure = self.matters && p < LEVEL;
        let change = self.names[usize::from(self.after < self.before)];
        let of = |value: f64| (value * 1e6).round() / 1e6;
        is_sure.then(|| RouteChange { change, before: of(self.before), after: of(self.after), p })
    }
}

impl Pair {
    fn requests(&self) -> (u64, u64) {
        let of = |side: &Option<RouteHistogram>| side.as_ref().map_or(0, |route| route.requests);
        (of(&self.before), of(&self.after))
    }

    fn is_enough(&self) -> bool {
        let (before, after) = self.requests();
        before >= ENOUGH && after >= ENOUGH
    }

    fn tests(&self) -> Vec<Test> {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return Vec::new() };
        if !self.is_enough() {
            return Vec::new();
        }
        let (a, b) = (&before.latency, &after.latency);
        let quantile = |q: f64| (a.quantile_ns(q).unwrap_or(0.0), b.quantile_ns(q).unwrap_or(0.0));
        let of_time = |names, (before, after): (f64, f64), p| {
            let difference = (after - before).abs();
            let matters = difference >= LEAST_NS && difference >= SHARE * before.min(after);
            Test { names, before: before / 1e6, after: after / 1e6, matters, p }
        };
        let share = |route: &RouteHistogram| route.errors as f64 / route.requests as f64;
        vec![
            of_time(["slower", "faster"], quantile(0.5), ranks(a, b).map_or(1.0, |found| found.p)),
            of_time(["slower_tail", "faster_tail"], quantile(0.95), tail(a, b)),
            Test {
                names: ["fails_more", "fails_less"],
                before: share(before),
                after: share(after),
                matters: true,
                p: proportions((before.errors, before.requests), (after.errors, after.requests)),
            },
        ]
    }

    fn verdict(&self, (app, method, route): &Name, mut changes: Vec<RouteChange>) -> RouteVerdict {
        changes.sort_by(|a, b| a.p.total_cmp(&b.p));
        let (requests_before, requests_after) = self.requests();
        let verdict = match (requests_before, requests_after) {
            (0, _) => "new",
            (_, 0) => "gone",
            _ if !self.is_enough() => "not_enough",
            _ => all_in_all(changes.iter()),
        };
        let quantile = |side: &Option<RouteHistogram>, q: f64| {
            side.as_ref().and_then(|route| ms_of(route.latency.quantile_ns(q)))
        };
        let errors = |side: &Option<RouteHistogram>| side.as_ref().map_or(0, |route| route.errors);
        RouteVerdict {
            app: app.clone(),
            method: method.clone(),
            route: route.clone(),
            verdict,
            changes,
            requests_before,
            requests_after,
            p50_before_ms: quantile(&self.before, 0.5),
            p50_after_ms: quantile(&self.after, 0.5),
            p95_before_ms: quantile(&self.before, 0.95),
            p95_after_ms: quantile(&self.after, 0.95),
            errors_before: errors(&self.before),
            errors_after: errors(&self.after),
        }
    }
}

/// Whether more of one lie above the 95th percentile of both together.
fn tail(before: &Histogram, after: &Histogram) -> f64 {
    let mut both = before.clone();
    both.merge(after);
    let Some(limit) = both.quantile_ns(0.95) else { return 1.0 };
    let bucket = haechi_event::bucket_of(limit as u64);
    let above = |histogram: &Histogram| {
        histogram.buckets().filter(|(at, _)| *at > bucket).map(|(_, count)| count).sum::<u64>()
    };
    proportions((above(before), before.count()), (above(after), after.count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(
        name: &str,
        durations_ms: impl IntoIterator<Item = u64>,
        errors: u64,
    ) -> RouteHistogram {
        let mut latency = Histogram::default();
        durations_ms.into_iter().for_each(|ms| latency.add(ms * 1_000_000));
        RouteHistogram {
            app: "shop".into(),
            method: "GET".into(),
            route: name.into(),
            requests: latency.count(),
            errors,
            latency,
        }
    }

    fn judged(before: Vec<RouteHistogram>, after: Vec<RouteHistogram>) -> Changes {
        judge(Sides { before: (0, 1), after: (1, 2) }, before, after)
    }

    /// Durations around `ms`, from half to twice of it.
    fn around(ms: u64, count: u64) -> impl Iterator<Item = u64> {
        (0..count).map(move |n| ms / 2 + n * 37 % (ms * 3 / 2))
    }

    fn changes(verdict: &Changes) -> Vec<(&str, &str)> {
        let of = |route: &'_ RouteVerdict| -> Vec<&'static str> {
            route.changes.iter().map(|change| change.change).collect()
        };
        let routes = verdict.routes.iter();
        routes.flat_map(|r| of(r).into_iter().map(|change| (r.route.as_str(), change))).collect()
    }

    #[test]
    fn a_route_that_became_slower_is_named_with_its_medians() {
        let before = vec![route("slow", around(40, 300), 0), route("as_ever", around(30, 300), 3)];
        let after = vec![route("slow", around(80, 300), 0), route("as_ever", around(30, 300), 4)];
        let verdict = judged(before, after);
        assert_eq!(verdict.verdict, "worse");
        assert_eq!(verdict.judged, 2);
        let found = changes(&verdict);
        assert!(found.contains(&("slow", "slower")), "{found:?}");
        assert!(found.iter().all(|(route, _)| *route == "slow"), "{found:?}");
        let median = &verdict.routes[0].changes.iter().find(|c| c.change == "slower").unwrap();
        assert!(median.after > 1.8 * median.before && median.p < 1e-6, "{median:?}");
    }

    #[test]
    fn a_route_that_fails_more_and_one_that_is_faster_are_mixed() {
        let before = vec![route("fails", around(20, 400), 2), route("quick", around(90, 400), 0)];
        let after = vec![route("fails", around(20, 400), 40), route("quick", around(30, 400), 0)];
        let verdict = judged(before, after);
        assert_eq!(verdict.verdict, "mixed");
        let found = changes(&verdict);
        assert!(found.contains(&("fails", "fails_more")), "{found:?}");
        assert!(found.contains(&("quick", "faster")), "{found:?}");
    }

    #[test]
    fn only_the_slowest_tenth_becoming_slower_is_a_longer_tail() {
        let with_tail =
            |tail: u64| (0..1000).map(move |n| if n % 10 == 0 { tail + n % 7 } else { 20 + n % 5 });
        let verdict =
            judged(vec![route("r", with_tail(25), 0)], vec![route("r", with_tail(400), 0)]);
        assert_eq!(changes(&verdict), [("r", "slower_tail")]);
    }

    #[test]
    fn what_cannot_be_said_yet_is_said() {
        let few = judged(vec![route("r", around(20, 400), 0)], vec![route("r", around(90, 49), 9)]);
        assert_eq!((few.verdict, few.routes[0].verdict), ("not_enough", "not_enough"));
        let new = judged(vec![], vec![route("r", around(90, 400), 9)]);
        assert_eq!((new.verdict, new.routes[0].verdict), ("not_enough", "new"));
        let same =
            judged(vec![route("r", around(20, 400), 3)], vec![route("r", around(20, 380), 5)]);
        assert_eq!((same.verdict, same.routes[0].verdict), ("same", "same"));
    }

    #[test]
    fn a_change_too_small_to_matter_is_not_told_however_sure_it_is() {
        let constant = |ms: u64, count| std::iter::repeat_n(ms, count);
        let verdict = judged(
            vec![route("r", constant(100, 100_000), 0)],
            vec![route("r", constant(106, 100_000), 0)],
        );
        assert_eq!(changes(&verdict), []);
    }
}
