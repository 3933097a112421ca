use crate::Ticket;
use crate::traceback::{Printed, PrintedFrame, Then, parse};
use haechi_event::{Frame, StackWriter, Tie, is_own_code, redact};

/// Causes that are kept, and frames of each at its outer and its inner end: as
/// many as the recorder keeps.
const CAUSES_MAX: usize = 5;
const OUTER: usize = 10;
const INNER: usize = 40;
/// Bytes of a message that are looked at for secrets.
const MESSAGE_MAX: usize = 16 * 1024;
/// Names under which web2py and Python run a file that has none of its own.
const NO_MODULE: [&str; 4] = ["__restricted__.", "__main__.", "builtins.", "exceptions."];

/// The exception a ticket is about, told as the recorder would have told it:
/// both are one issue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Occurrence {
    /// `exception.type`.
    pub kind: String,
    /// `exception.message`, redacted.
    pub message: String,
    /// The action that ran, as `controller/function`; empty if the ticket does
    /// not tell.
    pub route: String,
    /// The chain of causes, as [`haechi_event::StackWriter`] encodes it. Local
    /// variables are not in it.
    pub stack: Vec<u8>,
}

impl Occurrence {
    /// What a ticket is about. One whose traceback cannot be understood has the
    /// type `Exception` and its text as the message.
    #[must_use]
    pub fn of(ticket: &Ticket) -> Self {
        let mut printed = parse(&ticket.traceback);
        printed.drain(..printed.len().saturating_sub(CAUSES_MAX));
        let mut causes: Vec<Cause<'_>> = printed.iter().map(Cause::of).collect();
        if causes.is_empty() {
            causes.push(Cause { kind: "Exception", ..Cause::default() });
            causes[0].message = redacted(ticket.traceback.trim());
        }
        causes.reverse();
        // the ticket says it in its own words too, where a text of many lines
        // cannot be mistaken for something else
        if let Some((kind, message)) = said(&ticket.output) {
            causes[0].message = redacted(message);
            if printed.is_empty() {
                causes[0].kind = without_module(kind);
            }
        }
        let mut stack = Vec::new();
        let mut writer = StackWriter::new(&mut stack);
        for cause in &causes {
            cause.write(&mut writer);
        }
        let first = &causes[0];
        Self {
            kind: first.kind.to_owned(),
            message: first.message.clone(),
            route: route(&ticket.layer, &first.frames),
            stack,
        }
    }
}

#[derive(Default)]
struct Cause<'a> {
    tie: Tie,
    kind: &'a str,
    message: String,
    frames: Vec<Frame<'a>>,
    left_out: usize,
    /// The source lines of the frames, redacted.
    sources: Vec<String>,
}

impl<'a> Cause<'a> {
    fn of(printed: &Printed<'a>) -> Self {
        let tie = match printed.then {
            None => Tie::Raised,
            Some(Then::CausedDirectly) => Tie::Cause,
            Some(Then::WasBeingHandled) => Tie::Context,
        };
        let mut frames: Vec<&PrintedFrame<'a>> = printed.frames.iter().collect();
        // the place of a mistake in syntax is no frame, but part of the message
        let mistake = frames.pop_if(|frame| frame.function.is_empty());
        let message = match mistake {
            Some(place) => {
                format!("{} ({}, line {})", printed.message, last(place.file), place.line)
            }
            None => printed.message.clone(),
        };
        let left_out = frames.len().saturating_sub(OUTER + INNER);
        if left_out > 0 {
            frames.drain(OUTER..OUTER + left_out);
        }
        Self {
            tie,
            kind: without_module(printed.kind),
            message: redacted(&message),
            sources: frames.iter().map(|frame| redacted(frame.source)).collect(),
            frames: frames.iter().map(|frame| shape(frame)).collect(),
            left_out,
        }
    }

    fn write(&self, stack: &mut StackWriter<'_>) {
        stack.cause(self.tie, self.kind, &self.message);
        for (index, (frame, source)) in self.frames.iter().zip(&self.sources).enumerate() {
            let in_app = is_own_code(frame.file, frame.function, source);
            let written = stack.frame(&Frame { source, in_app, ..frame.clone() });
            let here = if index + 1 == OUTER { self.left_out as u32 } else { 0 };
            if written && frame.left_out + here > 0 {
                stack.left_out(frame.left_out + here);
            }
        }
    }
}

fn shape<'a>(frame: &PrintedFrame<'a>) -> Frame<'a> {
    Frame {
        file: frame.file,
        function: frame.function,
        line: frame.line,
        left_out: frame.repeated,
        ..Frame::default()
    }
}

/// `<class 'X'> message`, as web2py writes it.
fn said(output: &str) -> Option<(&str, &str)> {
    let rest = output.strip_prefix("<class '").or_else(|| output.strip_prefix("<type '"))?;
    rest.split_once("'> ")
}

fn without_module(kind: &str) -> &str {
    NO_MODULE.iter().find_map(|module| kind.strip_prefix(module)).unwrap_or(kind)
}

fn redacted(message: &str) -> String {
    redact::text(redact::head(message, MESSAGE_MAX)).into_owned()
}

/// The last part of a path.
fn last(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// web2py calls one function of the controller that ran: the first in its file.
fn route(layer: &str, frames: &[Frame<'_>]) -> String {
    let Some((_, file)) = layer.rsplit_once("/controllers/") else { return String::new() };
    let action = frames.iter().find(|frame| frame.file == layer && frame.function != "<module>");
    match (file.strip_suffix(".py"), action) {
        (Some(controller), Some(action)) => format!("{controller}/{}", action.function),
        _ => String::new(),
    }
}
