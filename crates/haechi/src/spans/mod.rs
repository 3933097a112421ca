//! What a request's time is spent on.
//!
//! * `last_query`: the query whose rows may still be fetched.
//! * `stack`: which part each moment of the request counts for.
//! * `traced`, `label`: spans that are entered and left, and what they say of
//!   themselves.
//! * `late`, `handed`: spans that end in other tasks and threads.
//! * `polls`: a thread that is held up.
//! * `tally`: the same query again and again, and spans past the bound.
//! * `name`: what a span is called: a query without its data, a call without
//!   its query.

mod handed;
pub(crate) mod label;
pub(crate) mod last_query;
pub(crate) mod late;
pub(crate) mod name;
mod polls;
mod stack;
pub(crate) mod tally;
pub(crate) mod traced;

pub(crate) use polls::HeldUp;
pub(crate) use stack::Spans;

use crate::clock;
use haechi_event::{Part, Quotes};

/// A span that has begun; 0 is none.
pub type SpanToken = u32;

/// What is known of a span when it ends.
#[derive(Debug, Clone, Copy, Default)]
pub struct SpanEnd<'a> {
    /// A query as it was sent, a template's path, the address of a call, or
    /// what the program calls it. Data of queries, the query of an address and
    /// what looks like a secret are cut out.
    pub name: &'a str,
    /// What double quotes are around in a query.
    pub quotes: Quotes,
    /// Whether it failed.
    pub failed: bool,
    /// Rows a query gave or changed, if known.
    pub rows: Option<u64>,
    /// `http.response.status_code` of an outgoing call; 0 if there is none.
    pub status: u16,
    /// The file of the app where it began; empty if unknown.
    pub file: &'a str,
    /// Line in [`Self::file`]; 0 if unknown.
    pub line: u32,
}

/// Nanoseconds on the clock that [`crate::RequestGuard::span`] takes times of. It
/// follows the system's monotonic clock within some millionths, so only
/// differences of both may be mixed.
#[must_use]
pub fn span_clock_ns() -> u64 {
    clock::monotonic_ns()
}

/// A span that ended, and its place among the others.
#[derive(Debug, Default)]
pub(crate) struct Timed {
    pub(crate) id: u32,
    pub(crate) parent: u32,
    pub(crate) part: Part,
    pub(crate) start_ns: u64,
    pub(crate) duration_ns: u64,
}
