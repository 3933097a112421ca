//! An exception and the chain of its causes, as one event. Of the app's own code
//! only the message is asked for, as every traceback does; local variables are
//! shown without running any of it (see `shown`).

mod frames;
mod shown;
mod traceback;

use crate::program;
use haechi::{Captured, Mechanism, RequestId, StackWriter, Tie, redact};
use pyo3::intern;
use pyo3::prelude::*;
pub(crate) use shown::{attribute, is_text};
pub(crate) use traceback::traceback;

/// Exceptions of one chain that are kept.
const CAUSES_MAX: usize = 5;
/// Bytes of a message that are looked at for secrets; fewer are kept.
const MESSAGE_MAX: usize = 16 * 1024;
/// Where an exception that was captured keeps the id of its event.
const MARK: &str = "__haechi_event__";

/// Where an exception occurred.
#[derive(Clone, Default)]
pub(crate) struct Place {
    pub(crate) request_id: RequestId,
    pub(crate) app: String,
    pub(crate) route: String,
    pub(crate) user: String,
}

/// Records an exception unless that was done before: the id of its event is kept
/// on it, so that one occurrence counts once however many places it passes.
pub(crate) fn capture(
    exception: &Bound<'_, PyAny>,
    stack: &[u8],
    mechanism: Mechanism,
    place: &Place,
    ticket: &str,
) -> PyResult<()> {
    let py = exception.py();
    let Some(recorder) = program::recorder() else { return Ok(()) };
    if exception.getattr_opt(intern!(py, MARK))?.is_some() {
        return Ok(());
    }
    let id = recorder.exception(&Captured {
        request_id: place.request_id,
        mechanism,
        app: &place.app,
        route: &place.route,
        ticket,
        kind: &kind_of(exception)?,
        message: &message_of(exception),
        stack,
        user: &place.user,
    });
    if let Some(id) = id {
        // one whose class has no room for attributes may count twice
        let _ = exception.setattr(intern!(py, MARK), id.as_u64());
    }
    Ok(())
}

/// Looks at an exception and records it.
pub(crate) fn look_and_capture(
    exception: &Bound<'_, PyAny>,
    mechanism: Mechanism,
    place: &Place,
    ticket: &str,
) -> PyResult<()> {
    capture(exception, &stack_of(exception)?, mechanism, place, ticket)
}

/// The byte form of an exception's chain of causes.
pub(crate) fn stack_of(exception: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let mut bytes = Vec::with_capacity(4096);
    let mut stack = StackWriter::new(&mut bytes);
    let mut seen = Vec::new();
    let mut next = Some((Tie::Raised, exception.clone()));
    while let Some((tie, cause)) = next {
        if seen.len() >= CAUSES_MAX || seen.contains(&cause.as_ptr()) {
            break;
        }
        seen.push(cause.as_ptr());
        stack.cause(tie, &kind_of(&cause)?, &message_of(&cause));
        frames::write(&cause, &mut stack)?;
        next = cause_of(&cause)?;
    }
    Ok(bytes)
}

/// What Python would print before it.
fn cause_of<'py>(exception: &Bound<'py, PyAny>) -> PyResult<Option<(Tie, Bound<'py, PyAny>)>> {
    let py = exception.py();
    let cause = exception.getattr(intern!(py, "__cause__"))?;
    if !cause.is_none() {
        return Ok(Some((Tie::Cause, cause)));
    }
    if exception.getattr(intern!(py, "__suppress_context__"))?.is_truthy()? {
        return Ok(None);
    }
    let context = exception.getattr(intern!(py, "__context__"))?;
    Ok((!context.is_none()).then_some((Tie::Context, context)))
}

/// The class with its module, as a traceback names it.
fn kind_of(exception: &Bound<'_, PyAny>) -> PyResult<String> {
    let class = exception.get_type();
    let name = class.qualname()?;
    let name = crate::utf8::of(&name);
    let module = class.module()?;
    Ok(match &*crate::utf8::of(&module) {
        // web2py runs an app's files under a name of its own
        "builtins" | "__main__" | "__restricted__" => name.into_owned(),
        module => format!("{module}.{name}"),
    })
}

/// `str(exception)`, without its secrets.
fn message_of(exception: &Bound<'_, PyAny>) -> String {
    match exception.str() {
        Ok(text) => redact::text(redact::head(&crate::utf8::of(&text), MESSAGE_MAX)).into_owned(),
        Err(_) => "(its message could not be made)".to_owned(),
    }
}
