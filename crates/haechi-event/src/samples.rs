use crate::sample_tree::TREE_MAX;
use crate::wire::{Reader, Writer};
use crate::{EventError, RequestId};

const APP_MAX: u16 = 64;

/// Why samples were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Occasion {
    /// The request has ended.
    #[default]
    Ended = 1,
    /// It has been running for long.
    Long = 2,
    /// Somebody asked for its stack.
    Asked = 3,
}

impl Occasion {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Ended, Self::Long, Self::Asked];

    /// The name used in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Long => "long",
            Self::Asked => "asked",
        }
    }

    /// From the stored number; unknown ones count as ended.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::ALL.into_iter().find(|found| *found as u8 == number).unwrap_or_default()
    }
}

/// Why less was seen than there was to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Unseen {
    /// All was seen.
    #[default]
    None = 0,
    /// At some looks the request was not on the stack of its thread: it waited
    /// while a greenlet, another task or the server ran there.
    Elsewhere = 1,
    /// The interpreter's lock was not given before the request ended.
    Lock = 2,
    /// The process may not have the memory that looking takes.
    Memory = 3,
    /// Too many other requests were slow at the same time.
    Busy = 4,
    /// It lasted longer than it is looked at.
    Length = 5,
}

impl Unseen {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::None, Self::Elsewhere, Self::Lock, Self::Memory, Self::Busy, Self::Length];

    /// The name used in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Elsewhere => "elsewhere",
            Self::Lock => "lock",
            Self::Memory => "memory",
            Self::Busy => "busy",
            Self::Length => "length",
        }
    }

    /// From the stored number; unknown ones say nothing.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::ALL.into_iter().find(|found| *found as u8 == number).unwrap_or_default()
    }
}

/// Where a slow request was each time it was looked at. App is cut at 64 bytes;
/// a tree longer than [`TREE_MAX`] is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Samples<'a> {
    /// The request.
    pub request_id: RequestId,
    /// When it was told, Unix nanoseconds.
    pub time_unix_ns: u64,
    /// Why it was told.
    pub occasion: Occasion,
    /// Why less was seen than there was to see.
    pub unseen: Unseen,
    /// From one look to the next, milliseconds.
    pub interval_ms: u32,
    /// How often it was looked at.
    pub looks: u32,
    /// How often it was found on the stack of its thread.
    pub samples: u32,
    /// The age of the request at the first look, milliseconds.
    pub from_ms: u32,
    /// The age of the request at the last look, milliseconds.
    pub to_ms: u32,
    /// What the looks waited for the interpreter's lock in all, nanoseconds.
    pub lock_wait_ns: u64,
    /// The longest of these waits, nanoseconds.
    pub lock_wait_max_ns: u64,
    /// `service.name`.
    pub app: &'a str,
    /// Where it was found, as [`crate::SampleTree`] encodes it.
    pub tree: &'a [u8],
}

impl<'a> Samples<'a> {
    pub(crate) const KIND: u8 = 5;
    pub(crate) const VERSION: u8 = 1;

    /// Appends the byte form, kind and version first.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let tree = if self.tree.len() <= TREE_MAX { self.tree } else { &[] };
        out.reserve(128 + tree.len());
        let mut w = Writer { out };
        w.u8(Self::KIND);
        w.u8(Self::VERSION);
        w.bytes(&self.request_id.as_u64().to_le_bytes());
        w.bytes(&self.time_unix_ns.to_le_bytes());
        w.u8(self.occasion as u8);
        w.u8(self.unseen as u8);
        for number in [self.interval_ms, self.looks, self.samples, self.from_ms, self.to_ms] {
            w.bytes(&number.to_le_bytes());
        }
        w.bytes(&self.lock_wait_ns.to_le_bytes());
        w.bytes(&self.lock_wait_max_ns.to_le_bytes());
        w.text(self.app, APP_MAX);
        w.short_bytes(tree);
    }

    pub(crate) fn decode_fields(bytes: &'a [u8]) -> Result<Self, EventError> {
        let mut r = Reader { rest: bytes };
        Ok(Self {
            request_id: RequestId::from_u64(r.u64("request_id")?),
            time_unix_ns: r.u64("time_unix_ns")?,
            occasion: Occasion::from_number(r.u8("occasion")?),
            unseen: Unseen::from_number(r.u8("unseen")?),
            interval_ms: r.u32("interval_ms")?,
            looks: r.u32("looks")?,
            samples: r.u32("samples")?,
            from_ms: r.u32("from_ms")?,
            to_ms: r.u32("to_ms")?,
            lock_wait_ns: r.u64("lock_wait_ns")?,
            lock_wait_max_ns: r.u64("lock_wait_max_ns")?,
            app: r.text("app")?,
            tree: r.short_bytes("tree")?,
        })
    }
}
