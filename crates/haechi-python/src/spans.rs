//! Timed parts of the current request.

use crate::call_site::call_site;
use crate::context;
use crate::request::Request;
use crate::shield::shield;
use crate::utf8;
use haechi::{Part, Quotes, RequestGuard, SpanEnd};
use pyo3::prelude::*;
use pyo3::types::PyString;

/// The number of a part by its name; that of `other` if there is none.
#[pyfunction]
pub(crate) fn span_part(name: &str) -> u8 {
    Part::parse(name).unwrap_or_default().number()
}

/// A part of the current request begins; 0 without one.
#[pyfunction]
pub(crate) fn span_begin(py: Python<'_>, part: u8) -> u32 {
    with_request(py, |guard| guard.span_begin(Part::from_number(part))).unwrap_or_default()
}

/// The part that `span_begin` gave this number for ends.
#[pyfunction]
#[pyo3(signature = (token, part, name, rows = -1, failed = false, status = 0, mysql = false))]
#[expect(clippy::too_many_arguments, reason = "positions cost Python less than anything else")]
pub(crate) fn span_end(
    py: Python<'_>,
    token: u32,
    part: u8,
    name: &Bound<'_, PyAny>,
    rows: i64,
    failed: bool,
    status: u16,
    mysql: bool,
) {
    if token != 0 {
        let told = Told { part, rows, failed, status, mysql };
        told.tell(py, name, |guard, end| guard.span_end(token, end));
    }
}

/// A part of the current request that ends now and took this long.
#[pyfunction]
#[pyo3(signature = (part, name, duration_ns, rows = -1, failed = false, status = 0, mysql = false))]
#[expect(clippy::too_many_arguments, reason = "positions cost Python less than anything else")]
pub(crate) fn span(
    py: Python<'_>,
    part: u8,
    name: &Bound<'_, PyAny>,
    duration_ns: u64,
    rows: i64,
    failed: bool,
    status: u16,
    mysql: bool,
) {
    let told = Told { part, rows, failed, status, mysql };
    told.tell(py, name, |guard, end| {
        let now = haechi::span_clock_ns();
        guard.span(Part::from_number(part), now.saturating_sub(duration_ns), now, end);
    });
}

/// How long the current request waited for a worker before it began.
#[pyfunction]
pub(crate) fn set_queue_time(py: Python<'_>, ns: u64) {
    with_request(py, |guard| guard.set_queue_time(ns));
}

struct Told {
    part: u8,
    rows: i64,
    failed: bool,
    status: u16,
    mysql: bool,
}

impl Told {
    fn tell(
        &self,
        py: Python<'_>,
        name: &Bound<'_, PyAny>,
        keep: impl FnOnce(&mut RequestGuard, &SpanEnd<'_>),
    ) {
        shield(|| {
            let has_site = matches!(Part::from_number(self.part), Part::Db | Part::HttpClient);
            let site = if has_site { call_site(py) } else { None };
            let (file, line) = site.as_ref().map_or(("", 0), |(file, line)| (&**file, *line));
            // a query may be anything its driver takes
            let text = name.cast::<PyString>().map(utf8::of).unwrap_or_default();
            let end = SpanEnd {
                name: &text,
                quotes: if self.mysql { Quotes::Text } else { Quotes::Names },
                failed: self.failed,
                rows: u64::try_from(self.rows).ok(),
                status: self.status,
                file,
                line,
            };
            with_request(py, |guard| keep(guard, &end));
            Ok(())
        });
    }
}

fn with_request<T>(py: Python<'_>, work: impl FnOnce(&mut RequestGuard) -> T) -> Option<T> {
    let found = context::current(py)?;
    let request = found.cast::<Request>().ok()?;
    let mut done = None;
    request.get().open().with(|guard| done = Some(work(guard)));
    done
}
