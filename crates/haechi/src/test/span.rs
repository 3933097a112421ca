use crate::{Part, RequestId};
use haechi_event::{Split, decode_repeats};
use std::time::Duration;

/// A timed part of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Span {
    /// The request it lies in.
    pub request_id: RequestId,
    /// Its number among the request's spans.
    pub id: u32,
    /// The span around it; 0 if there is none.
    pub parent: u32,
    /// What the time was spent on.
    pub part: Part,
    /// A query without its data, host and path of an outgoing call, the name of a
    /// `tracing` span.
    pub name: String,
    /// Whether it failed.
    pub failed: bool,
    /// From the request's beginning to its own.
    pub start: Duration,
    /// How long it took, with all inside it.
    pub duration: Duration,
    /// Rows a query gave or changed, if known.
    pub rows: Option<u64>,
    /// `http.response.status_code` of an outgoing call; 0 if there is none.
    pub status: u16,
    /// How many spans it stands for: 1, or more past the 200th of a request.
    pub count: u32,
    /// Where it began, in the app's code; empty if not known.
    pub file: String,
    /// Line in [`Self::file`]; 0 if not known.
    pub line: u32,
}

impl Span {
    pub(super) fn of(span: &haechi_event::Span<'_>) -> Self {
        Self {
            request_id: span.request_id,
            id: span.id,
            parent: span.parent,
            part: span.part,
            name: span.name.to_owned(),
            failed: span.failed,
            start: Duration::from_nanos(span.start_ns),
            duration: Duration::from_nanos(span.duration_ns),
            rows: span.rows,
            status: span.status,
            count: span.count,
            file: span.file.to_owned(),
            line: span.line,
        }
    }
}

pub(super) fn parts(split: &[u8]) -> Vec<(Part, Duration)> {
    let split = Split::decode(split).unwrap_or_default();
    split.parts().map(|(part, time)| (part, Duration::from_nanos(time.self_ns))).collect()
}

pub(super) fn repeats(bytes: &[u8]) -> Vec<(String, u32)> {
    decode_repeats(bytes).map(|repeat| (repeat.name.to_owned(), repeat.count)).collect()
}
