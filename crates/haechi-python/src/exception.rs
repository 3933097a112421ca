//! Which exception a log record or an `except` block speaks of.

use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

/// The exception a record carries in its `exc_info`, or, for an error logged
/// inside an `except` block, the one being handled.
pub(crate) fn of_record<'py>(
    carried: &Bound<'py, PyAny>,
    is_error: bool,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    match carried.cast::<PyTuple>() {
        Ok(carried) => failure(carried.get_item(1)?),
        Err(_) if is_error => being_handled(carried.py()),
        Err(_) => Ok(None),
    }
}

/// The exception being handled where this is called from.
pub(crate) fn being_handled(py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
    let info = py.import(intern!(py, "sys"))?.call_method0(intern!(py, "exc_info"))?;
    failure(info.get_item(1)?)
}

/// Leaves out what is no failure: nothing, requests to end the program, and the
/// exception by which web2py gives every answer.
pub(crate) fn failure(exception: Bound<'_, PyAny>) -> PyResult<Option<Bound<'_, PyAny>>> {
    let is_failure =
        exception.is_instance_of::<PyException>() && !is_web2py_answer(&exception.get_type());
    Ok(is_failure.then_some(exception))
}

fn is_web2py_answer(class: &Bound<'_, PyAny>) -> bool {
    let py = class.py();
    let named = |attribute: &Bound<'_, PyString>, wanted: &str| {
        class.getattr(attribute).is_ok_and(|found| found.eq(wanted).unwrap_or(false))
    };
    named(intern!(py, "__name__"), "HTTP") && named(intern!(py, "__module__"), "gluon.http")
}
