//! Where the app's own code is right now: its file and line, found on the
//! stack without running any Python.

use crate::utf8;
use crate::view_lines;
use haechi::is_own_file;
use pyo3::ffi::PyObject;
use pyo3::intern;
use pyo3::prelude::*;
use std::collections::HashMap;
use std::ffi::c_int;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex};

/// Frames that are looked at, innermost first.
const FRAMES: usize = 64;
/// Code objects that are remembered.
const KNOWN: usize = 4096;

// In the stable ABI only since 3.10 or not at all, but exported with these
// signatures by every CPython from 3.9 on.
unsafe extern "C" {
    fn PyEval_GetFrame() -> *mut PyObject;
    fn PyFrame_GetBack(frame: *mut PyObject) -> *mut PyObject;
    fn PyFrame_GetCode(frame: *mut PyObject) -> *mut PyObject;
    fn PyFrame_GetLineNumber(frame: *mut PyObject) -> c_int;
}

/// The file of a code object, if it is the app's own. The reference keeps
/// another one from getting the address.
type Known = HashMap<usize, (Py<PyAny>, Option<Arc<str>>), BuildHasherDefault<AddressHasher>>;

/// Addresses are as good as random above their lowest bits, and nobody chooses them.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    fn write_usize(&mut self, address: usize) {
        self.0 = (self.0 ^ address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}

static FILES: Mutex<Option<Known>> = Mutex::new(None);

/// The innermost file and line that are the app's own.
pub(crate) fn call_site(py: Python<'_>) -> Option<(Arc<str>, u32)> {
    // another thread may have it while it waits for nothing but the GIL we hold
    let mut files = FILES.try_lock().ok()?;
    let files = files.get_or_insert_with(HashMap::default);
    // SAFETY: the GIL is held; the answer is borrowed, or null.
    let mut frame = unsafe { Bound::from_borrowed_ptr_or_opt(py, PyEval_GetFrame()) };
    for _ in 0..FRAMES {
        let this = frame?;
        // SAFETY: the GIL is held and `this` is a live frame; a frame always
        // has code, and the answer is a new reference.
        let code = unsafe { Bound::from_owned_ptr_or_opt(py, PyFrame_GetCode(this.as_ptr())) }?;
        if let Some(file) = own_file(files, &code) {
            // SAFETY: the GIL is held and `this` is a live frame.
            let line = unsafe { PyFrame_GetLineNumber(this.as_ptr()) };
            let line = u32::try_from(line).unwrap_or_default();
            let is_python = file.ends_with(".py");
            let line = if is_python { line } else { view_lines::line_of(py, &file, line) };
            return Some((file, line));
        }
        // SAFETY: the GIL is held and `this` is a live frame; the answer is a
        // new reference, or null at the outermost frame.
        frame = unsafe { Bound::from_owned_ptr_or_opt(py, PyFrame_GetBack(this.as_ptr())) };
    }
    None
}

fn own_file(files: &mut Known, code: &Bound<'_, PyAny>) -> Option<Arc<str>> {
    let key = code.as_ptr().addr();
    if let Some((_, file)) = files.get(&key) {
        return file.clone();
    }
    let name = code.getattr(intern!(code.py(), "co_filename")).ok()?;
    let name = utf8::or_empty(&name);
    let file = is_own_file(&name).then(|| Arc::from(&*name));
    if files.len() < KNOWN {
        files.insert(key, (code.clone().unbind(), file.clone()));
    }
    file
}
