use super::has;
use crate::terminal::Tone;
use crate::top::figures::{ms_of, percent, seconds};
use crate::top::listing::{Cell, Column, Listing, Row, number, text};
use crate::top::shapes::Route;
use crate::top::wanted::RouteKey;

/// The order of routes, greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::top) enum RouteSort {
    Time,
    Requests,
    P95,
    Errors,
}

impl RouteSort {
    /// As the API calls it.
    pub(in crate::top) const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Requests => "requests",
            Self::P95 => "p95",
            Self::Errors => "errors",
        }
    }

    pub(in crate::top) const fn next(self) -> Self {
        match self {
            Self::Time => Self::Requests,
            Self::Requests => Self::P95,
            Self::P95 => Self::Errors,
            Self::Errors => Self::Time,
        }
    }

    const fn column(self) -> usize {
        match self {
            Self::Time => 0,
            Self::Requests => 2,
            Self::P95 => 4,
            Self::Errors => 7,
        }
    }

    fn value(self, route: &Route) -> f64 {
        match self {
            Self::Time => route.total_ms,
            Self::Requests => route.requests as f64,
            Self::P95 => route.p95_ms.unwrap_or(0.0),
            Self::Errors => route.errors as f64,
        }
    }
}

const COLUMNS: [Column; 11] = [
    number("TOTAL s", 9),
    number("SHARE", 5).from(100),
    number("COUNT", 8),
    number("p50 ms", 8).from(90),
    number("p95 ms", 8),
    number("p99 ms", 8).from(110),
    number("MAX ms", 8).from(100),
    number("5xx", 6),
    number("4xx", 6).from(90),
    text("APP", 14).from(80),
    text("ROUTE", 0),
];

pub(in crate::top) fn routes(
    routes: &[Route],
    filter: &str,
    sort: RouteSort,
    is_reversed: bool,
    range: &str,
) -> Listing {
    let mut shown: Vec<&Route> = routes
        .iter()
        .filter(|route| has(filter, &[&route.app, &route.method, &route.route]))
        .collect();
    shown.sort_by(|a, b| sort.value(b).total_cmp(&sort.value(a)));
    if is_reversed {
        shown.reverse();
    }
    let order = if is_reversed { ", least first" } else { "" };
    Listing {
        title: format!("routes of {range} by {}{order}", sort.name()),
        columns: &COLUMNS,
        sorted: Some(sort.column()),
        rows: shown.into_iter().map(row).collect(),
        is_tail: false,
    }
}

/// The route a row is of.
pub(in crate::top) fn key(route: &Route) -> RouteKey {
    RouteKey { app: route.app.clone(), method: route.method.clone(), route: route.route.clone() }
}

pub(in crate::top) fn row_key(route: &Route) -> String {
    format!("{}\n{}\n{}", route.app, route.method, route.route)
}

fn row(route: &Route) -> Row {
    let count = |tone: Tone, count: u64| match count {
        0 => Cell::new(Tone::Dim, "0"),
        count => Cell::new(tone, &count.to_string()),
    };
    let cells = vec![
        Cell::plain(&seconds(route.total_ms)),
        Cell::plain(&percent(route.time_share)),
        Cell::plain(&route.requests.to_string()),
        Cell::plain(&ms_of(route.p50_ms)),
        Cell::plain(&ms_of(route.p95_ms)),
        Cell::plain(&ms_of(route.p99_ms)),
        Cell::plain(&ms_of(route.max_ms)),
        count(Tone::Bad, route.errors),
        count(Tone::Warning, route.client_errors),
        Cell::new(Tone::Dim, &route.app),
        Cell::new(Tone::Strong, &format!("{} {}", route.method, route.route)),
    ];
    Row { key: row_key(route), cells }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, total_ms: f64, requests: u64) -> Route {
        Route {
            app: "shop".to_owned(),
            method: "GET".to_owned(),
            route: name.to_owned(),
            requests,
            errors: 0,
            client_errors: 0,
            time_share: 0.5,
            total_ms,
            p50_ms: None,
            p95_ms: None,
            p99_ms: None,
            max_ms: None,
        }
    }

    fn names(listing: &Listing) -> Vec<&str> {
        listing.rows.iter().map(|row| row.cells[10].text.as_str()).collect()
    }

    #[test]
    fn routes_are_filtered_sorted_and_inert() {
        let all = [one("a/slow", 9.0, 1), one("a/often\x1b[2J", 3.0, 70), one("b/x", 1.0, 5)];
        let listing = routes(&all, "A/", RouteSort::Time, false, "15 min");
        assert_eq!(names(&listing), ["GET a/slow", "GET a/often\\x1b[2J"]);
        let listing = routes(&all, "", RouteSort::Requests, false, "15 min");
        assert_eq!(names(&listing), ["GET a/often\\x1b[2J", "GET b/x", "GET a/slow"]);
        let listing = routes(&all, "get b", RouteSort::Requests, true, "15 min");
        assert_eq!(names(&listing), ["GET b/x"]);
    }
}
