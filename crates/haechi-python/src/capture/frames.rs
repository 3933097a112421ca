//! The frames of a traceback, outermost first.

use super::shown;
use haechi::{Frame, StackWriter, is_own_code, redact};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// Frames of one exception that are kept: most at the inner end.
const OUTER: usize = 10;
const INNER: usize = 40;
/// The innermost own frames whose locals are kept.
const WITH_LOCALS: usize = 5;
/// Bytes of a source line that are looked at; fewer are kept.
const SOURCE_MAX: usize = 2048;
/// Locals of one frame that are kept.
const LOCALS: usize = 24;

struct Found<'py> {
    frame: Bound<'py, PyAny>,
    file: String,
    function: String,
    line: u32,
    source: String,
    in_app: bool,
}

pub(super) fn write(exception: &Bound<'_, PyAny>, stack: &mut StackWriter<'_>) -> PyResult<()> {
    let entries = traceback(exception)?;
    let (outer, inner) = match entries.len().checked_sub(OUTER + INNER) {
        Some(surplus) if surplus > 0 => (&entries[..OUTER], &entries[OUTER + surplus..]),
        _ => (&entries[..], &[][..]),
    };
    let left_out = entries.len() - outer.len() - inner.len();
    let (outer, inner) = (look_at_all(outer)?, look_at_all(inner)?);
    let own = outer.iter().chain(&inner).filter(|frame| frame.in_app).count();
    let mut seen = 0;
    for (index, frame) in outer.iter().chain(&inner).enumerate() {
        seen += usize::from(frame.in_app);
        let wanted = frame.in_app && seen + WITH_LOCALS > own && frame.function != "<module>";
        if stack.frame(&frame.shape()) && wanted {
            write_locals(&frame.frame, stack)?;
        }
        if left_out > 0 && index + 1 == outer.len() {
            stack.left_out(u32::try_from(left_out).unwrap_or(u32::MAX));
        }
    }
    Ok(())
}

fn look_at_all<'py>(entries: &[Bound<'py, PyAny>]) -> PyResult<Vec<Found<'py>>> {
    entries.iter().map(look_at).collect()
}

/// The entries of the traceback. A deep recursion has thousands; they are
/// walked, which costs little, and most are left out.
fn traceback<'py>(exception: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let py = exception.py();
    let mut entries = Vec::new();
    let mut next = exception.getattr(intern!(py, "__traceback__"))?;
    while !next.is_none() {
        let following = next.getattr(intern!(py, "tb_next"))?;
        entries.push(next);
        next = following;
    }
    Ok(entries)
}

fn look_at<'py>(entry: &Bound<'py, PyAny>) -> PyResult<Found<'py>> {
    let py = entry.py();
    let frame = entry.getattr(intern!(py, "tb_frame"))?;
    let code = frame.getattr(intern!(py, "f_code"))?;
    let file = code.getattr(intern!(py, "co_filename"))?;
    let function = code.getattr(intern!(py, "co_name"))?;
    let line = entry.getattr(intern!(py, "tb_lineno"))?.extract().unwrap_or(0);
    let source =
        py.import(intern!(py, "linecache"))?.call_method1(intern!(py, "getline"), (&file, line))?;
    let text = |value: &Bound<'_, PyAny>| crate::utf8::or_empty(value).into_owned();
    let (file, function, source) = (text(&file), text(&function), text(&source));
    let source = redact::text(redact::head(source.trim(), SOURCE_MAX)).into_owned();
    let in_app = is_own_code(&file, &function, &source);
    Ok(Found { frame, file, function, line, source, in_app })
}

fn write_locals(frame: &Bound<'_, PyAny>, stack: &mut StackWriter<'_>) -> PyResult<()> {
    let py = frame.py();
    let locals = frame.getattr(intern!(py, "f_locals"))?;
    // 3.13 gives a view on the frame, which copies into a dict
    let locals = match locals.cast_into::<PyDict>() {
        Ok(locals) => locals,
        Err(other) => {
            let copy = PyDict::new(py);
            copy.update(other.into_inner().cast()?)?;
            copy
        }
    };
    let mut kept = 0;
    for (name, value) in locals.iter() {
        let Ok(name) = name.cast::<PyString>() else { continue };
        let name = crate::utf8::of(name);
        if name.starts_with("__") || shown::is_noise(&value) {
            continue;
        }
        if kept == LOCALS || !stack.local(&name, &shown::local(&name, &value)) {
            break;
        }
        kept += 1;
    }
    Ok(())
}

impl Found<'_> {
    fn shape(&self) -> Frame<'_> {
        Frame {
            file: &self.file,
            function: &self.function,
            line: self.line,
            in_app: self.in_app,
            source: &self.source,
            locals: Vec::new(),
            left_out: 0,
        }
    }
}
