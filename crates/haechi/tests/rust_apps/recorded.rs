use haechi::{Cause, Frame, Monitor, RequestId, decode_stack};
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
        Record::Span(s) => {
            let file = s.file.rsplit('/').next().unwrap_or_default();
            Line { id: s.request_id, text: format!("{} {} {file}", s.part.name(), s.name) }
        }
        Record::Samples(s) => Line { id: s.request_id, text: "samples".to_owned() },
        Record::Headers(h) => Line { id: h.request_id, text: "headers".to_owned() },
    }
}

pub(crate) fn texts(monitor: &Monitor) -> Vec<String> {
    recorded(monitor).into_iter().map(|line| line.text).collect()
}

/// A frame of a recorded stack.
#[derive(Debug)]
pub(crate) struct OwnFrame {
    pub(crate) file: String,
    pub(crate) function: String,
    pub(crate) line: u32,
    pub(crate) in_app: bool,
}

/// The frames of each recorded exception, outermost first.
pub(crate) fn stacks(monitor: &Monitor) -> Vec<Vec<OwnFrame>> {
    exceptions(monitor, |causes| {
        let own = |frame: &Frame<'_>| OwnFrame {
            file: frame.file.to_owned(),
            function: frame.function.to_owned(),
            line: frame.line,
            in_app: frame.in_app,
        };
        causes[0].frames.iter().map(own).collect()
    })
}

/// Type and message of each cause of each recorded exception.
pub(crate) fn causes(monitor: &Monitor) -> Vec<Vec<String>> {
    exceptions(monitor, |causes| {
        causes.iter().map(|cause| format!("{}: {}", cause.kind, cause.message)).collect()
    })
}

fn exceptions<T>(monitor: &Monitor, look: impl Fn(&[Cause<'_>]) -> T) -> Vec<T> {
    let dir = SpoolDir::open(monitor.recorder().spool_dir()).unwrap();
    let mut found = Vec::new();
    for name in dir.segments().unwrap() {
        let mut buffer = Vec::new();
        let chunk = dir.reader(&name).unwrap().read(&mut buffer, 1 << 20).unwrap().records;
        for raw in chunk {
            if let Ok(Record::Exception(e)) = Record::decode(raw.payload) {
                found.push(look(&decode_stack(e.stack).unwrap()));
            }
        }
    }
    found
}
