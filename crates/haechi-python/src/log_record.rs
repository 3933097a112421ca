//! A `logging.LogRecord` on its way to the app's log file and the spool.

use crate::exception;
use crate::program;
use crate::request::Request;
use crate::shield::shield;
use crate::utf8;
use haechi::{LogLine, RequestId, Severity};
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

#[derive(Default)]
struct Place {
    id: RequestId,
    app: String,
    route: String,
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
    // an exception that cannot be shown must not cost the line
    let exception = shield(|| exception::of_record(record, level >= ERROR));
    let place = current_place(py);
    let app = match (logger.strip_prefix(APP_LOGGER), place.app.as_str()) {
        (Some(app), _) => app,
        (None, "") => default_app,
        (None, app) => app,
    };
    recorder.log(&LogLine {
        time_unix_ns: (created * 1e9) as u64,
        request_id: place.id,
        severity: Severity::from_python(level),
        app,
        logger: &logger,
        route: &place.route,
        file: &utf8::or_empty(&file),
        line: record.getattr(intern!(py, "lineno"))?.extract().unwrap_or(0),
        message: &utf8::or_empty(&message),
        exception: &exception,
    });
    Ok(())
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

/// The request this line was written in.
fn current_place(py: Python<'_>) -> Place {
    let Some(var) = program::current(py) else { return Place::default() };
    let found = var.call_method1(intern!(py, "get"), (py.None(),));
    let Ok(found) = found else { return Place::default() };
    let Ok(request) = found.cast::<Request>() else { return Place::default() };
    request.get().open().read(|guard| Place {
        id: guard.id(),
        app: guard.app().to_owned(),
        route: guard.route().to_owned(),
    })
}
