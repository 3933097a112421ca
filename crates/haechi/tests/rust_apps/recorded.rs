use haechi::{Monitor, RequestId};
use haechi_event::Record;
use haechi_spool::board::snapshots;
use haechi_spool::read::SpoolDir;
use std::path::Path;
use tempfile::TempDir;

/// A request as recorded: method, route, status, bytes sent, flags by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: RequestId,
    pub(crate) text: String,
}

pub(crate) fn monitor() -> (TempDir, Monitor) {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("logs/your_app.log");
    let monitor = Monitor::builder("your_app").data(dir.path()).log_file(Some(log)).build();
    (dir, monitor)
}

/// Everything in the spool, in order, and nothing is in flight.
pub(crate) fn recorded(monitor: &Monitor) -> Vec<Line> {
    let spool = monitor.recorder().spool_dir();
    for board in snapshots(spool) {
        assert_eq!(board.in_flight, [], "all requests have ended");
    }
    read(spool)
}

fn read(spool: &Path) -> Vec<Line> {
    let dir = SpoolDir::open(spool).unwrap();
    let mut found = Vec::new();
    for name in dir.segments().unwrap() {
        let mut buffer = Vec::new();
        let chunk = dir.reader(&name).unwrap().read(&mut buffer, 1 << 20).unwrap().records;
        found.extend(chunk.iter().map(|raw| line(Record::decode(raw.payload).unwrap())));
    }
    found
}

fn line(record: Record<'_>) -> Line {
    match record {
        Record::Request(r) => {
            let flags: Vec<_> = r.flags.names().collect();
            let text = format!(
                "{} {} {} {} {}",
                r.method,
                r.route,
                r.status,
                r.bytes_out,
                flags.join(",")
            );
            Line { id: r.id, text: text.trim_end().to_owned() }
        }
        Record::Log(l) => {
            let file = l.file.rsplit('/').next().unwrap_or_default();
            let text = format!("{} {} {} {file}", l.severity.text(), l.route, l.message);
            Line { id: l.request_id, text }
        }
        Record::Exception(e) => {
            Line { id: e.request_id, text: format!("{} {} {}", e.kind, e.route, e.message) }
        }
    }
}

pub(crate) fn texts(monitor: &Monitor) -> Vec<String> {
    recorded(monitor).into_iter().map(|line| line.text).collect()
}
