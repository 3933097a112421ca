//! The chain of causes of an exception: what was raised, where, from what.
//!
//! The byte form is kept as it is from the app's process to the page, so that
//! neither spool nor store needs to know it: a version byte, then one entry per
//! cause, the exception itself first. Each begins with a tag:
//!
//! * `C`: a cause: type, message (16-bit lengths), and how it is tied to the one
//!   before it (`raised`, `cause` or `context`);
//! * `F`: a frame of the cause before, outermost first: file, function, line,
//!   whether it is the app's own, the source line;
//! * `L`: a local variable of the frame before: name, shown value;
//! * `O`: frames left out at this place: how many.

use crate::EventError;
use crate::exception::STACK_MAX;
use crate::wire::{Reader, Writer};

const VERSION: u8 = 1;
const NAME_MAX: u16 = 200;
const FILE_MAX: u16 = 256;
const SHOWN_MAX: u16 = 512;
const MESSAGE_MAX: u16 = 1024;

/// How a cause is tied to the exception before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tie {
    /// It is the exception itself.
    #[default]
    Raised,
    /// `raise … from` it.
    Cause,
    /// It was being handled when the one before was raised.
    Context,
}

impl Tie {
    const ALL: [Self; 3] = [Self::Raised, Self::Cause, Self::Context];

    /// The name used in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Cause => "cause",
            Self::Context => "context",
        }
    }
}

/// One exception of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cause<'a> {
    /// How it is tied to the one before.
    pub tie: Tie,
    /// `exception.type`.
    pub kind: &'a str,
    /// `exception.message`, redacted.
    pub message: &'a str,
    /// Outermost first.
    pub frames: Vec<Frame<'a>>,
}

/// One frame of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frame<'a> {
    /// The file as the program names it.
    pub file: &'a str,
    /// The function.
    pub function: &'a str,
    /// Line in the file.
    pub line: u32,
    /// Whether it is the app's own code, not a framework's or library's.
    pub in_app: bool,
    /// The source line without the blanks around it; empty if unknown.
    pub source: &'a str,
    /// Local variables, redacted.
    pub locals: Vec<(&'a str, &'a str)>,
    /// Frames left out after this one.
    pub left_out: u32,
}

/// Writes a chain of causes into at most [`STACK_MAX`] bytes. What does not fit
/// any more is left out, locals first.
#[derive(Debug)]
pub struct StackWriter<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> StackWriter<'a> {
    /// Starts a chain in `out`, which is emptied.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        out.clear();
        out.push(VERSION);
        Self { out }
    }

    /// The next cause; frames that follow are its.
    pub fn cause(&mut self, tie: Tie, kind: &str, message: &str) {
        self.entry(STACK_MAX, |w| {
            w.u8(b'C');
            w.u8(tie as u8);
            w.text(kind, NAME_MAX);
            w.text(message, MESSAGE_MAX);
        });
    }

    /// The next frame of the last cause; locals that follow are its. `false` if
    /// there was no room.
    pub fn frame(&mut self, frame: &Frame<'_>) -> bool {
        self.entry(STACK_MAX - 4096, |w| {
            w.u8(b'F');
            w.text(frame.file, FILE_MAX);
            w.text(frame.function, NAME_MAX);
            w.bytes(&frame.line.to_le_bytes());
            w.u8(u8::from(frame.in_app));
            w.text(frame.source, NAME_MAX);
        })
    }

    /// A local of the last frame. `false` if there was no room.
    pub fn local(&mut self, name: &str, shown: &str) -> bool {
        self.entry(STACK_MAX / 2, |w| {
            w.u8(b'L');
            w.text(name, 64);
            w.text(shown, SHOWN_MAX);
        })
    }

    /// So many frames are left out here.
    pub fn left_out(&mut self, frames: u32) {
        self.entry(STACK_MAX, |w| {
            w.u8(b'O');
            w.bytes(&frames.to_le_bytes());
        });
    }

    fn entry(&mut self, limit: usize, write: impl FnOnce(&mut Writer<'_>)) -> bool {
        let before = self.out.len();
        write(&mut Writer { out: self.out });
        let fits = self.out.len() <= limit;
        if !fits {
            self.out.truncate(before);
        }
        fits
    }
}

/// Reads a chain of causes, the exception itself first.
///
/// # Errors
/// [`EventError`] if the bytes are no chain this version knows.
pub fn decode_stack(bytes: &[u8]) -> Result<Vec<Cause<'_>>, EventError> {
    let mut causes: Vec<Cause<'_>> = Vec::new();
    let mut r = Reader { rest: bytes };
    if bytes.is_empty() {
        return Ok(causes);
    }
    match r.u8("stack version")? {
        VERSION => {}
        version => return Err(EventError::UnknownVersion { kind: b'S', version }),
    }
    while !r.rest.is_empty() {
        let tag = r.u8("stack entry")?;
        match (tag, causes.last_mut()) {
            (b'C', _) => causes.push(cause(&mut r)?),
            (b'F', Some(cause)) => cause.frames.push(frame(&mut r)?),
            (b'L', Some(Cause { frames, .. })) if !frames.is_empty() => {
                let local = (r.text("local")?, r.text("local")?);
                if let Some(frame) = frames.last_mut() {
                    frame.locals.push(local);
                }
            }
            (b'O', Some(cause)) => {
                let left_out = r.u32("frames left out")?;
                if let Some(frame) = cause.frames.last_mut() {
                    frame.left_out = left_out;
                }
            }
            _ => return Err(EventError::OutOfRange("stack entry")),
        }
    }
    Ok(causes)
}

fn cause<'a>(r: &mut Reader<'a>) -> Result<Cause<'a>, EventError> {
    let tie = usize::from(r.u8("tie")?);
    Ok(Cause {
        tie: Tie::ALL.get(tie).copied().ok_or(EventError::OutOfRange("tie"))?,
        kind: r.text("cause")?,
        message: r.text("cause")?,
        frames: Vec::new(),
    })
}

fn frame<'a>(r: &mut Reader<'a>) -> Result<Frame<'a>, EventError> {
    Ok(Frame {
        file: r.text("file")?,
        function: r.text("function")?,
        line: r.u32("line")?,
        in_app: r.u8("in_app")? != 0,
        source: r.text("source")?,
        locals: Vec::new(),
        left_out: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_chain_is_read_back_as_it_was_written() {
        let mut bytes = Vec::new();
        let mut stack = StackWriter::new(&mut bytes);
        let frame = Frame {
            file: "controllers/default.py",
            function: "pay",
            line: 50,
            in_app: true,
            source: "raise PaymentRefused(amount)",
            ..Frame::default()
        };
        stack.cause(Tie::Raised, "PaymentRefused", "no cover");
        assert!(stack.frame(&frame));
        assert!(stack.local("amount", "26000"));
        stack.left_out(3);
        stack.cause(Tie::Cause, "KeyError", "'card'");
        let read = decode_stack(&bytes).unwrap();
        let whole = Frame { locals: vec![("amount", "26000")], left_out: 3, ..frame };
        assert_eq!(read[0].frames, [whole]);
        assert_eq!((read[1].tie, read[1].kind), (Tie::Cause, "KeyError"));
    }

    #[test]
    fn a_chain_never_grows_past_its_bound_and_loses_locals_first() {
        let mut bytes = Vec::new();
        let mut stack = StackWriter::new(&mut bytes);
        stack.cause(Tie::Raised, "E", "m");
        for line in 0..1000 {
            stack.frame(&Frame { file: "f", function: "g", line, ..Frame::default() });
            stack.local("x", &"y".repeat(500));
        }
        stack.left_out(7);
        assert!(bytes.len() <= STACK_MAX);
        let frames = &decode_stack(&bytes).unwrap()[0].frames;
        assert!(frames.len() > 300);
        assert_eq!(frames.last().unwrap().left_out, 7);
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_stack(&bytes);
            let with_version: Vec<u8> = [VERSION, b'C', 0].into_iter().chain(bytes).collect();
            let _ = decode_stack(&with_version);
        }
    }
}
