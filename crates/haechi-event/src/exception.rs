use crate::wire::{Reader, Writer, cut};
use crate::{EventError, RequestId};

/// Bytes of an exception's message that are kept.
const MESSAGE_MAX: u16 = 2048;
/// Bytes of the encoded chain of causes that are kept.
pub const STACK_MAX: usize = 24 * 1024;
const TEXT_MAX: u16 = 200;
const NAME_MAX: u16 = 64;

/// How an exception came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Mechanism {
    /// It left the app's code: the visitor saw an error.
    #[default]
    Unhandled = 1,
    /// The app caught it and logged it.
    Logged = 2,
    /// It was raised while a streamed body was produced.
    Streamed = 3,
    /// It ended a task of a scheduler.
    Task = 4,
    /// It ended a thread.
    Thread = 5,
    /// It ended a program, a cron job or a shell run.
    Program = 6,
    /// The worker process died in the request.
    WorkerDied = 7,
    /// It was read from the ticket that the framework wrote of it.
    TicketFile = 8,
}

impl Mechanism {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Unhandled,
        Self::Logged,
        Self::Streamed,
        Self::Task,
        Self::Thread,
        Self::Program,
        Self::WorkerDied,
        Self::TicketFile,
    ];

    /// The name used in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unhandled => "unhandled",
            Self::Logged => "logged",
            Self::Streamed => "streamed",
            Self::Task => "task",
            Self::Thread => "thread",
            Self::Program => "program",
            Self::WorkerDied => "worker_died",
            Self::TicketFile => "ticket_file",
        }
    }

    /// From the stored number; unknown ones count as unhandled.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::ALL.into_iter().find(|found| *found as u8 == number).unwrap_or_default()
    }
}

/// One occurrence of an exception. Text is cut when encoded: message at 2,048
/// bytes, type, route, ticket at 200, app, release and user at 64; a stack longer
/// than [`STACK_MAX`] must be made shorter before (see [`crate::StackWriter`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exception<'a> {
    /// Names this occurrence; made like a request's id.
    pub id: RequestId,
    /// When it was captured, Unix nanoseconds.
    pub time_unix_ns: u64,
    /// The request it occurred in, or [`RequestId::NONE`].
    pub request_id: RequestId,
    /// How it came to be known.
    pub mechanism: Mechanism,
    /// `service.name`.
    pub app: &'a str,
    /// Route of the request.
    pub route: &'a str,
    /// `service.version`.
    pub release: &'a str,
    /// The framework's own name for the error page, such as a web2py ticket.
    pub ticket: &'a str,
    /// `exception.type`, qualified by its module unless that is a builtin's.
    pub kind: &'a str,
    /// `exception.message`, redacted.
    pub message: &'a str,
    /// The chain of causes as [`crate::StackWriter`] encodes it.
    pub stack: &'a [u8],
    /// `user.id` of the request it occurred in; empty if not known.
    pub user: &'a str,
}

impl<'a> Exception<'a> {
    pub(crate) const KIND: u8 = 3;
    pub(crate) const VERSION: u8 = 1;
    /// The form that has a user; used where there is one.
    pub(crate) const EXTENDED: u8 = 2;

    /// Appends the byte form, kind and version first. A stack that is too long
    /// is left out.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(128 + 1024 + usize::from(MESSAGE_MAX) + self.stack.len().min(STACK_MAX));
        let stack = if self.stack.len() <= STACK_MAX { self.stack } else { &[] };
        let mut w = Writer { out };
        w.u8(Self::KIND);
        w.u8(if self.user.is_empty() { Self::VERSION } else { Self::EXTENDED });
        w.bytes(&self.id.as_u64().to_le_bytes());
        w.bytes(&self.time_unix_ns.to_le_bytes());
        w.bytes(&self.request_id.as_u64().to_le_bytes());
        w.u8(self.mechanism as u8);
        w.text(self.app, NAME_MAX);
        w.text(self.route, TEXT_MAX);
        w.text(self.release, NAME_MAX);
        w.text(self.ticket, TEXT_MAX);
        w.text(cut(self.kind, usize::from(TEXT_MAX)), TEXT_MAX);
        w.text(self.message, MESSAGE_MAX);
        w.bytes(&(stack.len() as u32).to_le_bytes());
        w.bytes(stack);
        if !self.user.is_empty() {
            w.text(self.user, NAME_MAX);
        }
    }

    pub(crate) fn decode_fields(bytes: &'a [u8], version: u8) -> Result<Self, EventError> {
        let mut r = Reader { rest: bytes };
        Ok(Self {
            id: RequestId::from_u64(r.u64("id")?),
            time_unix_ns: r.u64("time_unix_ns")?,
            request_id: RequestId::from_u64(r.u64("request_id")?),
            mechanism: Mechanism::from_number(r.u8("mechanism")?),
            app: r.text("app")?,
            route: r.text("route")?,
            release: r.text("release")?,
            ticket: r.text("ticket")?,
            kind: r.text("kind")?,
            message: r.text("message")?,
            stack: {
                let len = r.u32("stack")? as usize;
                r.bytes(len, "stack")?
            },
            user: if version == Self::EXTENDED { r.text("user")? } else { "" },
        })
    }
}
