use crate::body::Body;
use crate::capture::look_and_capture;
use crate::exception;
use crate::open_request::{End, OpenRequest};
use crate::shield::shield;
use crate::{context, environ, program, sampling, utf8};
use haechi::{Flags, Mechanism};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple, PyType};
use std::sync::Arc;

/// One request. It is handed to the app as its `start_response`, so that the
/// status is learnt without one more Python frame.
#[pyclass(frozen, module = "haechi._native")]
pub(crate) struct Request {
    open: Arc<OpenRequest>,
    start_response: Py<PyAny>,
    file_wrapper: Option<Py<PyAny>>,
}

/// A WSGI request begins and becomes the current one; `None` inside of one that
/// is being counted, as for a mounted app.
#[pyfunction]
pub(crate) fn begin<'py>(
    environ: &Bound<'py, PyAny>,
    start_response: Py<PyAny>,
    app: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, Request>>> {
    let py = environ.py();
    if context::current(py).is_some() {
        return Ok(None);
    }
    let app = &utf8::of(app);
    let guard = shield(|| {
        let Some(recorder) = program::recorder() else { return Ok(None) };
        let guard = environ::begin(recorder, environ, app);
        sampling::request_began(recorder);
        Ok(Some(guard))
    });
    let environ = environ.cast::<PyDict>().ok();
    let file_wrapper = environ
        .and_then(|environ| environ.get_item(intern!(py, "wsgi.file_wrapper")).ok().flatten())
        .map(Bound::unbind);
    let environ = environ.map(|environ| environ.clone().unbind());
    let open = Arc::new(OpenRequest::new(guard, environ));
    let request = Bound::new(py, Request { open, start_response, file_wrapper })?;
    context::put(&request);
    Ok(Some(request))
}

#[pymethods]
impl Request {
    /// `start_response`: notes the status and calls the server's.
    #[pyo3(signature = (status, headers, exc_info = None))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        status: &Bound<'py, PyAny>,
        headers: &Bound<'py, PyAny>,
        exc_info: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let code = shield(|| Ok(status_code(status)));
        self.open.respond(code, headers.clone().unbind());
        let start_response = self.start_response.bind(py);
        match exc_info {
            Some(exc_info) => start_response.call1((status, headers, exc_info)),
            None => start_response.call1((status, headers)),
        }
    }

    /// The app's answer: ends the request if all of it is there, else gives it
    /// back wrapped so that the request ends with its last byte. It is no longer
    /// the current one.
    fn body<'py>(slf: &Bound<'py, Self>, result: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        context::clear(slf.py());
        let this = slf.get();
        let known = shield(|| Ok(whole_length(&result)));
        let handed_over = known.is_none() && shield(|| Ok(this.is_servers_file(&result)));
        if let Some(length) = known.or_else(|| handed_over.then(|| this.content_length(slf.py()))) {
            this.open.end(length, End::Whole);
            return Ok(result);
        }
        // an answer that cannot be iterated is the server's to complain about
        let Ok(iterator) = result.try_iter() else {
            this.open.end(0, End::Whole);
            return Ok(result);
        };
        // until a piece of it is asked for
        this.open.with(|guard| {
            guard.set_flag(Flags::STREAMED);
            guard.set_thread(0);
        });
        let request = slf.clone().into_any().unbind();
        let open = Arc::clone(&this.open);
        let body = Body::new(open, request, result.unbind(), iterator.into_any().unbind());
        Ok(Bound::new(slf.py(), body)?.into_any())
    }

    /// The app raised; to be called while that is handled. It is no longer the
    /// current request.
    fn fail(&self, py: Python<'_>) {
        context::clear(py);
        shield(|| {
            let Some(raised) = exception::being_handled(py)? else { return Ok(()) };
            look_and_capture(&raised, Mechanism::Unhandled, &self.open.place(), "")
        });
        self.open.end(0, End::Raised);
    }

    /// Does not record the request at all.
    fn discard(&self) {
        self.open.discard();
    }

    fn set_app(&self, app: &Bound<'_, PyString>) {
        self.open.with(|guard| guard.set_app(&utf8::of(app)));
    }

    fn set_route(&self, route: &Bound<'_, PyString>) {
        self.open.with(|guard| guard.set_route(&utf8::of(route)));
    }

    /// App and route at once, which is less work than one after the other.
    fn set_place(&self, app: &Bound<'_, PyString>, route: &Bound<'_, PyString>) {
        self.open.with(|guard| guard.set_app_and_route(&utf8::of(app), &utf8::of(route)));
    }

    fn set_ticket(&self, ticket: &str) {
        self.open.with(|guard| {
            guard.set_ticket(ticket);
            guard.set_flag(Flags::RAISED);
        });
    }

    /// A text, a number, or None for nobody; anything else is ignored.
    fn set_user(&self, user: &Bound<'_, PyAny>) {
        if let Ok(text) = user.cast::<PyString>() {
            let text = utf8::of(text);
            self.open.with(|guard| guard.set_user(&text));
        } else if let Ok(number) = user.extract::<i64>() {
            self.open.with(|guard| guard.set_user(&number.to_string()));
        } else if user.is_none() {
            self.open.with(|guard| guard.set_user(""));
        }
    }

    fn set_static(&self) {
        self.open.with(|guard| guard.set_flag(Flags::STATIC));
    }

    #[getter]
    fn id(&self) -> String {
        self.open.read(|guard| guard.id().to_string())
    }

    #[getter]
    fn trace_id(&self) -> String {
        self.open.read(|guard| guard.trace_id().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    #[getter]
    fn app(&self) -> String {
        self.open.read(|guard| guard.app().to_owned())
    }

    #[getter]
    fn route(&self) -> String {
        self.open.read(|guard| guard.route().to_owned())
    }

    /// What is recorded as the message if the process dies in it: how, in what,
    /// for how long.
    fn death(&self, how: &str) -> String {
        self.open.read(|guard| guard.death(how))
    }
}

impl Request {
    pub(crate) const fn open(&self) -> &Arc<OpenRequest> {
        &self.open
    }

    /// Whether the server will send this file itself: it must get it untouched.
    fn is_servers_file(&self, result: &Bound<'_, PyAny>) -> bool {
        let py = result.py();
        let Some(wrapper) = &self.file_wrapper else { return false };
        match wrapper.bind(py).cast::<PyType>() {
            Ok(class) => result.is_instance(class).unwrap_or(false),
            // a function, as in uWSGI, gives back the very file it was given
            Err(_) => result.hasattr(intern!(py, "read")).unwrap_or(false),
        }
    }

    fn content_length(&self, py: Python<'_>) -> u64 {
        shield(|| {
            let Some(headers) = self.open.headers(py) else { return Ok(0) };
            for pair in headers.bind(py).try_iter()? {
                let (name, value): (String, String) = pair?.extract()?;
                if name.eq_ignore_ascii_case("content-length") {
                    return Ok(value.trim().parse().unwrap_or(0));
                }
            }
            Ok(0)
        })
    }
}

/// `"200 OK"` gives 200; anything else 0.
fn status_code(status: &Bound<'_, PyAny>) -> u16 {
    utf8::or_empty(status).get(..3).and_then(|code| code.parse().ok()).unwrap_or(0)
}

/// The bytes of an answer that is there in full: a list or tuple of bytes.
fn whole_length(result: &Bound<'_, PyAny>) -> Option<u64> {
    let length = |part: Bound<'_, PyAny>| match part.cast::<PyBytes>() {
        Ok(bytes) => bytes.as_bytes().len() as u64,
        Err(_) => part.len().unwrap_or(0) as u64,
    };
    if let Ok(list) = result.cast_exact::<PyList>() {
        return Some(list.iter().map(length).sum());
    }
    result.cast_exact::<PyTuple>().ok().map(|tuple| tuple.iter().map(length).sum())
}
