//! The one recorder of the program and what Python asks of it.

use crate::shield::{failures, shield};
use haechi::statistics::{self, Kind};
use haechi::{Recorder, RecorderOptions};
use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

static RECORDER: OnceLock<Recorder> = OnceLock::new();
static PROGRAM: OnceLock<String> = OnceLock::new();
static APP: OnceLock<String> = OnceLock::new();

/// The recorder, once the program has been configured.
pub(crate) fn recorder() -> Option<&'static Recorder> {
    RECORDER.get()
}

/// The app of what happens outside of requests.
pub(crate) fn default_app() -> &'static str {
    APP.get().or_else(|| PROGRAM.get()).map(String::as_str).unwrap_or_default()
}

/// Says where to record; the first call counts. Reads the folder's rules of
/// redaction, writes nothing.
///
/// # Errors
/// `ImportError` in any interpreter but the first that asked: objects kept in
/// this module belong to that one.
#[pyfunction]
pub(crate) fn configure(
    py: Python<'_>,
    directory: PathBuf,
    default_on: bool,
    program: String,
) -> PyResult<()> {
    static FIRST: OnceLock<i64> = OnceLock::new();
    // SAFETY: the GIL is held, so there is a current interpreter, and it stays.
    let here = unsafe { pyo3::ffi::PyInterpreterState_GetID(pyo3::ffi::PyInterpreterState_Get()) };
    if *FIRST.get_or_init(|| here) != here {
        return Err(PyImportError::new_err("another interpreter of this process has it already"));
    }
    shield(|| {
        let here = || haechi::release_of_folder(Path::new("."));
        let release = haechi::named_release().or_else(here).unwrap_or_default();
        let _ = PROGRAM.set(program.clone());
        let runtime = runtime(py);
        let options = RecorderOptions { data: directory, default_on, program, release, runtime };
        RECORDER.get_or_init(|| Recorder::new(options));
        crate::sampling::prepare(py)
    });
    Ok(())
}

/// The interpreter, as in `CPython 3.13.1`.
fn runtime(py: Python<'_>) -> String {
    let version = py.version_info();
    format!("CPython {}.{}.{}", version.major, version.minor, version.patch)
}

/// Says which framework the program runs on, with its version; the first word
/// counts.
#[pyfunction]
pub(crate) fn set_framework(framework: &str) {
    with_recorder(|recorder| recorder.set_framework(framework));
}

/// Names the app of what happens outside of requests; the first call counts.
#[pyfunction]
pub(crate) fn set_default_app(app: String) {
    let _ = APP.set(app);
}

/// Monitors an app, in every process.
#[pyfunction]
pub(crate) fn enable(app: &str) {
    with_recorder(|recorder| recorder.enable(app));
}

/// Pauses monitoring of an app, in every process.
#[pyfunction]
pub(crate) fn disable(app: &str) {
    with_recorder(|recorder| recorder.disable(app));
}

/// Whether an app is monitored.
#[pyfunction]
pub(crate) fn is_on(app: &str) -> bool {
    with_recorder(|recorder| recorder.is_on(app))
}

/// Says which file an app's log lines go to; the first word counts.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "Python's paths are made, not borrowed")]
pub(crate) fn set_log_path(app: &str, path: PathBuf) {
    with_recorder(|recorder| recorder.set_log_path(app, &path));
}

/// Says in which folder an app lies that is read again while the program runs: its
/// release is that of the folder. The first word counts.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "Python's paths are made, not borrowed")]
pub(crate) fn set_app_folder(app: &str, folder: PathBuf) {
    with_recorder(|recorder| recorder.set_app_folder(app, &folder));
}

/// Says in which folder the program has its apps; what they wrote before they
/// were watched is read from there, by the collector.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "Python's paths are made, not borrowed")]
pub(crate) fn leave_site(apps: PathBuf) {
    with_recorder(|recorder| recorder.leave_site(&apps));
}

/// An app's numbers over all processes, as JSON.
#[pyfunction]
pub(crate) fn statistics_json(py: Python<'_>, app: &str) -> String {
    // other threads of the app run on while scoreboards are read
    let answer = py.detach(|| {
        with_recorder(|recorder| {
            serde_json::to_string(&recorder.statistics(app)).unwrap_or_default()
        })
    });
    if answer.is_empty() { "{}".to_owned() } else { answer }
}

/// An app's numbers over all processes, as a page or a part of one.
#[pyfunction]
pub(crate) fn statistics_html(py: Python<'_>, app: &str, fragment: bool) -> String {
    let kind = if fragment { Kind::Fragment } else { Kind::Page };
    py.detach(|| with_recorder(|recorder| statistics::html(&recorder.statistics(app), kind)))
}

/// How recording itself is doing.
#[pyfunction]
pub(crate) fn status(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let out = PyDict::new(py);
    if let Some(recorder) = recorder() {
        out.set_item("directory", recorder.spool_dir().display().to_string())?;
        out.set_item("generation", recorder.generation())?;
        out.set_item("error", recorder.why_not())?;
        out.set_item("log_lines_dropped", recorder.log_lines_dropped())?;
        out.set_item("redaction", recorder.why_standard_rules())?;
    }
    out.set_item("failures", failures())?;
    Ok(out)
}

fn with_recorder<T: Default>(work: impl FnOnce(&Recorder) -> T) -> T {
    shield(|| Ok(recorder().map(work).unwrap_or_default()))
}
