//! Lines of web2py's views: what runs is Python that a view was made into, whose
//! lines nobody wrote. Found again by what stands in them.

use pyo3::prelude::*;
use pyo3::types::PyString;
use std::collections::HashMap;
use std::io::Read;
use std::sync::Mutex;

/// Views that are remembered, and bytes of one that are read.
const KNOWN: usize = 256;
const SIZE_MAX: u64 = 1 << 20;

struct View {
    code: Py<PyString>,
    /// The view's line for each line of the code, 0 if unknown; empty before
    /// somebody asked.
    lines: Vec<u32>,
}

static VIEWS: Mutex<Option<HashMap<String, View>>> = Mutex::new(None);

/// A view was made into this code, which is compiled under the view's path.
pub(crate) fn note_view(path: &str, code: &Bound<'_, PyString>) {
    let py = code.py();
    let Ok(mut views) = VIEWS.try_lock() else { return };
    let views = views.get_or_insert_with(HashMap::new);
    if let Some(view) = views.get_mut(path) {
        if view.code.bind(py).as_any().eq(code).unwrap_or(false) {
            return;
        }
        *view = View { code: code.clone().unbind(), lines: Vec::new() };
    } else if views.len() < KNOWN {
        views.insert(path.to_owned(), View { code: code.clone().unbind(), lines: Vec::new() });
    }
}

/// The view's own line for one of the code that it was made into; 0 if unknown.
pub(crate) fn line_of(py: Python<'_>, path: &str, line: u32) -> u32 {
    let Ok(mut views) = VIEWS.try_lock() else { return 0 };
    let Some(view) = views.as_mut().and_then(|views| views.get_mut(path)) else { return 0 };
    if view.lines.is_empty() {
        let code = view.code.bind(py).to_string_lossy().into_owned();
        view.lines = haechi::view_lines(&code, &source(path));
    }
    let at = (line as usize).saturating_sub(1);
    view.lines.get(at).copied().unwrap_or_default()
}

fn source(path: &str) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = std::fs::File::open(path) {
        let _ = file.take(SIZE_MAX).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
