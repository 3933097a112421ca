use super::has;
use crate::terminal::Tone;
use crate::top::figures::{ms, ms_of, seconds};
use crate::top::listing::{Cell, Column, Listing, Row, number, text};
use crate::top::shapes::{Queries, Query};

/// The order of queries, greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::top) enum QuerySort {
    Time,
    Calls,
    Max,
    Saves,
}

impl QuerySort {
    /// As the API calls it.
    pub(in crate::top) const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Calls => "calls",
            Self::Max => "max",
            Self::Saves => "saves",
        }
    }

    pub(in crate::top) const fn next(self) -> Self {
        match self {
            Self::Time => Self::Calls,
            Self::Calls => Self::Max,
            Self::Max => Self::Saves,
            Self::Saves => Self::Time,
        }
    }

    const fn column(self) -> usize {
        match self {
            Self::Time => 0,
            Self::Calls => 1,
            Self::Max => 3,
            Self::Saves => 5,
        }
    }
}

const COLUMNS: [Column; 9] = [
    number("TOTAL s", 9),
    number("CALLS", 8),
    number("MEAN ms", 8),
    number("MAX ms", 8).from(90),
    number("FAILED", 6).from(100),
    number("SAVES ms", 8).from(80),
    text("APP", 12).from(110),
    text("ASKED IN", 24).from(100),
    text("QUERY", 0),
];

pub(in crate::top) fn queries(
    found: &Queries,
    filter: &str,
    sort: QuerySort,
    is_reversed: bool,
    range: &str,
) -> Listing {
    let shown = found.queries.iter();
    let mut rows: Vec<Row> =
        shown.filter(|one| has(filter, &[&one.app, &one.query, &one.file])).map(row).collect();
    if is_reversed {
        rows.reverse();
    }
    let order = if is_reversed { ", least first" } else { "" };
    let total = seconds(found.total_ms);
    Listing {
        title: format!("{} queries of {range}, {total} s, by {}{order}", found.count, sort.name()),
        columns: &COLUMNS,
        sorted: Some(sort.column()),
        rows,
        is_tail: false,
    }
}

fn row(query: &Query) -> Row {
    let place = match query.line {
        Some(line) => format!("{}:{line}", query.file),
        None => query.file.clone(),
    };
    // the same query again and again from one line
    let repeats = match query.repeats {
        0 => String::new(),
        n => format!("{} x in {n} requests  ", query.repeated),
    };
    let saves = if query.repeats > 0 { ms(query.saves_ms) } else { String::new() };
    let failed = if query.failed > 0 { Tone::Bad } else { Tone::Dim };
    let cells = vec![
        Cell::plain(&seconds(query.total_ms)),
        Cell::plain(&query.calls.to_string()),
        Cell::plain(&ms_of(query.mean_ms)),
        Cell::plain(&ms(query.max_ms)),
        Cell::new(failed, &query.failed.to_string()),
        Cell::new(Tone::Warning, &saves),
        Cell::new(Tone::Dim, &query.app),
        Cell::new(Tone::Dim, &end_of(&place)),
        Cell::new(Tone::Strong, &format!("{repeats}{}", query.query)),
    ];
    Row { key: query.id.clone(), cells }
}

/// The end of a path says more than its begin.
fn end_of(place: &str) -> String {
    const WIDTH: usize = 24;
    let count = place.chars().count();
    if count <= WIDTH {
        return place.to_owned();
    }
    format!("…{}", place.chars().skip(count - WIDTH + 1).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(query: &str, calls: u64, repeats: u64) -> Query {
        Query {
            id: query.to_owned(),
            app: "shop".to_owned(),
            query: query.to_owned(),
            file: "applications/shop/models/db_of_all.py".to_owned(),
            line: Some(41),
            calls,
            total_ms: 1500.0,
            mean_ms: Some(1.5),
            max_ms: 30.0,
            failed: 0,
            repeats,
            repeated: 12 * repeats,
            saves_ms: 250.0,
            longest: None,
            repeating: None,
        }
    }

    #[test]
    fn queries_tell_what_repeats_and_where_and_are_inert() {
        let found = Queries {
            count: 2,
            total_ms: 3000.0,
            queries: vec![one("SELECT ?", 3, 0), one("SELECT \x1b[2J x", 24, 2)],
        };
        let listing = queries(&found, "", QuerySort::Time, false, "15 min");
        assert_eq!(listing.title, "2 queries of 15 min, 3.00 s, by time");
        let texts = |row: usize, cell: usize| listing.rows[row].cells[cell].text.as_str();
        assert_eq!([texts(0, 5), texts(0, 8)], ["", "SELECT ?"]);
        assert_eq!([texts(1, 5), texts(1, 8)], ["250", "24 x in 2 requests  SELECT \\x1b[2J x"]);
        assert_eq!(texts(0, 7), "…/models/db_of_all.py:41");
        assert_eq!(queries(&found, "x", QuerySort::Time, true, "").rows.len(), 1);
    }
}
