//! A `logging.LogRecord` on its way to the app's log file and the spool.

use crate::capture::{Place, capture, stack_of, traceback};
use crate::context;
use crate::exception;
use crate::program;
use crate::request::Request;
use crate::shield::shield;
use crate::utf8;
use haechi::{LogLine, Mechanism, Severity};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// web2py's documented logger of an app is named `web2py.app.<app>`.
const APP_LOGGER: &str = "web2py.app.";
const ERROR: i64 = 40;

/// The whole work of a `logging.Handler`, in place of its `handle`.
#[pyfunction]
pub(crate) fn log_handle(record: &Bound<'_, PyAny>, default_app: &str) {
    shield(|| handle(record, default_app));
}

fn handle(record: &Bound<'_, PyAny>, default_app: &str) -> PyResult<()> {
    let Some(recorder) = program::recorder() else { return Ok(()) };
    let py = record.py();
    let logger = record.getattr(intern!(py, "name"))?;
    let logger = utf8::or_empty(&logger);
    let level: i64 = record.getattr(intern!(py, "levelno"))?.extract()?;
    let message = message_of(record)?;
    let file = record.getattr(intern!(py, "pathname"))?;
    let created: f64 = record.getattr(intern!(py, "created"))?.extract()?;
    let mut place = current_place(py);
    if let Some(app) = logger.strip_prefix(APP_LOGGER) {
        app.clone_into(&mut place.app);
    } else if place.app.is_empty() {
        default_app.clone_into(&mut place.app);
    }
    // an exception that cannot be shown must not cost the line
    let exception = shield(|| exception_of(record, level >= ERROR, &place));
    recorder.log(&LogLine {
        time_unix_ns: (created * 1e9) as u64,
        request_id: place.request_id,
        severity: Severity::from_python(level),
        app: &place.app,
        logger: &logger,
        route: &place.route,
        file: &utf8::or_empty(&file),
        line: record.getattr(intern!(py, "lineno"))?.extract().unwrap_or(0),
        message: &utf8::or_empty(&message),
        exception: &exception,
    });
    Ok(())
}

/// The traceback of the exception the record speaks of. If the record is of an
/// error, the exception is recorded too, unless it was before.
fn exception_of(record: &Bound<'_, PyAny>, is_error: bool, place: &Place) -> PyResult<String> {
    let Some(found) = exception::of_record(record, is_error)? else { return Ok(String::new()) };
    let stack = stack_of(&found)?;
    if is_error {
        shield(|| capture(&found, &stack, Mechanism::Logged, place, ""));
    }
    Ok(traceback(&stack))
}

/// `getMessage()`; if template and arguments do not fit, the template says
/// more than nothing.
fn message_of<'py>(record: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = record.py();
    let template = record.getattr(intern!(py, "msg"))?;
    let arguments = record.getattr(intern!(py, "args"))?;
    if template.is_instance_of::<PyString>() && !arguments.is_truthy().unwrap_or(true) {
        return Ok(template);
    }
    let formatted = record.call_method0(intern!(py, "getMessage"));
    formatted.or_else(|_| template.str().map(Bound::into_any))
}

/// The request that the running code belongs to.
pub(crate) fn current_place(py: Python<'_>) -> Place {
    let Some(found) = context::current(py) else { return Place::default() };
    let Ok(request) = found.cast::<Request>() else { return Place::default() };
    request.get().open().place()
}
