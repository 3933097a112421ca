use crate::log_line::tone_of;
use crate::terminal::Tone;
use crate::top::listing::{Cell, Column, Listing, Row, text};
use crate::top::shapes::Line;

const COLUMNS: [Column; 5] = [
    text("TIME", 12),
    text("LEVEL", 5),
    text("APP", 12).from(100),
    text("ROUTE", 20).from(90),
    text("MESSAGE", 0),
];

/// Newest last, as they come oldest first.
pub(in crate::top) fn logs(lines: &[Line], level: Option<&str>, search: &str) -> Listing {
    let level = level.map_or_else(String::new, |level| format!(" of {level} or graver"));
    let found = if search.is_empty() { String::new() } else { format!(" with {search}") };
    Listing {
        title: format!("log lines{level}{found}"),
        columns: &COLUMNS,
        sorted: None,
        rows: lines.iter().map(row).collect(),
        is_tail: true,
    }
}

fn row(line: &Line) -> Row {
    let log = &line.log;
    // 2026-11-23T06:00:00.123Z: the day is the same for most
    let time = log.time.get(11..23).unwrap_or(&log.time);
    let mut message = log.message.clone();
    if let Some(exception) = &log.exception {
        let last = exception.lines().rev().find(|line| !line.trim().is_empty());
        message = format!("{message}  {}", last.unwrap_or_default());
    }
    let tone = tone_of(&log.level);
    let cells = vec![
        Cell::new(Tone::Dim, time),
        Cell::new(tone, &log.level),
        Cell::new(Tone::Dim, &log.app),
        Cell::new(Tone::Dim, &log.route),
        Cell::new(if tone == Tone::Bad { Tone::Strong } else { Tone::Plain }, &message),
    ];
    Row { key: log.id.clone(), cells }
}
