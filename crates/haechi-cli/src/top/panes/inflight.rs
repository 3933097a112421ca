use super::has;
use crate::terminal::Tone;
use crate::top::figures::age;
use crate::top::listing::{Cell, Column, Listing, Row, number, text};
use crate::top::shapes::Running;
use haechi_server::ask::LONG_MS;
use std::time::Duration;

const COLUMNS: [Column; 8] = [
    number("AGE", 13),
    text("", 4),
    text("NOW IN", 15).from(70),
    number("DB", 8).from(70),
    number("PID", 8).from(80),
    text("CLIENT", 16),
    text("APP", 14).from(90),
    text("REQUEST", 0),
];

/// Oldest first; `since` the answer came they have become older.
pub(in crate::top) fn inflight(requests: &[Running], filter: &str, since: Duration) -> Listing {
    let aged = |request: &Running| request.age_ms + since.as_secs_f64() * 1e3;
    let is_shown = |request: &&Running| {
        let route = request.route.as_deref().unwrap_or_default();
        has(filter, &[&request.app, &request.method, &request.path, route, &request.client])
    };
    let shown: Vec<&Running> = requests.iter().filter(is_shown).collect();
    let long = shown.iter().filter(|request| aged(request) > LONG_MS).count();
    let flagged = if long > 0 { format!(", {long} past 30 s") } else { String::new() };
    Listing {
        title: format!("{} in flight, oldest first{flagged}", shown.len()),
        columns: &COLUMNS,
        sorted: Some(0),
        rows: shown.into_iter().map(|request| row(request, aged(request))).collect(),
        is_tail: false,
    }
}

fn row(request: &Running, age_ms: f64) -> Row {
    let is_long = age_ms > LONG_MS;
    let tone = match age_ms {
        _ if is_long => Tone::Bad,
        ms if ms > 1_000.0 => Tone::Warning,
        _ => Tone::Plain,
    };
    let what = match &request.route {
        Some(route) => format!("{} {route}  {}", request.method, request.path),
        None => format!("{} {}", request.method, request.path),
    };
    let cells = vec![
        Cell::new(tone, &age(age_ms / 1e3)),
        Cell::new(Tone::Bad, if is_long { "LONG" } else { "" }),
        Cell::plain(request.part.as_deref().unwrap_or_default()),
        Cell::plain(&in_database(request, age_ms)),
        Cell::new(Tone::Dim, &request.pid.to_string()),
        Cell::plain(&request.client),
        Cell::new(Tone::Dim, &request.app),
        Cell::new(Tone::Strong, &what),
    ];
    Row { key: request.id.clone(), cells }
}

/// Time in the database, with what has passed there since the answer came.
fn in_database(request: &Running, age_ms: f64) -> String {
    let since = if request.part.as_deref() == Some("db") { age_ms - request.age_ms } else { 0.0 };
    match request.db_ms + since {
        0.0 => String::new(),
        ms => age(ms / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_past_30_seconds_is_flagged_also_while_no_answer_comes() {
        let request = Running {
            id: "1".to_owned(),
            time: String::new(),
            app: "shop".to_owned(),
            method: "GET".to_owned(),
            path: "/slow\x07".to_owned(),
            route: None,
            client: "10.0.0.1".to_owned(),
            age_ms: 29_500.0,
            pid: 7,
            part: Some("db".to_owned()),
            db_ms: 20_000.0,
        };
        let requests = [request];
        let listing = inflight(&requests, "", Duration::ZERO);
        assert_eq!(listing.rows[0].cells[1].text, "");
        assert_eq!(listing.rows[0].cells[2].text, "db");
        assert_eq!(listing.rows[0].cells[7].text, "GET /slow\\x07");
        let listing = inflight(&requests, "10.0", Duration::from_secs(1));
        assert_eq!(listing.rows[0].cells[0].text, "30.5 s");
        assert_eq!(listing.rows[0].cells[1].text, "LONG");
        assert_eq!(listing.rows[0].cells[3].text, "21.0 s", "it is still there");
        assert_eq!(listing.title, "1 in flight, oldest first, 1 past 30 s");
        assert!(inflight(&requests, "blog", Duration::ZERO).rows.is_empty());
    }
}
