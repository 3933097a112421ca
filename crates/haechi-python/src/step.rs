//! Functions of web2py whose whole time is a part of a request.

use crate::context;
use crate::request::Request;
use crate::shield::shield;
use crate::utf8;
use crate::view_lines;
use haechi::{Part, SpanEnd};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use std::borrow::Cow;
use std::path::MAIN_SEPARATOR;

/// Layers that are remembered.
const KNOWN: usize = 4096;
/// What stands in the path of a file of models, as it was written or compiled.
const MODELS: [&str; 2] = ["/models/", "/compiled/models"];

/// Stands in a module in the place of a function, calls it, and gives what that
/// gives. No Python frame is added: its instructions, and those it drives out of
/// the caches, cost a small request more than all of the recording.
#[pyclass(frozen, module = "haechi._native")]
pub(crate) struct Step {
    inner: Py<PyAny>,
    part: Part,
    called: Called,
    raised: Option<Py<PyAny>>,
}

/// What the span is called.
enum Called {
    /// Always the same.
    Name(Box<str>),
    /// As the function's first argument.
    First,
    /// As its first two arguments, with a slash between.
    FirstTwo,
    /// As the view of the response in the environment that is its first argument.
    View,
    /// As the file of models that its third argument, `layer`, names; no other
    /// file is timed. The dictionary has names, or `None`, of layers.
    Model(Py<PyDict>),
    /// As the file that its second argument, `layer`, names, which was made into
    /// the code that is its first one. No controller and no model is timed.
    Compiled,
}

#[pymethods]
impl Step {
    /// `called` is `=NAME`, or says where the name is to be found: `first`,
    /// `first_two`, `view`, `model`, `compiled`. `raised` is called with what the
    /// function raised and its arguments; it cannot keep that from being raised.
    #[new]
    #[pyo3(signature = (inner, part, called, raised = None))]
    fn new(
        py: Python<'_>,
        inner: Py<PyAny>,
        part: &str,
        called: &str,
        raised: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let called = match called {
            "first" => Called::First,
            "first_two" => Called::FirstTwo,
            "view" => Called::View,
            "model" => Called::Model(PyDict::new(py).unbind()),
            "compiled" => Called::Compiled,
            _ => match called.strip_prefix('=') {
                Some(name) => Called::Name(name.into()),
                None => return Err(PyValueError::new_err(format!("no step is called {called}"))),
            },
        };
        let part = Part::parse(part)
            .ok_or_else(|| PyValueError::new_err(format!("no part is called {part}")))?;
        Ok(Self { inner, part, called, raised })
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
        let mut token = 0;
        if shield(|| Ok(self.is_timed(args, named))) {
            request.get().open().with(|guard| token = guard.span_begin(self.part));
        }
        let result = inner.call(args, named);
        if token != 0 {
            shield(|| {
                self.end(request.get(), token, args, named);
                Ok(())
            });
        }
        if let (Err(error), Some(raised)) = (&result, &self.raised) {
            shield(|| {
                let all = std::iter::once(error.value(py).clone().into_any()).chain(args);
                raised.bind(py).call(PyTuple::new(py, all.collect::<Vec<_>>())?, named).map(drop)
            });
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

impl Step {
    fn is_timed(&self, args: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> bool {
        match &self.called {
            Called::Model(known) => {
                model_of(known.bind(args.py()), args, named).is_ok_and(|name| name.is_some())
            }
            Called::Compiled => {
                let layer = argument(args, named, 1);
                let layer = layer.as_ref().map(utf8::or_empty).unwrap_or_default();
                !layer.ends_with(".py")
            }
            _ => true,
        }
    }

    fn end(
        &self,
        request: &Request,
        token: u32,
        args: &Bound<'_, PyTuple>,
        named: Option<&Bound<'_, PyDict>>,
    ) {
        let tell = |name: &str| {
            let end = SpanEnd { name, ..SpanEnd::default() };
            request.open().with(|guard| guard.span_end(token, &end));
        };
        let py = args.py();
        match &self.called {
            Called::Name(name) => tell(name),
            Called::First => tell(&text(argument(args, named, 0).as_ref())),
            Called::FirstTwo => {
                let (one, two) = (argument(args, named, 0), argument(args, named, 1));
                tell(&format!("{}/{}", text(one.as_ref()), text(two.as_ref())));
            }
            Called::View => {
                let view = argument(args, named, 0).and_then(|space| view_of(&space));
                tell(&text(view.as_ref()));
            }
            Called::Model(known) => {
                let name = model_of(known.bind(py), args, named).ok().flatten();
                tell(&name.as_ref().map(utf8::of).unwrap_or_default());
            }
            Called::Compiled => {
                let (code, layer) = (argument(args, named, 0), argument(args, named, 1));
                let layer = text(layer.as_ref());
                if let Some(code) = code.as_ref().and_then(|code| code.cast::<PyString>().ok()) {
                    view_lines::note_view(&layer, code);
                }
                let file = layer.rsplit(MAIN_SEPARATOR).next().unwrap_or_default();
                tell(&format!("compile {file}"));
            }
        }
    }
}

/// The argument at this place, by its place or, if it alone has one, by its name.
fn argument<'py>(
    args: &Bound<'py, PyTuple>,
    named: Option<&Bound<'py, PyDict>>,
    at: usize,
) -> Option<Bound<'py, PyAny>> {
    args.get_item(at).ok().or_else(|| {
        let named = named?.values();
        named.get_item(at.checked_sub(args.len())?).ok()
    })
}

fn text<'a>(value: Option<&'a Bound<'_, PyAny>>) -> Cow<'a, str> {
    value.map(utf8::or_empty).unwrap_or_default()
}

/// The view in an environment of web2py's. A response is a dictionary whose
/// attributes are its items: none of the app's code is run.
fn view_of<'py>(space: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let py = space.py();
    let response = space.cast::<PyDict>().ok()?.get_item(intern!(py, "response")).ok()??;
    response.cast::<PyDict>().ok()?.get_item(intern!(py, "view")).ok()?
}

/// The name of a file of models, if the layer is one.
fn model_of<'py>(
    known: &Bound<'py, PyDict>,
    args: &Bound<'py, PyTuple>,
    named: Option<&Bound<'py, PyDict>>,
) -> PyResult<Option<Bound<'py, PyString>>> {
    let py = args.py();
    let named = named.and_then(|named| named.get_item(intern!(py, "layer")).ok().flatten());
    let Some(layer) = args.get_item(2).ok().or(named) else { return Ok(None) };
    let Ok(layer) = layer.cast_into::<PyString>() else { return Ok(None) };
    if let Some(found) = known.get_item(&layer)? {
        return Ok(found.cast_into::<PyString>().ok());
    }
    let path = utf8::of(&layer).replace(MAIN_SEPARATOR, "/");
    let name = MODELS.iter().any(|mark| path.contains(mark)).then(|| {
        let from = path.rmatch_indices('/').nth(1).map_or(0, |(at, _)| at + 1);
        PyString::new(py, &path[from..])
    });
    if known.len() < KNOWN {
        known.set_item(layer, name.as_ref())?;
    }
    Ok(name)
}
