use super::has;
use crate::answers::Issue;
use crate::moment::{ago, unix_ms};
use crate::terminal::Tone;
use crate::top::listing::{Cell, Column, Listing, Row, number, text};
use haechi_server::ask::Moment;

/// An issue first seen so lately is news.
const NEW_MS: u64 = 3_600_000;

const COLUMNS: [Column; 6] = [
    text("LAST SEEN", 12),
    text("STATE", 9),
    number("EVENTS", 7),
    number("USERS", 6).from(90),
    text("APP", 14).from(80),
    text("ISSUE", 0),
];

pub(in crate::top) fn issues(issues: &[Issue], filter: &str) -> Listing {
    let now = Moment::now().unix_ms();
    let shown = issues
        .iter()
        .filter(|issue| has(filter, &[&issue.app, &issue.kind, &issue.message, &issue.culprit]));
    let rows: Vec<Row> = shown.map(|issue| row(issue, now)).collect();
    Listing {
        title: format!("{} issues of 7 days, the latest first", rows.len()),
        columns: &COLUMNS,
        sorted: Some(0),
        rows,
        is_tail: false,
    }
}

fn row(issue: &Issue, now_ms: u64) -> Row {
    let is_new = unix_ms(&issue.first_seen).is_some_and(|ms| now_ms.saturating_sub(ms) < NEW_MS);
    let (tone, state) = match issue.state.as_str() {
        "open" if issue.regressed => (Tone::Bad, "regressed"),
        "open" if is_new => (Tone::Bad, "new"),
        "open" => (Tone::Warning, "open"),
        "resolved" => (Tone::Good, "resolved"),
        other => (Tone::Dim, other),
    };
    let place =
        if issue.culprit.is_empty() { String::new() } else { format!(" in {}", issue.culprit) };
    let cells = vec![
        Cell::plain(&ago(&issue.last_seen)),
        Cell::new(tone, state),
        Cell::plain(&issue.events.to_string()),
        Cell::plain(&issue.users.to_string()),
        Cell::new(Tone::Dim, &issue.app),
        Cell::new(Tone::Strong, &format!("{}: {}{place}", issue.kind, issue.message)),
    ];
    Row { key: issue.id.clone(), cells }
}
