//! The context variable that holds the request being handled.

use pyo3::ffi::PyObject;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::ffi::c_int;

static CURRENT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

// Not in the stable ABI, but exported with these signatures by every CPython
// from 3.7.1 on. Each raises `TypeError` for what is no `ContextVar`.
unsafe extern "C" {
    fn PyContextVar_Get(
        var: *mut PyObject,
        default: *mut PyObject,
        value: *mut *mut PyObject,
    ) -> c_int;
    fn PyContextVar_Set(var: *mut PyObject, value: *mut PyObject) -> *mut PyObject;
    fn PyContextVar_Reset(var: *mut PyObject, token: *mut PyObject) -> c_int;
}

/// Says which `ContextVar` holds the current request; the first call counts.
#[pyfunction]
pub(crate) fn set_current(py: Python<'_>, var: Py<PyAny>) {
    let _ = CURRENT.set(py, var);
}

/// What the variable holds, unless that is `None`.
pub(crate) fn current(py: Python<'_>) -> Option<Bound<'_, PyAny>> {
    let var = CURRENT.get(py)?;
    let mut value = std::ptr::null_mut();
    // SAFETY: the GIL is held, `var` is a live object, and `value` is written
    // to: a new reference, or null.
    let found = unsafe {
        let failed = PyContextVar_Get(var.as_ptr(), std::ptr::null_mut(), &raw mut value) < 0;
        Bound::from_owned_ptr_or_opt(py, if failed { std::ptr::null_mut() } else { value })
    };
    if found.is_none() {
        drop(PyErr::take(py));
    }
    found.filter(|found| !found.is_none())
}

/// Puts a value into the variable; gives what [`reset`] wants to take it back.
pub(crate) fn put<'py>(value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let py = value.py();
    let var = CURRENT.get(py)?;
    // SAFETY: the GIL is held and both are live objects; the answer is a new
    // reference, or null.
    let token =
        unsafe { Bound::from_owned_ptr_or_opt(py, PyContextVar_Set(var.as_ptr(), value.as_ptr())) };
    if token.is_none() {
        drop(PyErr::take(py));
    }
    token
}

/// Puts `None` into the variable.
pub(crate) fn clear(py: Python<'_>) {
    put(py.None().bind(py));
}

/// Gives the variable the value it had before the [`put`] that gave `token`.
/// Fails only in another context, where there is nothing to undo.
pub(crate) fn reset(token: &Bound<'_, PyAny>) {
    let py = token.py();
    let Some(var) = CURRENT.get(py) else { return };
    // SAFETY: the GIL is held and both are live objects.
    if unsafe { PyContextVar_Reset(var.as_ptr(), token.as_ptr()) } < 0 {
        drop(PyErr::take(py));
    }
}
