//! The exception a log line speaks of, as text.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

/// The traceback to attach to a record: the one it carries, or, for an error
/// logged inside an `except` block, the one being handled.
pub(crate) fn of_record(record: &Bound<'_, PyAny>, is_error: bool) -> PyResult<String> {
    let py = record.py();
    let carried = record.getattr(intern!(py, "exc_info"))?;
    if let Ok(carried) = carried.cast::<PyTuple>() {
        return format(carried);
    }
    if !is_error {
        return Ok(String::new());
    }
    let handled = py.import(intern!(py, "sys"))?.call_method0(intern!(py, "exc_info"))?;
    format(handled.cast::<PyTuple>()?)
}

fn format(exc_info: &Bound<'_, PyTuple>) -> PyResult<String> {
    let py = exc_info.py();
    let class = exc_info.get_item(0)?;
    if class.is_none() || is_web2py_answer(&class) {
        return Ok(String::new());
    }
    let lines = py
        .import(intern!(py, "traceback"))?
        .call_method1(intern!(py, "format_exception"), exc_info.clone())?;
    let mut text = String::new();
    for line in lines.try_iter()? {
        text.push_str(&line?.cast::<PyString>()?.to_string_lossy());
    }
    text.truncate(text.trim_end().len());
    Ok(text)
}

/// web2py raises every answer it gives as `gluon.http.HTTP`: no failure.
fn is_web2py_answer(class: &Bound<'_, PyAny>) -> bool {
    let py = class.py();
    let named = |attribute: &Bound<'_, PyString>, wanted: &str| {
        class.getattr(attribute).is_ok_and(|found| found.eq(wanted).unwrap_or(false))
    };
    named(intern!(py, "__name__"), "HTTP") && named(intern!(py, "__module__"), "gluon.http")
}
