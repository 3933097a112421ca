//! Pauses of Python's garbage collector.

use crate::context;
use crate::request::Request;
use crate::shield::shield;
use crate::utf8;
use haechi::{Part, SpanEnd, span_clock_ns};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::atomic::{AtomicU64, Ordering};

/// Pauses from here on are told one by one; most are far shorter.
const TOLD_FROM_NS: u64 = 1_000_000;

/// When the collection that runs now began. There is one at a time, and it lets
/// no other thread run.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// To stand in `gc.callbacks`.
#[pyfunction]
pub(crate) fn gc_pause(phase: &Bound<'_, PyAny>, info: &Bound<'_, PyAny>) {
    shield(|| {
        let py = phase.py();
        if utf8::or_empty(phase) == "start" {
            BEGUN.store(span_clock_ns(), Ordering::Relaxed);
            return Ok(());
        }
        let begun = BEGUN.swap(0, Ordering::Relaxed);
        let request = context::current(py).and_then(|found| found.cast_into::<Request>().ok());
        let Some(request) = request.filter(|_| begun > 0) else { return Ok(()) };
        let now = span_clock_ns();
        if now.saturating_sub(begun) < TOLD_FROM_NS {
            request.get().open().with(|guard| guard.pause(Part::Gc, begun));
            return Ok(());
        }
        let generation = info.cast::<PyDict>()?.get_item(intern!(py, "generation"))?;
        let name = generation.map_or(String::new(), |number| format!("generation {number}"));
        let end = SpanEnd { name: &name, ..SpanEnd::default() };
        request.get().open().with(|guard| guard.span(Part::Gc, begun, now, &end));
        Ok(())
    });
}
