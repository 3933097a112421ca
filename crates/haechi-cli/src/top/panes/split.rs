use super::has;
use crate::terminal::Tone;
use crate::top::figures::{percent, seconds};
use crate::top::listing::{Cell, Column, Listing, Row, number, text};
use crate::top::shapes::{Part, Split, SplitRoute};

/// Columns of the terminal a whole duration takes.
const BAR: usize = 20;
/// Parts that are named in a row.
const NAMED: usize = 6;
/// A smaller share is not named.
const LEAST: f64 = 0.005;

const COLUMNS: [Column; 5] = [
    number("TOTAL s", 9),
    text("", BAR as u16).from(90),
    text("APP", 12).from(110),
    text("ROUTE", 30),
    text("WHERE THE TIME WENT", 0),
];

/// All routes together first, then each.
pub(in crate::top) fn split(found: &Split, filter: &str, range: &str) -> Listing {
    let all = row("", found.total_ms, "", "all routes", &found.parts);
    let shown = found.routes.iter().filter(|route| {
        let parts = route.split.iter().map(|part| part.part.as_str());
        let texts: Vec<&str> = parts.chain([&*route.app, &*route.method, &*route.route]).collect();
        has(filter, &texts)
    });
    let routes = shown.map(|route: &SplitRoute| {
        let name = format!("{} {}", route.method, route.route);
        row(&route.row_key(), route.total_ms, &route.app, &name, &route.split)
    });
    Listing {
        title: format!("where the time of {range} went"),
        columns: &COLUMNS,
        sorted: Some(0),
        rows: std::iter::once(all).chain(routes).collect(),
        is_tail: false,
    }
}

fn row(key: &str, total_ms: f64, app: &str, name: &str, parts: &[Part]) -> Row {
    let cells = vec![
        Cell::plain(&seconds(total_ms)),
        Cell::new(Tone::Warning, &bar(parts)),
        Cell::new(Tone::Dim, app),
        Cell::new(Tone::Strong, name),
        Cell::plain(&words(parts)),
    ];
    Row { key: key.to_owned(), cells }
}

/// Each part as wide as its share, by its first letter; what is not timed as dots.
fn bar(parts: &[Part]) -> String {
    let mut bar = String::new();
    let mut until = 0.0;
    for part in parts.iter().filter(|part| part.part != "queue") {
        until += part.share;
        let letter =
            if part.part == "rest" { '.' } else { part.part.chars().next().unwrap_or('?') };
        let end = ((until * BAR as f64).round() as usize).min(BAR);
        let wide = end.saturating_sub(bar.chars().count());
        bar.extend(std::iter::repeat_n(letter, wide));
    }
    bar
}

fn words(parts: &[Part]) -> String {
    if parts.is_empty() {
        return "nothing was timed".to_owned();
    }
    let word = |part: &Part| match part.part.as_str() {
        "queue" => format!("queue {} s before", seconds(part.self_ms)),
        "rest" => format!("not timed {}", percent(part.share)),
        name => format!("{name} {}", percent(part.share)),
    };
    // what lies before the request is no share of it
    let is_told = |part: &&Part| match part.part.as_str() {
        "queue" => part.self_ms > 0.0,
        _ => part.share >= LEAST,
    };
    let shown: Vec<String> = parts.iter().filter(is_told).take(NAMED).map(word).collect();
    shown.join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, share: f64) -> Part {
        Part { part: name.to_owned(), self_ms: share * 2000.0, share }
    }

    #[test]
    fn parts_fill_a_bar_by_their_shares_and_are_named() {
        let parts = [
            part("db", 0.5),
            part("template_render", 0.25),
            part("cache", 0.004),
            part("rest", 0.25),
        ];
        assert_eq!(bar(&parts), "ddddddddddttttt.....");
        assert_eq!(words(&parts), "db 50%  template_render 25%  not timed 25%");
        assert_eq!((bar(&[]), words(&[])), (String::new(), "nothing was timed".to_owned()));
        // shares that were rounded up fill no more than there is
        assert_eq!(bar(&[part("db", 0.9), part("gc", 0.4)]).len(), BAR);
    }

    #[test]
    fn routes_are_found_by_their_parts() {
        let route = |name: &str, parts: &[Part]| SplitRoute {
            app: "shop".to_owned(),
            method: "GET".to_owned(),
            route: name.to_owned(),
            total_ms: 10.0,
            split: parts.to_vec(),
        };
        let found = Split {
            total_ms: 20.0,
            parts: vec![part("db", 1.0)],
            routes: vec![route("a", &[part("db", 1.0)]), route("b", &[part("gc", 1.0)])],
        };
        let names = |filter: &str| -> Vec<String> {
            let rows = split(&found, filter, "1 h").rows;
            rows.into_iter().map(|row| row.cells[3].text.clone()).collect()
        };
        assert_eq!(names("gc"), ["all routes", "GET b"]);
        assert_eq!(names("").len(), 3);
    }
}
