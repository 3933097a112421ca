//! What the program prints. `write` of a stream is replaced on the stream itself,
//! so that whoever holds the stream holds the same object as without Haechi.

use crate::log_record::current_place;
use crate::printed::{self, Caller};
use crate::program;
use crate::shield::shield;
use crate::utf8;
use haechi::RequestId;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple};
use pyo3::{PyTraverseError, PyVisit};
use std::sync::atomic::{AtomicU64, Ordering};

/// Frames between a logging handler and the stream it writes to.
const FRAMES: usize = 12;

/// The code of `logging.Handler.handle`, `StreamHandler.emit` and `Handler.handleError`.
static LOGGING: PyOnceLock<[Py<PyAny>; 3]> = PyOnceLock::new();

/// Stands in for the `write` of `sys.stdout` or `sys.stderr`.
#[pyclass(frozen, module = "haechi._native")]
pub(crate) struct OutputWrite {
    write: Py<PyAny>,
    is_error: bool,
}

#[pymethods]
impl OutputWrite {
    #[new]
    const fn new(write: Py<PyAny>, is_error: bool) -> Self {
        Self { write, is_error }
    }

    /// Writes first; what cannot be written was not printed.
    #[pyo3(signature = (*args, **named))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        named: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let written = self.write.bind(py).call(args, named)?;
        shield(|| self.note(py, args));
        Ok(written)
    }

    /// Everything else is as it was: `__self__`, `__name__`, `__doc__`.
    fn __getattr__<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyString>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.write.bind(py).getattr(name)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.write)
    }
}

impl OutputWrite {
    fn note(&self, py: Python<'_>, args: &Bound<'_, PyTuple>) -> PyResult<()> {
        let Ok(text) = args.get_item(0)?.cast_into::<PyString>() else { return Ok(()) };
        let Some(caller) = caller(py)? else { return Ok(()) };
        let mut place = current_place(py);
        let writer = writer(place.request_id);
        if place.app.is_empty() {
            program::default_app().clone_into(&mut place.app);
        }
        printed::push(self.is_error, writer, &utf8::of(&text), &place, &caller);
        Ok(())
    }
}

/// Says how to know what logging writes: its records are recorded already.
#[pyfunction]
pub(crate) fn set_logging_code(
    py: Python<'_>,
    handle: Py<PyAny>,
    emit: Py<PyAny>,
    handle_error: Py<PyAny>,
) {
    let _ = LOGGING.set(py, [handle, emit, handle_error]);
}

/// Who has a line of its own: a request, else a thread.
fn writer(request: RequestId) -> u64 {
    static THREADS: AtomicU64 = AtomicU64::new(0);
    thread_local! {
        static THREAD: u64 = THREADS.fetch_add(1, Ordering::Relaxed) | 1 << 63;
    }
    if request == RequestId::NONE { THREAD.with(|id| *id) } else { request.as_u64() }
}

/// The code that prints; none if a handler of logging does, whose record is
/// recorded already.
fn caller(py: Python<'_>) -> PyResult<Option<Caller>> {
    static GET_FRAME: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let get_frame = GET_FRAME.import(py, "sys", "_getframe")?;
    let first = get_frame.call0()?;
    let code = first.getattr(intern!(py, "f_code"))?;
    let file = code.getattr(intern!(py, "co_filename"))?;
    let line = first.getattr(intern!(py, "f_lineno"))?.extract().unwrap_or(0);
    let caller = Caller { file: utf8::or_empty(&file).into_owned(), line };
    Ok((!is_logging(first, code)?).then_some(caller))
}

/// Whether a handler of logging writes. Its complaint about itself is not a
/// record, so that counts as printed.
fn is_logging<'py>(first: Bound<'py, PyAny>, code: Bound<'py, PyAny>) -> PyResult<bool> {
    let py = first.py();
    let Some([handle, emit, handle_error]) = LOGGING.get(py) else { return Ok(false) };
    let (mut frame, mut code) = (first, code);
    for _ in 0..FRAMES {
        if code.is(handle_error) {
            return Ok(false);
        }
        if code.is(handle) || code.is(emit) {
            return Ok(true);
        }
        frame = frame.getattr(intern!(py, "f_back"))?;
        if frame.is_none() {
            break;
        }
        code = frame.getattr(intern!(py, "f_code"))?;
    }
    Ok(false)
}
