use super::has;
use crate::terminal::Tone;
use crate::top::figures::{age, bytes, percent};
use crate::top::listing::{Cell, Column, Listing, Row, number, text};
use crate::top::shapes::{Worker, Workers};

const COLUMNS: [Column; 9] = [
    number("PID", 8),
    number("IN FLIGHT", 9),
    number("CPU", 6),
    number("CPU s", 9).from(100),
    number("MEMORY", 10),
    number("AGE", 13),
    number("REQUESTS", 9).from(90),
    text("PROGRAM", 20).from(80),
    text("APPS", 0),
];

pub(in crate::top) fn workers(found: &Workers, filter: &str) -> Listing {
    let shown = found.workers.iter().filter(|worker| {
        let mut texts: Vec<&str> = worker.apps.iter().map(String::as_str).collect();
        texts.push(&worker.program);
        has(filter, &texts)
    });
    Listing {
        title: totals(found),
        columns: &COLUMNS,
        sorted: None,
        rows: shown.map(row).collect(),
        is_tail: false,
    }
}

/// How full apps and host are.
fn totals(found: &Workers) -> String {
    let apps = found.apps.iter().map(|app| {
        let ended = match app.ended {
            0 => String::new(),
            ended => format!(" ({ended} ended)"),
        };
        format!("{} {} busy of {}{ended}", app.app, app.busy, app.workers)
    });
    let host = &found.host;
    let mut parts: Vec<String> = apps.collect();
    let cpu = host.cpu_share.map_or_else(|| "-".to_owned(), percent);
    parts.push(format!("host: CPU {cpu} of {}", host.cpus));
    if let Some(load) = host.load_1m {
        parts.push(format!("load {load:.2}"));
    }
    if let (Some(all), Some(free)) = (host.memory_bytes, host.memory_available_bytes) {
        parts.push(format!("memory {} free of {}", bytes(free), bytes(all)));
    }
    parts.join(", ")
}

fn row(worker: &Worker) -> Row {
    let known = |text: Option<String>| Cell::plain(&text.unwrap_or_else(|| "-".to_owned()));
    let busy = if worker.in_flight > 0 { Tone::Warning } else { Tone::Dim };
    let cells = vec![
        Cell::plain(&worker.pid.to_string()),
        Cell::new(busy, &worker.in_flight.to_string()),
        known(worker.cpu_share.map(percent)),
        known(worker.cpu_s.map(|seconds| format!("{seconds:.1}"))),
        known(worker.memory_bytes.map(bytes)),
        Cell::plain(&age(worker.age_s)),
        Cell::plain(&worker.requests.to_string()),
        Cell::plain(&worker.program),
        Cell::new(Tone::Strong, &worker.apps.join(", ")),
    ];
    Row { key: worker.pid.to_string(), cells }
}
