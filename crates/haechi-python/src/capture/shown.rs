//! Values of local variables as text. Only values whose type is exactly one of
//! Python's own are taken apart; of any other the class is named. So no `repr`
//! of the app runs here, and looking costs a bounded time.

use haechi::redact;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyCFunction, PyDict, PyFloat, PyFunction, PyInt, PyList, PyModule, PySet,
    PyString, PyTuple, PyType,
};

/// Characters of a text, bytes of a number, items of a collection, depth.
const TEXT: usize = 120;
const ITEMS: usize = 6;
const DEPTH: u32 = 3;
/// Bytes of the whole.
const WHOLE: usize = 400;
/// Bytes of a text that are looked at for secrets before it is cut short, so
/// that no half of one is left.
const LOOK: usize = 2048;

/// Modules, functions and classes say nothing about what went wrong.
pub(super) fn is_noise(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyModule>()
        || value.is_exact_instance_of::<PyFunction>()
        || value.is_exact_instance_of::<PyCFunction>()
        || value.is_instance_of::<PyType>()
}

/// The value of a variable, cut whole if its name is a secret's.
pub(super) fn local(name: &str, value: &Bound<'_, PyAny>) -> String {
    let mut out = String::new();
    show(value, DEPTH, &mut out);
    redact::pair(name, &out).into_owned()
}

/// Whether a value is a text and nothing else.
pub(crate) fn is_text(value: &Bound<'_, PyAny>) -> bool {
    value.is_exact_instance_of::<PyString>()
}

/// A value of a log line: a text as it is, anything else as a local variable.
pub(crate) fn attribute(value: &Bound<'_, PyAny>) -> String {
    if let Ok(text) = value.cast_exact::<PyString>() {
        return crate::utf8::beginning(text);
    }
    let mut out = String::new();
    show(value, DEPTH, &mut out);
    out
}

fn show(value: &Bound<'_, PyAny>, depth: u32, out: &mut String) {
    if out.len() >= WHOLE {
        out.push('…');
    } else if value.is_none() {
        out.push_str("None");
    } else if let Ok(text) = value.cast_exact::<PyString>() {
        quoted(&crate::utf8::of(text), out);
    } else if value.is_exact_instance_of::<PyBool>() || value.is_exact_instance_of::<PyFloat>() {
        plain(value, out);
    } else if value.is_exact_instance_of::<PyInt>() {
        number(value, out);
    } else if let Ok(bytes) = value.cast_exact::<PyBytes>() {
        out.push('b');
        quoted(
            &String::from_utf8_lossy(&bytes.as_bytes()[..bytes.as_bytes().len().min(LOOK)]),
            out,
        );
    } else if depth > 0 && collection(value, depth - 1, out) {
    } else {
        class(value, out);
    }
}

fn collection(value: &Bound<'_, PyAny>, depth: u32, out: &mut String) -> bool {
    if let Ok(list) = value.cast_exact::<PyList>() {
        items(list.iter(), list.len(), depth, ('[', ']'), out);
    } else if let Ok(tuple) = value.cast_exact::<PyTuple>() {
        items(tuple.iter(), tuple.len(), depth, ('(', ')'), out);
    } else if let Ok(set) = value.cast_exact::<PySet>() {
        items(set.iter(), set.len(), depth, ('{', '}'), out);
    } else if let Ok(dict) = value.cast_exact::<PyDict>() {
        pairs(dict, depth, out);
    } else {
        return false;
    }
    true
}

fn items<'py>(
    found: impl Iterator<Item = Bound<'py, PyAny>>,
    count: usize,
    depth: u32,
    (open, close): (char, char),
    out: &mut String,
) {
    out.push(open);
    for (index, item) in found.take(ITEMS).enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        show(&item, depth, out);
    }
    rest(count, out);
    out.push(close);
}

fn pairs(dict: &Bound<'_, PyDict>, depth: u32, out: &mut String) {
    out.push('{');
    for (index, (key, value)) in dict.iter().take(ITEMS).enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        show(&key, 0, out);
        out.push_str(": ");
        let name = key.cast_exact::<PyString>().map(crate::utf8::of).unwrap_or_default();
        let mut shown = String::new();
        show(&value, depth, &mut shown);
        out.push_str(&redact::pair(&name, &shown));
    }
    rest(dict.len(), out);
    out.push('}');
}

fn rest(count: usize, out: &mut String) {
    if let Some(more) = count.checked_sub(ITEMS).filter(|more| *more > 0) {
        out.push_str(&format!(", … {more} more"));
    }
}

fn quoted(whole: &str, out: &mut String) {
    let look = redact::head(whole, LOOK);
    let text = &*redact::text(look);
    let end = text.char_indices().nth(TEXT).map_or(text.len(), |(at, _)| at);
    out.push('\'');
    out.push_str(&text[..end]);
    out.push('\'');
    if end < text.len() || look.len() < whole.len() {
        out.push_str(&format!("… ({} bytes)", whole.len()));
    }
}

/// A number of a million digits takes minutes to write out.
fn number(value: &Bound<'_, PyAny>, out: &mut String) {
    match value.extract::<i128>() {
        Ok(number) => out.push_str(&number.to_string()),
        Err(_) => out.push_str("<a large int>"),
    }
}

fn plain(value: &Bound<'_, PyAny>, out: &mut String) {
    if let Ok(text) = value.repr() {
        out.push_str(&crate::utf8::of(&text));
    }
}

fn class(value: &Bound<'_, PyAny>, out: &mut String) {
    let class = value.get_type();
    let name = class.fully_qualified_name().map(|name| name.to_string_lossy().into_owned());
    out.push_str(&format!("<{}>", name.unwrap_or_else(|_| "object".to_owned())));
}
