//! Requests that have become slow explain themselves: a native thread looks at
//! the stacks of their threads until they end.
//!
//! What a fast request pays is one comparison. The thread sleeps while nothing
//! is in flight; while something is, it wakes when the oldest request may have
//! become slow, at least twice a second. Only to look at a stack does it take
//! the interpreter's lock.
//!
//! It is unknown to Python, and ends before every fork of its process and before
//! the interpreter does, so that nobody forks beside it and nothing is left that
//! asks for the lock of an interpreter that is gone.
//!
//! * `thread`: how it begins, sleeps and ends.
//! * `round`: which requests it looks at, and when again.
//! * `followed`: what was seen of them so far.
//! * `look`, `frames`: a look at the stacks, under the interpreter's lock.
//! * `memory`: whether the process may have the memory that takes.

mod followed;
mod frames;
mod look;
mod memory;
mod round;
mod thread;

use haechi::{Recorder, RequestId};
use pyo3::prelude::*;

/// The thread a request is handled by, as it names itself.
pub(crate) fn this_thread() -> u64 {
    // SAFETY: has no conditions.
    unsafe { libc::pthread_self() as u64 }
}

/// To be called once a request is in flight.
#[inline]
pub(crate) fn request_began(recorder: &'static Recorder) {
    if !thread::is_awake(recorder.generation()) {
        thread::wake(recorder);
    }
}

/// To be called before a request is recorded: what was seen of it comes first.
#[inline]
pub(crate) fn request_ends(recorder: &Recorder, id: RequestId) {
    if followed::any()
        && let Some(looker) = thread::here()
    {
        looker.following.end(recorder, id);
    }
}

/// To be called for a request that is not recorded.
#[inline]
pub(crate) fn request_is_nothing(id: RequestId) {
    if followed::any()
        && let Some(looker) = thread::here()
    {
        looker.following.forget(id);
    }
}

/// Ends the thread for good; called while the interpreter still works.
#[pyfunction]
pub(crate) fn end_looking(py: Python<'_>) {
    py.detach(thread::close);
}

/// To be called once, where Python code may run.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    look::prepare(py)?;
    let end = wrap_pyfunction!(end_looking, py)?;
    py.import("atexit")?.call_method1("register", (end,))?;
    Ok(())
}
