use crate::capture::look_and_capture;
use crate::exception;
use crate::open_request::{End, OpenRequest};
use crate::shield::shield;
use crate::{context, sampling};
use haechi::Mechanism;
use pyo3::exceptions::PyStopIteration;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An answer that is produced piece by piece. The request ends when it is used
/// up, raises, is closed, or is thrown away: whichever comes first.
#[pyclass(frozen, module = "haechi._native")]
pub(crate) struct Body {
    open: Arc<OpenRequest>,
    request: Py<PyAny>,
    result: Py<PyAny>,
    iterator: Py<PyAny>,
    bytes_out: AtomicU64,
}

impl Body {
    pub(crate) const fn new(
        open: Arc<OpenRequest>,
        request: Py<PyAny>,
        result: Py<PyAny>,
        iterator: Py<PyAny>,
    ) -> Self {
        Self { open, request, result, iterator, bytes_out: AtomicU64::new(0) }
    }

    fn end(&self, how: End) {
        self.open.end(self.bytes_out.load(Ordering::Relaxed), how);
    }
}

#[pymethods]
impl Body {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        // log lines written while the body is produced belong to its request
        let token = context::put(self.request.bind(py));
        self.open.with(|guard| guard.set_thread(sampling::this_thread()));
        let next = self.iterator.bind(py).call_method0(intern!(py, "__next__"));
        self.open.with(|guard| guard.set_thread(0));
        if let Some(token) = token {
            context::reset(&token);
        }
        match &next {
            Ok(part) => {
                let bytes = part.cast::<PyBytes>().map_or(0, |bytes| bytes.as_bytes().len());
                self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
            }
            Err(error) if error.is_instance_of::<PyStopIteration>(py) => self.end(End::Whole),
            Err(error) => {
                shield(|| match exception::failure(error.value(py).clone().into_any())? {
                    Some(raised) => {
                        let place = self.open.place();
                        look_and_capture(&raised, Mechanism::Streamed, &place, "")
                    }
                    None => Ok(()),
                });
                self.end(End::Raised);
            }
        }
        next
    }

    /// Closes the app's answer, as servers do however a request ended.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let result = self.result.bind(py);
        let closed = match result.getattr_opt(intern!(py, "close"))? {
            Some(close) => close.call0().map(drop),
            None => Ok(()),
        };
        // not used up: the client has left
        self.end(End::Aborted);
        closed
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.end(End::Aborted);
    }
}
