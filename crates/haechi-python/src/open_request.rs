//! A request while it is open, shared by the `Request` the app sees and the
//! `Body` that outlives it.

use crate::capture::Place;
use crate::shield::shield;
use crate::{heads, printed, sampling};
use haechi::{Flags, RequestGuard};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locked for moments only, never while Python code runs.
pub(crate) struct OpenRequest {
    state: Mutex<State>,
}

struct State {
    guard: Option<RequestGuard>,
    status: u16,
    headers: Option<Py<PyAny>>,
    /// What the request's headers are read from if they are wanted at its end.
    environ: Option<Py<PyDict>>,
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Whole,
    Aborted,
    Raised,
}

impl OpenRequest {
    pub(crate) const fn new(guard: Option<RequestGuard>, environ: Option<Py<PyDict>>) -> Self {
        Self { state: Mutex::new(State { guard, status: 0, headers: None, environ }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what the app gave `start_response`.
    pub(crate) fn respond(&self, status: u16, headers: Py<PyAny>) {
        let before = {
            let mut state = self.state();
            state.status = status;
            state.headers.replace(headers)
        };
        // dropped outside the lock: it may run Python code
        drop(before);
    }

    pub(crate) fn headers(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.state().headers.as_ref().map(|headers| headers.clone_ref(py))
    }

    /// Adds to what is known; nothing once it has ended.
    pub(crate) fn with(&self, work: impl FnOnce(&mut RequestGuard)) {
        shield(|| {
            if let Some(guard) = &mut self.state().guard {
                work(guard);
            }
            Ok(())
        });
    }

    /// Something of the request; the default once it has ended.
    pub(crate) fn read<T: Default>(&self, work: impl FnOnce(&RequestGuard) -> T) -> T {
        shield(|| Ok(self.state().guard.as_ref().map(work).unwrap_or_default()))
    }

    /// Where an exception or a log line of this request occurred.
    pub(crate) fn place(&self) -> Place {
        self.read(|guard| Place {
            request_id: guard.id(),
            app: guard.app().to_owned(),
            route: guard.route().to_owned(),
            user: guard.user().to_owned(),
        })
    }

    /// Records it nowhere.
    pub(crate) fn discard(&self) {
        self.with(|guard| {
            sampling::request_is_nothing(guard.id());
            guard.discard();
        });
    }

    /// Ends the request; only the first end counts.
    pub(crate) fn end(&self, bytes_out: u64, how: End) {
        shield(|| {
            // dropped at the end, outside the lock: that may run Python code
            let (guard, status, headers, environ) = {
                let mut state = self.state();
                (state.guard.take(), state.status, state.headers.take(), state.environ.take())
            };
            let Some(mut guard) = guard else { return Ok(()) };
            let status = match how {
                End::Raised => {
                    guard.set_flag(Flags::RAISED);
                    // the server answers 500 if nothing has been sent
                    if status == 0 { 500 } else { status }
                }
                End::Aborted => {
                    guard.set_flag(Flags::ABORTED);
                    status
                }
                End::Whole => status,
            };
            printed::end_of_request(guard.id());
            sampling::request_ends(&guard.recorder(), guard.id());
            guard.finish_with(status, bytes_out, &mut |found| {
                shield(|| {
                    Python::attach(|py| {
                        let environ = environ.as_ref().map(|environ| environ.bind(py));
                        let answer = headers.as_ref().map(|headers| headers.bind(py));
                        heads::read(environ, answer, found);
                    });
                    Ok(())
                });
            });
            Ok(())
        });
    }
}
