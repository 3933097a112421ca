//! What a `logging.LogRecord` was given beside its message: the arguments of its
//! template and `extra=`. Of the app's code nothing runs; see `capture::shown`.

use crate::capture::{attribute, is_text};
use crate::utf8;
use haechi::{Attribute, Given};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple};
use std::borrow::Cow;

/// Pairs that are looked at; more would not be kept.
const PAIRS_MAX: usize = 32;
/// Keys of `extra=` that are looked at: most of a thousand are not kept anyway.
const EXTRAS_LOOKED_AT: usize = 64;
/// Bytes of a template that are searched for names.
const TEMPLATE_MAX: usize = 4 * 1024;
const PLACES: [&str; PAIRS_MAX] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
    "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31",
];
/// What every record has, in any version, and what formatters add.
const PLAIN: [&str; 24] = [
    "name",
    "msg",
    "args",
    "levelname",
    "levelno",
    "pathname",
    "filename",
    "module",
    "exc_info",
    "exc_text",
    "stack_info",
    "lineno",
    "funcName",
    "created",
    "msecs",
    "relativeCreated",
    "thread",
    "threadName",
    "processName",
    "process",
    "taskName",
    "message",
    "asctime",
    "stack",
];

/// The arguments: by their place, or by their name in `%(name)s`. Of a dict only
/// what the template names: it may be `locals()`.
pub(crate) fn arguments(
    template: &str,
    arguments: &Bound<'_, PyAny>,
    out: &mut Vec<Attribute<'_>>,
) {
    if let Ok(arguments) = arguments.cast_exact::<PyTuple>() {
        for (place, argument) in PLACES.iter().zip(arguments.iter()) {
            out.push(pair(Cow::Borrowed(*place), &argument));
        }
    } else if let Ok(arguments) = arguments.cast_exact::<PyDict>() {
        if !template.contains("%(") {
            out.push(pair(Cow::Borrowed(PLACES[0]), arguments));
            return;
        }
        for name in names(template) {
            if let Ok(Some(argument)) = arguments.get_item(name) {
                out.push(pair(Cow::Owned(name.to_owned()), &argument));
            }
        }
    }
}

fn pair<'a>(key: Cow<'a, str>, value: &Bound<'_, PyAny>) -> Attribute<'a> {
    let given = if is_text(value) { Given::Text } else { Given::Value };
    Attribute { key, value: Cow::Owned(attribute(value)), given }
}

/// The names in `%(name)s`, each once.
fn names(template: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = template.get(..TEMPLATE_MAX).unwrap_or(template);
    while let Some(at) = rest.find('%') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            rest = after;
        } else if let Some(after) = rest.strip_prefix('(') {
            let Some(end) = after.find(')') else { break };
            if found.len() < PAIRS_MAX && !found.contains(&&after[..end]) {
                found.push(&after[..end]);
            }
            rest = &after[end..];
        }
    }
    found
}

/// What `extra=` or a filter put on the record: what stands in its dict behind
/// what every record has.
pub(crate) fn extras(fields: &Bound<'_, PyDict>, out: &mut Vec<Attribute<'_>>) -> PyResult<()> {
    let plain = plain_fields(fields.py())?;
    if fields.len() <= plain {
        return Ok(());
    }
    for (key, value) in fields.iter().skip(plain).take(EXTRAS_LOOKED_AT) {
        let Ok(key) = key.cast_exact::<PyString>() else { continue };
        let key = utf8::beginning(key);
        if out.len() < PAIRS_MAX && !PLAIN.contains(&&*key) {
            out.push(Attribute {
                key: Cow::Owned(key),
                value: Cow::Owned(attribute(&value)),
                given: Given::Beside,
            });
        }
    }
    Ok(())
}

/// How many fields a record has that was given nothing, in this Python.
fn plain_fields(py: Python<'_>) -> PyResult<usize> {
    static COUNT: PyOnceLock<usize> = PyOnceLock::new();
    COUNT
        .get_or_try_init(py, || {
            let class = py.import(intern!(py, "logging"))?.getattr(intern!(py, "LogRecord"))?;
            let record = class.call1(("", 0, "", 0, "", (), py.None()))?;
            record.getattr(intern!(py, "__dict__"))?.len()
        })
        .copied()
}
