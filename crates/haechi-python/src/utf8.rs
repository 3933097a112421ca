//! The text of a Python `str` without a copy.

use pyo3::prelude::*;
use pyo3::types::{PySequence, PyString};
use std::borrow::Cow;
use std::ffi::c_char;

unsafe extern "C" {
    /// Part of the stable ABI only since 3.10, but exported with this signature
    /// by every CPython from 3.3 on. It keeps the UTF-8 form inside the object,
    /// which for ASCII is the object's own memory.
    fn PyUnicode_AsUTF8AndSize(object: *mut pyo3::ffi::PyObject, size: *mut isize)
    -> *const c_char;
}

/// The text of `value`; lone surrogates become replacement characters.
pub(crate) fn of<'a>(value: &'a Bound<'_, PyString>) -> Cow<'a, str> {
    let mut size = 0;
    // SAFETY: the object is a `str`, kept alive by `value`, and the GIL is held.
    let start = unsafe { PyUnicode_AsUTF8AndSize(value.as_ptr(), &raw mut size) };
    if start.is_null() {
        // lone surrogates have no UTF-8 form; that error is not the app's
        drop(PyErr::take(value.py()));
        return value.to_string_lossy();
    }
    // SAFETY: CPython gives `size` bytes of UTF-8 that live as long as the
    // object does, and a `str` never changes.
    Cow::Borrowed(unsafe {
        std::str::from_utf8_unchecked(std::slice::from_raw_parts(start.cast(), size.unsigned_abs()))
    })
}

/// Characters of a long text that [`beginning`] looks at.
const BEGINNING: usize = 4096;

/// The beginning of `value`: of a long text only as much is taken as can be kept,
/// for its UTF-8 form would stay inside the object as long as that lives.
pub(crate) fn beginning(value: &Bound<'_, PyString>) -> String {
    if value.len().is_ok_and(|length| length <= BEGINNING) {
        return of(value).into_owned();
    }
    let sequence = value.cast::<PySequence>().ok();
    let cut = sequence.and_then(|text| text.get_slice(0, BEGINNING).ok());
    let cut = cut.and_then(|cut| cut.cast_into::<PyString>().ok());
    cut.map(|cut| of(&cut).into_owned()).unwrap_or_default()
}

/// The text of `value` if it is a `str`, else nothing.
pub(crate) fn or_empty<'a>(value: &'a Bound<'_, PyAny>) -> Cow<'a, str> {
    value.cast::<PyString>().map(of).unwrap_or_default()
}
