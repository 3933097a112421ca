//! The stack of a thread, as far as it belongs to a request.

use crate::utf8;
use haechi::{RequestId, SampledFrame, is_own_file};
use pyo3::ffi::PyObject;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::collections::VecDeque;
use std::ffi::c_int;

/// Frames that are walked over to find where the request began.
const WALK: usize = 2048;
/// Frames that are kept at either end of a deeper stack.
const INNER: usize = 64;
const OUTER: usize = 64;

// Not in the stable ABI, but exported with these signatures by every CPython
// from 3.9 on.
unsafe extern "C" {
    fn PyFrame_GetBack(frame: *mut PyObject) -> *mut PyObject;
    fn PyFrame_GetCode(frame: *mut PyObject) -> *mut PyObject;
    fn PyFrame_GetLineNumber(frame: *mut PyObject) -> c_int;
}

/// Frames with their texts, so that nothing of Python's is held.
#[derive(Debug, Default)]
pub(super) struct Stack {
    /// Innermost first.
    frames: Vec<Frame>,
}

#[derive(Debug)]
struct Frame {
    file: String,
    function: String,
    line: u32,
}

impl Stack {
    /// Outermost first.
    pub(super) fn frames(&self) -> impl Iterator<Item = SampledFrame<'_>> {
        self.frames.iter().rev().map(|frame| SampledFrame {
            file: &frame.file,
            function: &frame.function,
            line: frame.line,
            in_app: is_own_file(&frame.file),
        })
    }
}

/// How a frame of our own package is known, and the request it has begun.
pub(super) struct Ours<'a, 'py> {
    /// Where the Python part of the package is.
    pub(super) folder: &'a str,
    /// The class of our requests.
    pub(super) request: &'a Bound<'py, PyType>,
}

/// The frames of a thread's stack inside of the hook that began the request; `None`
/// if the thread runs something else. `shared`: it may well do so without a frame
/// that tells.
pub(super) fn stack_of<'py>(
    top: Bound<'py, PyAny>,
    request: RequestId,
    ours: &Ours<'_, 'py>,
    shared: bool,
) -> PyResult<Option<Stack>> {
    let py = top.py();
    let mut inner = Vec::new();
    let mut outer = VecDeque::new();
    let mut next = Some(top);
    for _ in 0..WALK {
        let Some(frame) = next else { break };
        // SAFETY: the lock is held and `frame` is a live frame; a frame always
        // has code, and the answer is a new reference.
        let code = unsafe { Bound::from_owned_ptr_or_err(py, PyFrame_GetCode(frame.as_ptr()))? };
        let file = code.getattr(intern!(py, "co_filename"))?;
        let file = utf8::or_empty(&file);
        if file.starts_with(ours.folder) {
            match began(&frame, ours) {
                Some(id) if id == request => return Ok(Some(joined(inner, outer))),
                Some(_) => return Ok(None),
                None => {}
            }
        } else if shared || !is_loop(&file) {
            let function = code.getattr(intern!(py, "co_name"))?;
            // SAFETY: the lock is held and `frame` is a live frame.
            let line = unsafe { PyFrame_GetLineNumber(frame.as_ptr()) };
            let frame = Frame {
                file: file.into_owned(),
                function: utf8::or_empty(&function).into_owned(),
                line: u32::try_from(line).unwrap_or_default(),
            };
            if inner.len() < INNER {
                inner.push(frame);
            } else {
                outer.push_back(frame);
                if outer.len() > OUTER {
                    outer.pop_front();
                }
            }
        } else {
            return Ok(None);
        }
        // SAFETY: the lock is held and `frame` is a live frame; the answer is a
        // new reference, or null at the outermost frame.
        next = unsafe { Bound::from_owned_ptr_or_opt(py, PyFrame_GetBack(frame.as_ptr())) };
    }
    Ok((!shared).then(|| joined(inner, outer)))
}

fn joined(mut inner: Vec<Frame>, outer: VecDeque<Frame>) -> Stack {
    inner.extend(outer);
    Stack { frames: inner }
}

/// The request that a frame of our own package has begun, if it has.
fn began<'py>(frame: &Bound<'py, PyAny>, ours: &Ours<'_, 'py>) -> Option<RequestId> {
    let py = frame.py();
    let locals = frame.getattr(intern!(py, "f_locals")).ok()?;
    let request = locals.get_item(intern!(py, "request")).ok()?;
    if !request.is_instance(ours.request).ok()? {
        return None;
    }
    // one that has ended has none
    let id = request.getattr(intern!(py, "id")).ok()?;
    Some(RequestId::parse(&utf8::or_empty(&id)).unwrap_or_default())
}

/// What runs tasks: none of them is on the stack unless its own frame tells.
fn is_loop(file: &str) -> bool {
    file.ends_with("/asyncio/base_events.py")
}
