//! Exceptions that Python code hands over.

use crate::capture::{Place, look_and_capture};
use crate::exception;
use crate::log_record::{current_place, note_exception};
use crate::shield::shield;
use haechi::Mechanism;
use pyo3::prelude::*;

/// Records an exception, or, without one, the one being handled. `mechanism` is
/// `unhandled`, `task`, `thread` or `program`; `app` counts outside of a request.
#[pyfunction]
#[pyo3(signature = (exception, mechanism, app = "", ticket = ""))]
pub(crate) fn capture(
    py: Python<'_>,
    exception: Option<Bound<'_, PyAny>>,
    mechanism: &str,
    app: &str,
    ticket: &str,
) {
    shield(|| {
        let found = match exception {
            Some(exception) => exception::failure(exception)?,
            None => exception::being_handled(py)?,
        };
        let Some(found) = found else { return Ok(()) };
        let known = Mechanism::ALL.into_iter().find(|known| known.name() == mechanism);
        let place = current_place(py);
        let place =
            if place.app.is_empty() { Place { app: app.to_owned(), ..place } } else { place };
        note_exception(py);
        look_and_capture(&found, known.unwrap_or_default(), &place, ticket)
    });
}
