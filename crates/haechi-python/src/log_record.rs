//! A `logging.LogRecord` on its way to the app's log file and the spool.

use crate::capture::{Place, capture, stack_of, traceback};
use crate::context;
use crate::exception;
use crate::named_arguments::message_without_secrets;
use crate::program;
use crate::record_attributes;
use crate::request::Request;
use crate::shield::shield;
use crate::utf8;
use haechi::{Attribute, LogLine, Mechanism, RequestGuard, Severity};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// web2py's documented logger of an app is named `web2py.app.<app>`.
const APP_LOGGER: &str = "web2py.app.";
const ERROR: i64 = 40;

/// The whole work of a `logging.Handler`, in place of its `handle`.
#[pyfunction]
pub(crate) fn log_handle(default_app: &str, record: &Bound<'_, PyAny>) {
    shield(|| {
        let fields = Fields::of(record)?;
        let logger = fields.get(intern!(record.py(), "name"))?;
        keep(&fields, &utf8::or_empty(&logger), default_app, false)
    });
}

/// A record on its way to the handlers of any logger. Those of web2py's loggers
/// and of `haechi` meet [`log_handle`] there.
#[pyfunction]
pub(crate) fn log_record(record: &Bound<'_, PyAny>) {
    shield(|| {
        let fields = Fields::of(record)?;
        let logger = fields.get(intern!(record.py(), "name"))?;
        let logger = utf8::or_empty(&logger);
        if is_handled(&logger) {
            return Ok(());
        }
        keep(&fields, &logger, program::default_app(), true)
    });
}

fn is_handled(logger: &str) -> bool {
    ["web2py", "haechi"].iter().any(|name| {
        logger.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// A record's fields, read out of its dict: cheaper than as attributes.
struct Fields<'a, 'py> {
    record: &'a Bound<'py, PyAny>,
    dict: Option<Bound<'py, PyDict>>,
}

impl<'a, 'py> Fields<'a, 'py> {
    fn of(record: &'a Bound<'py, PyAny>) -> PyResult<Self> {
        let dict = record.getattr(intern!(record.py(), "__dict__"))?;
        Ok(Self { record, dict: dict.cast_into_exact().ok() })
    }

    fn get(&self, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        match self.dict.as_ref().map(|dict| dict.get_item(name)).transpose()?.flatten() {
            Some(value) => Ok(value),
            None => self.record.getattr(name),
        }
    }
}

fn keep(
    fields: &Fields<'_, '_>,
    logger: &str,
    default_app: &str,
    spool_only: bool,
) -> PyResult<()> {
    let Some(recorder) = program::recorder() else { return Ok(()) };
    let py = fields.record.py();
    let level: i64 = fields.get(intern!(py, "levelno"))?.extract()?;
    let written = Written::of(fields)?;
    let file = fields.get(intern!(py, "pathname"))?;
    let created: f64 = fields.get(intern!(py, "created"))?.extract()?;
    let mut place = current_place(py);
    if let Some(app) = logger.strip_prefix(APP_LOGGER) {
        app.clone_into(&mut place.app);
    } else if place.app.is_empty() {
        default_app.clone_into(&mut place.app);
    }
    // an exception that cannot be shown must not cost the line
    let exception = shield(|| exception_of(fields, level >= ERROR, &place));
    let template = written.template.as_ref().map(utf8::of).unwrap_or_default();
    let attributes = shield(|| attributes_of(fields, &written, &template));
    recorder.log(&LogLine {
        time_unix_ns: (created * 1e9) as u64,
        request_id: place.request_id,
        severity: Severity::from_python(level),
        app: &place.app,
        logger,
        route: &place.route,
        file: &utf8::or_empty(&file),
        line: fields.get(intern!(py, "lineno"))?.extract().unwrap_or(0),
        message: &utf8::or_empty(&written.message),
        exception: &exception,
        template: &template,
        attributes: &attributes,
        spool_only,
    });
    Ok(())
}

/// The traceback of the exception the record speaks of. If the record is of an
/// error, the exception is recorded too, unless it was before.
fn exception_of(fields: &Fields<'_, '_>, is_error: bool, place: &Place) -> PyResult<String> {
    let carried = fields.get(intern!(fields.record.py(), "exc_info"))?;
    let Some(found) = exception::of_record(&carried, is_error)? else { return Ok(String::new()) };
    let stack = stack_of(&found)?;
    if is_error {
        note_exception(found.py());
        shield(|| capture(&found, &stack, Mechanism::Logged, place, ""));
    }
    Ok(traceback(&stack))
}

/// The message, and what it was made of if it has arguments.
struct Written<'py> {
    message: Bound<'py, PyAny>,
    template: Option<Bound<'py, PyString>>,
    arguments: Option<Bound<'py, PyAny>>,
}

impl<'py> Written<'py> {
    /// `getMessage()`; if template and arguments do not fit, the template says
    /// more than nothing.
    fn of(fields: &Fields<'_, 'py>) -> PyResult<Self> {
        let py = fields.record.py();
        let template = fields.get(intern!(py, "msg"))?;
        let arguments = fields.get(intern!(py, "args"))?;
        if template.is_instance_of::<PyString>() && !arguments.is_truthy().unwrap_or(true) {
            return Ok(Self { message: template, template: None, arguments: None });
        }
        let text = template.cast_exact::<PyString>().ok();
        let without = text.map(|text| message_without_secrets(text, &arguments));
        let formatted = match without.transpose() {
            Ok(Some(Some(message))) => Ok(message),
            Ok(_) => fields.record.call_method0(intern!(py, "getMessage")),
            Err(error) => Err(error),
        };
        let message = formatted.or_else(|_| template.str().map(Bound::into_any))?;
        let template = template.cast_into_exact().ok();
        let arguments = template.is_some().then_some(arguments);
        Ok(Self { message, template, arguments })
    }
}

fn attributes_of<'a>(
    fields: &Fields<'_, '_>,
    written: &Written<'_>,
    template: &str,
) -> PyResult<Vec<Attribute<'a>>> {
    let mut out = Vec::new();
    if let Some(arguments) = &written.arguments {
        record_attributes::arguments(template, arguments, &mut out);
    }
    if let Some(dict) = &fields.dict {
        record_attributes::extras(dict, &mut out)?;
    }
    Ok(out)
}

/// The request that the running code belongs to.
pub(crate) fn current_place(py: Python<'_>) -> Place {
    let Some(found) = context::current(py) else { return Place::default() };
    let Ok(request) = found.cast::<Request>() else { return Place::default() };
    request.get().open().place()
}

/// Tells the request that the running code belongs to that it has an exception.
pub(crate) fn note_exception(py: Python<'_>) {
    let current = context::current(py).and_then(|found| found.cast_into::<Request>().ok());
    if let Some(request) = current {
        request.get().open().with(RequestGuard::note_exception);
    }
}
