use std::fmt::Write;

use serde_json::Value;

use super::Statistics;
use super::format::Format;

/// Columns of a terminal a route or path may take.
const NAME_COLUMNS: usize = 48;

/// The statistics as a table for a terminal: no control codes of its own, and
/// none let through from what clients sent.
#[must_use]
pub fn text(statistics: &Statistics) -> String {
    let Ok(value) = serde_json::to_value(statistics) else { return String::new() };
    let mut out = String::new();
    push_summary(&mut out, &value);
    let running = "Running now, oldest first";
    push_table(&mut out, running, &value["in_flight"], &value["in_flight_left_out"], &IN_FLIGHT);
    let routes = "Routes by total time";
    push_table(&mut out, routes, &value["routes"], &value["routes_left_out"], &ROUTES);
    push_table(&mut out, "Slowest of the last hour", &value["slowest"], &Value::Null, &SLOWEST);
    push_table(&mut out, "Workers", &value["workers"], &value["workers_left_out"], &WORKERS);
    if !statistics.dropped.is_empty() {
        out.push_str("\nNot kept, in all apps\n");
        for (reason, count) in &statistics.dropped {
            let _ = writeln!(out, "  {:<14}{:>12}", inert_name(reason), count);
        }
    }
    out
}

type Column = (&'static str, &'static str, Format);

const IN_FLIGHT: [Column; 5] = [
    ("AGE", "age_ms", Format::Ms),
    ("PID", "pid", Format::Text),
    ("METHOD", "method", Format::Text),
    ("PATH", "path", Format::Text),
    ("CLIENT", "client", Format::Text),
];
const ROUTES: [Column; 8] = [
    ("TIME", "time_share", Format::Share),
    ("TOTAL", "total_ms", Format::Ms),
    ("REQUESTS", "requests", Format::Count),
    ("MEAN", "mean_ms", Format::Ms),
    ("P95", "p95_ms", Format::Ms),
    ("ERRORS", "errors", Format::Count),
    ("METHOD", "method", Format::Text),
    ("ROUTE", "route", Format::Text),
];
const SLOWEST: [Column; 5] = [
    ("TOOK", "duration_ms", Format::Ms),
    ("AT (UTC)", "time", Format::Clock),
    ("STATUS", "status", Format::Status),
    ("METHOD", "method", Format::Text),
    ("PATH", "path", Format::Text),
];
const WORKERS: [Column; 4] = [
    ("PID", "pid", Format::Text),
    ("REQUESTS", "requests", Format::Count),
    ("IN FLIGHT", "in_flight", Format::Count),
    ("SINCE", "since", Format::Time),
];

fn inert_name(name: &str) -> String {
    Format::Text.show(&Value::from(name))
}

fn push_summary(out: &mut String, value: &Value) {
    let show =
        |format: Format, pointer: &str| format.show(value.pointer(pointer).unwrap_or(&Value::Null));
    let count = |pointer: &str| show(Format::Count, pointer);
    let ms = |pointer: &str| show(Format::Ms, pointer);
    let bytes = |pointer: &str| show(Format::Bytes, pointer);
    let (app, state) = (show(Format::Text, "/app"), show(Format::Text, "/state"));
    let since = show(Format::Time, "/since");
    let (running, gone) = (count("/workers_running"), count("/workers_gone"));
    let rows = [
        ("App", format!("{app}, {state}, counting since {since}")),
        ("Workers", format!("{running} running, {gone} gone")),
        (
            "Requests",
            format!(
                "{} in all, {} per second now, {} in the last minute, {} in the last hour",
                count("/requests/total"),
                show(Format::Rate, "/requests/per_second"),
                count("/requests/last_minute"),
                count("/requests/last_hour"),
            ),
        ),
        ("In flight", count("/in_flight_total")),
        ("Status", statuses(value)),
        (
            "Latency",
            format!(
                "mean {}, p50 {}, p90 {}, p95 {}, p99 {}, max {}",
                ms("/latency_ms/mean"),
                ms("/latency_ms/p50"),
                ms("/latency_ms/p90"),
                ms("/latency_ms/p95"),
                ms("/latency_ms/p99"),
                ms("/latency_ms/max"),
            ),
        ),
        ("Bytes", format!("{} in, {} out", bytes("/bytes/in"), bytes("/bytes/out"))),
    ];
    for (name, content) in rows {
        let _ = writeln!(out, "{name:<11}{content}");
    }
}

fn statuses(value: &Value) -> String {
    let classes = ["1xx", "2xx", "3xx", "4xx", "5xx", "none"];
    let shown: Vec<_> = classes
        .iter()
        .filter(|class| value["status"][**class] != 0)
        .map(|class| format!("{class} {}", Format::Count.show(&value["status"][*class])))
        .collect();
    if shown.is_empty() { Format::Count.show(&Value::Null) } else { shown.join(", ") }
}

/// Numbers stand to the right of their column, words to the left.
fn push_table(out: &mut String, title: &str, rows: &Value, left_out: &Value, columns: &[Column]) {
    let rows = rows.as_array().map_or(&[][..], Vec::as_slice);
    let left_out = left_out.as_u64().filter(|count| *count > 0);
    if rows.is_empty() && left_out.is_none() {
        return;
    }
    let mut lines: Vec<Vec<String>> =
        vec![columns.iter().map(|(name, ..)| (*name).to_owned()).collect()];
    lines.extend(
        rows.iter().map(|row| {
            columns.iter().map(|(_, key, format)| cut(format.show(&row[*key]))).collect()
        }),
    );
    let widths: Vec<_> = (0..columns.len())
        .map(|at| lines.iter().map(|line| width(&line[at])).max().unwrap_or(0))
        .collect();
    let _ = writeln!(out, "\n{title}");
    for line in lines {
        let mut shown = String::new();
        for ((cell, width_wanted), (_, _, format)) in line.iter().zip(&widths).zip(columns) {
            let gap = " ".repeat(width_wanted - width(cell));
            let (before, after) = if *format == Format::Text { ("", &*gap) } else { (&*gap, "") };
            let _ = write!(shown, "  {before}{cell}{after}");
        }
        let _ = writeln!(out, "{}", shown.trim_end());
    }
    if let Some(count) = left_out {
        let _ = writeln!(out, "  … and {count} more");
    }
}

fn cut(text: String) -> String {
    if width(&text) <= NAME_COLUMNS {
        return text;
    }
    let mut columns = 1;
    let fitting = text.chars().take_while(|c| {
        columns += columns_of(*c);
        columns <= NAME_COLUMNS
    });
    fitting.chain(['…']).collect()
}

fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Columns a terminal gives a character: two for those of East Asia and for
/// pictures, none for marks that stand over the one before.
fn columns_of(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36f | 0x200b..=0x200d | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::collect::tests::{hostile, sample};

    #[test]
    fn the_table_names_every_number_and_its_columns_are_aligned() {
        let shown = text(&sample());
        for word in ["App", "your_app, on", "Requests", "p95", "Routes by total time", "Workers"] {
            assert!(shown.contains(word), "{word} is missing in\n{shown}");
        }
        let from = shown.find("Routes by total time").unwrap();
        let lines: Vec<_> = shown[from..].lines().skip(1).take_while(|l| !l.is_empty()).collect();
        let method_at = lines[0].find("METHOD").unwrap();
        for line in &lines[1..] {
            assert!(line.chars().nth(method_at - 1) == Some(' '), "{line}");
            assert!(line.chars().nth(method_at).is_some_and(char::is_alphabetic), "{line}");
        }
    }

    #[test]
    fn what_clients_send_cannot_command_the_terminal() {
        let shown = text(&hostile());
        let acting =
            |c: char| (c.is_control() && c != '\n') || ('\u{2028}'..='\u{202e}').contains(&c);
        assert!(!shown.chars().any(acting), "{shown:?}");
        assert!(shown.contains("\\x1b[2J"), "{shown}");
    }

    #[test]
    fn a_wide_character_takes_two_columns() {
        assert_eq!(width("가a"), 3);
        let long = cut("가".repeat(100));
        assert!(width(&long) <= NAME_COLUMNS && long.ends_with('…'));
    }
}
