//! Arguments that a log line names, `%(password)s`: the name, which says that the
//! value is a secret, does not stand in the message.

use crate::utf8;
use haechi::redact;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

/// The message, as `template % arguments` makes it, with a mark in the place of
/// each secret that the template names; `None` if it names none, which is told
/// without making anything. Each argument is formatted once, as it always is.
///
/// # Errors
/// What the app's own objects raise, or template and arguments that do not fit.
pub(crate) fn message_without_secrets<'py>(
    template: &Bound<'py, PyString>,
    arguments: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if arguments.is_exact_instance_of::<PyTuple>() {
        return Ok(None);
    }
    let text = utf8::of(template);
    if !Named::all(&text).any(|found| redact::is_secret_key(found.name)) {
        return Ok(None);
    }
    let py = template.py();
    let mut without = String::with_capacity(text.len() + 16);
    let mut copied = 0;
    for Named { start, end, name } in Named::all(&text) {
        if !redact::is_secret_key(name) {
            continue;
        }
        let shown = PyString::new(py, &text[start..end]).rem(arguments)?;
        without.push_str(&text[copied..start]);
        without.push_str(&redact::pair(name, &utf8::or_empty(&shown)).replace('%', "%%"));
        copied = end;
    }
    without.push_str(&text[copied..]);
    PyString::new(py, &without).rem(arguments).map(Some)
}

/// One `%(name)s` of a template.
#[derive(Debug, PartialEq, Eq)]
struct Named<'a> {
    start: usize,
    end: usize,
    name: &'a str,
}

impl<'a> Named<'a> {
    fn all(template: &'a str) -> impl Iterator<Item = Self> {
        let mut at = 0;
        std::iter::from_fn(move || {
            loop {
                let start = at + template[at..].find('%')?;
                at = start + 1;
                match template.as_bytes().get(at) {
                    Some(b'%') => at += 1,
                    Some(b'(') => {
                        let found = Self::at(template, start)?;
                        at = found.end;
                        return Some(found);
                    }
                    _ => {}
                }
            }
        })
    }

    /// What begins with `%(`: a name, in which brackets are balanced, then flags,
    /// width, precision and the conversion. `None` if it does not end.
    fn at(template: &'a str, start: usize) -> Option<Self> {
        let from = start + 2;
        let mut depth = 1;
        let close = template[from..].find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        })?;
        let behind = from + close + 1;
        let sizes = |c: char| c.is_ascii_digit() || "#-+ .*hlL".contains(c);
        let conversion = template[behind..].char_indices().find(|(_, c)| !sizes(*c))?;
        let end = behind + conversion.0 + conversion.1.len_utf8();
        Some(Self { start, end, name: &template[from..from + close] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_named_argument_is_found_whole() {
        let found = |template: &'static str| {
            let of_one = |named: Named<'static>| (&template[named.start..named.end], named.name);
            Named::all(template).map(of_one).collect::<Vec<_>>()
        };
        assert_eq!(
            found("100%% of %(user)s: %(pin)05.2f%(token)-20.10r, %(a(b))s"),
            [
                ("%(user)s", "user"),
                ("%(pin)05.2f", "pin"),
                ("%(token)-20.10r", "token"),
                ("%(a(b))s", "a(b)"),
            ]
        );
        for none in ["", "%", "%%(a)s", "%s %d", "%(a", "%(a)", "%(a)5", "50 % (a)"] {
            assert_eq!(found(none), [], "{none}");
        }
    }
}
