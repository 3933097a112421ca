//! What the heads of a WSGI request and of its answer said, read at its end if
//! somebody will look at the request. None of the app's code runs: only texts,
//! lists, tuples and dicts are looked into.

use crate::environ::from_latin1;
use crate::utf8;
use haechi::{HeadersWriter, Heads};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

/// Longer keys of an environment are no headers' names.
const KEY_MAX: usize = 256;

/// Reads both heads.
pub(crate) fn read(
    environ: Option<&Bound<'_, PyDict>>,
    answer: Option<&Bound<'_, PyAny>>,
    heads: &mut Heads,
) {
    if let Some(environ) = environ {
        of_environ(environ, &mut heads.request);
    }
    if let Some(answer) = answer {
        of_answer(answer, &mut heads.response);
    }
}

/// PEP 3333: `HTTP_*`, and the two that stand without it. A server that gives those
/// both ways means one header.
fn of_environ(environ: &Bound<'_, PyDict>, out: &mut HeadersWriter) {
    let own = ["CONTENT_TYPE", "CONTENT_LENGTH"].map(|key| {
        let value = environ.get_item(key).ok().flatten()?;
        value.cast_into::<PyString>().ok().filter(|value| value.len().is_ok_and(|len| len > 0))
    });
    for (key, value) in environ.iter() {
        let (Ok(key), Ok(value)) = (key.cast::<PyString>(), value.cast::<PyString>()) else {
            continue;
        };
        if key.len().is_ok_and(|length| length > KEY_MAX) {
            out.leave_out(u32::from(starts_with_http(key)));
            continue;
        }
        let key = utf8::of(key);
        let is_known = |at: usize| own[at].is_some();
        match &*key {
            "CONTENT_TYPE" if is_known(0) => push("content-type", value, out),
            "CONTENT_LENGTH" if is_known(1) => push("content-length", value, out),
            "HTTP_CONTENT_TYPE" if is_known(0) => {}
            "HTTP_CONTENT_LENGTH" if is_known(1) => {}
            key => {
                if let Some(name) = key.strip_prefix("HTTP_") {
                    let name = name.to_ascii_lowercase().replace('_', "-");
                    push(&from_latin1(name.into()), value, out);
                }
            }
        }
    }
}

fn starts_with_http(key: &Bound<'_, PyString>) -> bool {
    utf8::beginning(key).starts_with("HTTP_")
}

/// What the app gave `start_response`: a list of pairs.
fn of_answer(answer: &Bound<'_, PyAny>, out: &mut HeadersWriter) {
    let mut pair = |pair: &Bound<'_, PyAny>| {
        let Ok(pair) = pair.cast::<PyTuple>() else { return };
        let text = |at: usize| pair.get_item(at).ok()?.cast_into::<PyString>().ok();
        if let (Some(name), Some(value)) = (text(0), text(1)) {
            push(&from_latin1(utf8::beginning(&name).into()), &value, out);
        }
    };
    if let Ok(list) = answer.cast::<PyList>() {
        list.iter().for_each(|one| pair(&one));
    } else if let Ok(tuple) = answer.cast::<PyTuple>() {
        tuple.iter().for_each(|one| pair(&one));
    }
}

fn push(name: &str, value: &Bound<'_, PyString>, out: &mut HeadersWriter) {
    let beginning = utf8::beginning(value);
    let past = value.len().unwrap_or(0).saturating_sub(beginning.chars().count());
    out.push_beginning(name, &from_latin1(beginning.into()), past);
}
