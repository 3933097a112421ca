//! pydal's statements, as it tells of them to its execution handlers.

use crate::call_site::call_site;
use crate::context;
use crate::request::Request;
use crate::shield::shield;
use crate::utf8;
use haechi::{Part, SpanEnd, span_clock_ns};
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::sync::{Mutex, PoisonError};

/// A handler of one statement: pydal makes one for each. It is not told when a
/// statement raises; then it is dropped without having been told of an end.
#[pyclass(frozen, module = "haechi._native")]
pub(crate) struct ExecutionHandler {
    begun: Mutex<Option<Begun>>,
}

struct Begun {
    request: Py<Request>,
    query: String,
    file: String,
    line: u32,
    at_ns: u64,
}

#[pymethods]
impl ExecutionHandler {
    #[new]
    const fn new(_adapter: &Bound<'_, PyAny>) -> Self {
        Self { begun: Mutex::new(None) }
    }

    fn before_execute(&self, command: &Bound<'_, PyAny>) {
        shield(|| {
            let py = command.py();
            let Some(found) = context::current(py) else { return Ok(()) };
            let site = call_site(py);
            let (file, line) = site.as_ref().map_or(("", 0), |(file, line)| (&**file, *line));
            let begun = Begun {
                request: found.cast_into::<Request>()?.unbind(),
                query: command.cast::<PyString>().map(utf8::beginning).unwrap_or_default(),
                file: file.to_owned(),
                line,
                at_ns: span_clock_ns(),
            };
            *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = Some(begun);
            Ok(())
        });
    }

    fn after_execute(&self, _command: &Bound<'_, PyAny>) {
        self.tell(false);
    }
}

impl ExecutionHandler {
    fn tell(&self, failed: bool) {
        shield(|| {
            let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner).take();
            let Some(Begun { request, query, file, line, at_ns }) = begun else { return Ok(()) };
            let now = span_clock_ns();
            // how long one took that failed is not known: others may have come since
            let from = if failed { now } else { at_ns };
            let end = SpanEnd { name: &query, failed, file: &file, line, ..SpanEnd::default() };
            request.get().open().with(|guard| guard.span(Part::Db, from, now, &end));
            Ok(())
        });
    }
}

impl Drop for ExecutionHandler {
    fn drop(&mut self) {
        self.tell(true);
    }
}
