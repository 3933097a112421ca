//! Methods of database drivers, timed.

use crate::call_site::call_site;
use crate::context;
use crate::request::Request;
use crate::shield::shield;
use crate::utf8;
use haechi::{Quotes, SpanEnd};
use pyo3::exceptions::PyTypeError;
use pyo3::ffi::PyObject;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple, PyType};

// Exported with this signature by every CPython 3.
unsafe extern "C" {
    fn PyMethod_New(function: *mut PyObject, this: *mut PyObject) -> *mut PyObject;
}

/// Stands in a class, or a module, in the place of what a driver has there, and
/// gives what that gives. A class keeps its identity that way, whoever makes its
/// objects, and no Python frame is added.
#[pyclass(frozen, module = "haechi._native")]
pub(crate) struct DriverMethod {
    inner: Py<PyAny>,
    does: Does,
    is_function: bool,
    mysql: bool,
}

enum Does {
    /// Its first argument is a query.
    Query,
    /// The same, of a connection: it gives the cursor.
    Open,
    /// Gives rows.
    Fetch,
    /// Leaves a `with` block: commits, or takes back what was done.
    Exit,
    /// Something that has a name.
    Named(Box<str>),
}

#[pymethods]
impl DriverMethod {
    /// `does` is `query`, `open`, `fetch`, `exit`, or the name of the query that it amounts to,
    /// as `COMMIT`. A function is one that is not bound to an object.
    #[new]
    #[pyo3(signature = (inner, does, is_function = false, mysql = false))]
    fn new(inner: Py<PyAny>, does: &str, is_function: bool, mysql: bool) -> Self {
        let does = match does {
            "query" => Does::Query,
            "open" => Does::Open,
            "fetch" => Does::Fetch,
            "exit" => Does::Exit,
            name => Does::Named(name.into()),
        };
        Self { inner, does, is_function, mysql }
    }

    fn __get__<'py>(
        slf: &Bound<'py, Self>,
        object: Option<&Bound<'py, PyAny>>,
        _class: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Some(object) = object.filter(|_| !slf.get().is_function) else {
            return Ok(slf.clone().into_any());
        };
        // SAFETY: the GIL is held and both are live objects; the answer is a new
        // reference, or null with an error set.
        unsafe {
            let bound = PyMethod_New(slf.as_ptr(), object.as_ptr());
            Bound::from_owned_ptr_or_err(slf.py(), bound)
        }
    }

    #[pyo3(signature = (*args, **named))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
        named: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let inner = self.inner.bind(py);
        let request = context::current(py).and_then(|found| found.cast_into::<Request>().ok());
        let Some(request) = request else { return inner.call(args, named) };
        let request = request.get();
        if matches!(self.does, Does::Fetch) {
            let begun = haechi::span_clock_ns();
            let result = inner.call(args, named);
            let rows = result.as_ref().ok().and_then(|rows| rows.cast::<PyList>().ok());
            let rows = rows.map_or(0, |rows| rows.len() as u64);
            let cursor = args.get_item(0).ok();
            request.open().with(|guard| guard.fetched(number_of(cursor.as_ref()), begun, rows));
            return result;
        }
        let mut token = 0;
        request.open().with(|guard| token = guard.query_begin());
        let result = inner.call(args, named);
        if token != 0 {
            self.tell(request, token, args, named, result.as_ref().ok());
        }
        result
    }

    #[getter]
    fn __wrapped__(&self, py: Python<'_>) -> Py<PyAny> {
        self.inner.clone_ref(py)
    }

    fn __getattr__<'py>(&self, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        self.inner.bind(name.py()).getattr(name)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.inner.bind(py).repr()?.to_string())
    }
}

impl DriverMethod {
    fn tell<'py>(
        &self,
        request: &Request,
        token: u32,
        args: &Bound<'py, PyTuple>,
        named: Option<&Bound<'py, PyDict>>,
        result: Option<&Bound<'py, PyAny>>,
    ) {
        let py = args.py();
        let on = args.get_item(0).ok();
        let cursor = if matches!(self.does, Does::Open) { result } else { on.as_ref() };
        let site = shield(|| Ok(call_site(py)));
        let (file, line) = site.as_ref().map_or(("", 0), |(file, line)| (&**file, *line));
        let query = shield(|| Ok(self.query(args, named)));
        let rows = result.and_then(|_| shield(|| Ok(cursor.and_then(rows_of))));
        let end = SpanEnd {
            name: &query,
            quotes: if self.mysql { Quotes::Text } else { Quotes::Names },
            failed: result.is_none(),
            rows,
            status: 0,
            file,
            line,
        };
        request.open().with(|guard| guard.query_end(token, number_of(cursor), &end));
    }

    fn query<'py>(&self, args: &Bound<'py, PyTuple>, named: Option<&Bound<'py, PyDict>>) -> String {
        match &self.does {
            Does::Named(name) => return name.to_string(),
            Does::Exit => {
                let raised = args.get_item(1).is_ok_and(|raised| !raised.is_none());
                return if raised { "ROLLBACK" } else { "COMMIT" }.to_owned();
            }
            Does::Query | Does::Open | Does::Fetch => {}
        }
        let given = args.get_item(1).ok().or_else(|| {
            // whatever the driver calls it, it is what comes first
            named.and_then(|named| named.values().get_item(0).ok())
        });
        given.map(|query| text_of(&query, args)).unwrap_or_default()
    }
}

/// What tells a cursor from others while it lives.
fn number_of(cursor: Option<&Bound<'_, PyAny>>) -> u64 {
    cursor.map_or(0, |cursor| cursor.as_ptr().addr() as u64)
}

/// What a cursor says of the rows that it gave or changed.
fn rows_of(cursor: &Bound<'_, PyAny>) -> Option<u64> {
    let rows = cursor.getattr(intern!(cursor.py(), "rowcount")).ok()?.extract::<i64>().ok()?;
    u64::try_from(rows).ok()
}

/// A query as text: as it is, or as the driver sent what it made of it.
fn text_of(query: &Bound<'_, PyAny>, args: &Bound<'_, PyTuple>) -> String {
    if let Ok(text) = query.cast::<PyString>() {
        return utf8::beginning(text);
    }
    if let Ok(bytes) = query.cast::<PyBytes>() {
        return lossy(bytes.as_bytes());
    }
    let py = query.py();
    let Ok(cursor) = args.get_item(0) else { return String::new() };
    let sent = cursor
        .getattr(intern!(py, "query"))
        .or_else(|_| cursor.getattr(intern!(py, "_query"))?.getattr(intern!(py, "query")));
    let sent = sent.ok().and_then(|sent| Some(lossy(sent.cast::<PyBytes>().ok()?.as_bytes())));
    sent.unwrap_or_default()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..4096).unwrap_or(bytes)).into_owned()
}

/// Puts something into a class, also into one written in C. Python refuses that
/// for those, because all of a process share them: which is what is wanted.
#[pyfunction]
pub(crate) fn put_into_class(
    class: &Bound<'_, PyType>,
    name: &Bound<'_, PyString>,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let py = class.py();
    match class.setattr(name, value) {
        Err(error) if error.is_instance_of::<PyTypeError>(py) => {}
        done => return done,
    }
    let view = class.getattr(intern!(py, "__dict__"))?;
    let behind =
        py.import(intern!(py, "gc"))?.call_method1(intern!(py, "get_referents"), (view,))?;
    let dict = behind.get_item(0)?;
    dict.cast::<PyDict>()?.set_item(name, value)?;
    // SAFETY: the GIL is held and `class` is a live type; what Python remembers of
    // its attributes is forgotten.
    unsafe { pyo3::ffi::PyType_Modified(class.as_type_ptr()) };
    Ok(())
}
