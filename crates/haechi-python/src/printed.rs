//! Lines that were printed, on their way to the spool.

use crate::capture::Place;
use crate::program;
use crate::shield::shield;
use haechi::{LogLine, OutputLine, OutputLines, RequestId, Severity};
use pyo3::prelude::*;
use std::sync::LazyLock;

static STDOUT: LazyLock<OutputLines<Place>> = LazyLock::new(OutputLines::default);
static STDERR: LazyLock<OutputLines<Place>> = LazyLock::new(OutputLines::default);

/// The Python code that prints.
#[derive(Default)]
pub(crate) struct Caller {
    pub(crate) file: String,
    pub(crate) line: u32,
}

/// Records the lines that are whole with this piece.
pub(crate) fn push(is_error: bool, writer: u64, piece: &str, place: &Place, caller: &Caller) {
    let lines = if is_error { &STDERR } else { &STDOUT };
    lines.push(writer, piece, place, |place, line| record(is_error, place, line, caller));
}

fn record(is_error: bool, place: &Place, line: OutputLine<'_>, caller: &Caller) {
    let Some(recorder) = program::recorder() else { return };
    let severity = match (is_error, line.traceback.is_empty()) {
        (false, _) => Severity::Info,
        (true, true) => Severity::Warn,
        (true, false) => Severity::Error,
    };
    recorder.log(&LogLine {
        request_id: place.request_id,
        severity,
        app: &place.app,
        logger: if is_error { "stderr" } else { "stdout" },
        route: &place.route,
        file: &caller.file,
        line: caller.line,
        message: line.text,
        exception: line.traceback,
        spool_only: true,
        ..LogLine::default()
    });
}

/// Records the unfinished lines of a request that has ended.
pub(crate) fn end_of_request(id: RequestId) {
    for (is_error, lines) in [(false, &STDOUT), (true, &STDERR)] {
        lines.end(id.as_u64(), |place, line| record(is_error, place, line, &Caller::default()));
    }
}

/// Records all unfinished lines; for the end of the program.
#[pyfunction]
pub(crate) fn end_output() {
    shield(|| {
        for (is_error, lines) in [(false, &STDOUT), (true, &STDERR)] {
            lines.end_all(|place, line| record(is_error, place, line, &Caller::default()));
        }
        Ok(())
    });
}
