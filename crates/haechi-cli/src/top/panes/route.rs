use crate::answers::Request;
use crate::moment::ago;
use crate::terminal::Tone;
use crate::top::figures::ms;
use crate::top::listing::{Cell, Column, Listing, Row, number, text};
use crate::top::wanted::RouteKey;

const COLUMNS: [Column; 7] = [
    text("", 6),
    number("ms", 9),
    number("STATUS", 6),
    text("WHEN", 12),
    text("CLIENT", 16).from(90),
    text("USER", 12).from(100),
    text("REQUEST", 0),
];

/// The slowest requests of a route and those that failed.
pub(in crate::top) fn route(
    key: &RouteKey,
    slowest: &[Request],
    failed: &[Request],
    is_failed_first: bool,
    range: &str,
) -> Listing {
    let slow = slowest.iter().map(|request| row("slow", Tone::Warning, request));
    let fail = failed.iter().map(|request| row("failed", Tone::Bad, request));
    let rows =
        if is_failed_first { fail.chain(slow).collect() } else { slow.chain(fail).collect() };
    let RouteKey { app, method, route } = key;
    let (slow, fail) = (slowest.len(), failed.len());
    Listing {
        title: format!("{method} {route} of {app}, {range}: the {slow} slowest, {fail} failed"),
        columns: &COLUMNS,
        sorted: None,
        rows,
        is_tail: false,
    }
}

/// The request a row of a route is of.
pub(in crate::top) fn request_of(row_key: &str) -> &str {
    row_key.split_once(' ').map_or(row_key, |(_, id)| id)
}

fn row(why: &str, tone: Tone, request: &Request) -> Row {
    let status = match request.status {
        0 => "none".to_owned(),
        status => status.to_string(),
    };
    let bad = if request.status == 0 || request.status >= 500 { Tone::Bad } else { Tone::Plain };
    let question = if request.query.is_empty() { "" } else { "?" };
    let cells = vec![
        Cell::new(tone, why),
        Cell::plain(&ms(request.duration_ms)),
        Cell::new(bad, &status),
        Cell::new(Tone::Dim, &ago(&request.time)),
        Cell::plain(&request.client),
        Cell::plain(&request.user),
        Cell::new(Tone::Strong, &format!("{}{question}{}", request.path, request.query)),
    ];
    Row { key: format!("{why} {}", request.id), cells }
}
