//! A look at the stacks of threads that handle slow requests, under the
//! interpreter's lock.

use super::followed::{Look, Seen};
use super::frames::{self, Ours};
use super::memory;
use super::thread::Looker;
use crate::shield::shield;
use haechi::{Recorder, Watched};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};
use std::time::{Duration, Instant};

/// Looks at all requests that are followed, all at once.
pub(super) fn look(looker: &Looker) {
    let Looker { recorder, following, .. } = looker;
    let wanted = following.to_look_at();
    let begun = Instant::now();
    let looked = Python::try_attach(|py| {
        let waited = begun.elapsed();
        (shield(|| looks(py, recorder, &wanted)), waited)
    });
    memory::looked();
    if let Some((looks, waited)) = looked {
        following.keep(recorder, &looks, waited);
    }
}

/// While we have the lock, no request begins or ends on any thread.
fn looks(py: Python<'_>, recorder: &Recorder, wanted: &[Watched]) -> PyResult<Vec<Look>> {
    let mut looks = Vec::with_capacity(wanted.len());
    let Some(tools) = TOOLS.get(py) else { return Ok(looks) };
    let mut in_flight = Vec::with_capacity(wanted.len());
    recorder.watch(|request| in_flight.push(request));
    let _paused = Paused::pause(py, tools)?;
    let stacks = tools.current_frames.bind(py).call0()?.cast_into::<PyDict>()?;
    let ours = Ours { folder: &tools.folder, request: tools.request.bind(py) };
    let switched = has_greenlets(tools.modules.bind(py))?;
    for request in in_flight.iter().filter(|now| wanted.iter().any(|was| was.id == now.id)) {
        let beside = in_flight.iter().filter(|other| other.thread == request.thread).count() > 1;
        looks.push(look_at(&stacks, request, &ours, beside || switched)?);
    }
    Ok(looks)
}

/// Whether greenlets take turns on this process's threads.
fn has_greenlets(modules: &Bound<'_, PyDict>) -> PyResult<bool> {
    let py = modules.py();
    Ok(modules.contains(intern!(py, "gevent"))? || modules.contains(intern!(py, "eventlet"))?)
}

fn look_at<'py>(
    stacks: &Bound<'py, PyDict>,
    request: &Watched,
    ours: &Ours<'_, 'py>,
    shared: bool,
) -> PyResult<Look> {
    let mut look = Look { id: request.id, seen: Seen::Elsewhere, cpu_ns: None };
    let top = match request.thread {
        0 => None,
        thread => stacks.get_item(thread)?,
    };
    if let Some(top) = top {
        look.cpu_ns = cpu_time(request.thread);
        if let Some(stack) = frames::stack_of(top, request.id, ours, shared)? {
            look.seen = Seen::Stack(stack);
        }
    }
    Ok(look)
}

/// CPU time of a thread that has a stack in Python: it cannot end before it gets
/// the lock that we have.
fn cpu_time(thread: u64) -> Option<u64> {
    let mut clock = 0;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the thread lives, see above; both write to live values.
    let read = unsafe {
        libc::pthread_getcpuclockid(thread as libc::pthread_t, &raw mut clock) == 0
            && libc::clock_gettime(clock, &raw mut time) == 0
    };
    let time = read.then(|| Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32))?;
    u64::try_from(time.as_nanos()).ok()
}

/// What a look needs of Python, found beforehand: an import may run the app's
/// code, as in web2py, which replaces `__import__`.
struct Tools {
    current_frames: Py<PyAny>,
    modules: Py<PyDict>,
    /// `isenabled`, `disable` and `enable` of the garbage collector.
    collector: [Py<PyAny>; 3],
    /// Where the Python part of this package is.
    folder: String,
    request: Py<PyType>,
}

static TOOLS: PyOnceLock<Tools> = PyOnceLock::new();

/// Finds what a look needs.
pub(super) fn prepare(py: Python<'_>) -> PyResult<()> {
    let (sys, gc) = (py.import("sys")?, py.import("gc")?);
    let collector = ["isenabled", "disable", "enable"].map(|name| gc.getattr(name));
    let [is_enabled, disable, enable] = collector;
    let file: String = py.import("haechi")?.getattr("__file__")?.extract()?;
    let end = file.rfind('/').map_or(0, |at| at + 1);
    let tools = Tools {
        current_frames: sys.getattr("_current_frames")?.unbind(),
        modules: sys.getattr("modules")?.cast_into()?.unbind(),
        collector: [is_enabled?.unbind(), disable?.unbind(), enable?.unbind()],
        // of no package no frame is ours
        request: py.import("haechi._native")?.getattr("Request")?.cast_into()?.unbind(),
        folder: if end == 0 { "\0".to_owned() } else { file[..end].to_owned() },
    };
    let _ = TOOLS.set(py, tools);
    Ok(())
}

/// Python's garbage collector, kept from running the app's finalizers in our
/// thread.
struct Paused<'py> {
    py: Python<'py>,
    tools: &'py Tools,
    was_on: bool,
}

impl<'py> Paused<'py> {
    fn pause(py: Python<'py>, tools: &'py Tools) -> PyResult<Self> {
        let [is_enabled, disable, _] = &tools.collector;
        let was_on = is_enabled.bind(py).call0()?.is_truthy()?;
        if was_on {
            disable.bind(py).call0()?;
        }
        Ok(Self { py, tools, was_on })
    }
}

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        if self.was_on {
            let _ = self.tools.collector[2].bind(self.py).call0();
        }
    }
}
