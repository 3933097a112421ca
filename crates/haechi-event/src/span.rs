use crate::wire::{Reader, Writer};
use crate::{EventError, Part, RequestId};

/// Bytes of a span's name that are kept.
pub const SPAN_NAME_MAX: u16 = 1024;
/// How many spans of a request are told one by one; those after them only by
/// their sums.
pub const SPANS_MAX: u32 = 200;
const FILE_MAX: u16 = 256;
const APP_MAX: u16 = 64;

/// A timed piece of a request: a query, an outgoing call, a template. App is
/// cut at 64 bytes, name at [`SPAN_NAME_MAX`], file at 256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span<'a> {
    /// The request it lies in.
    pub request_id: RequestId,
    /// 1, 2, 3 … in the order the spans of the request began.
    pub id: u32,
    /// The span around it; 0 if there is none.
    pub parent: u32,
    /// What the time was spent on.
    pub part: Part,
    /// Whether it ended with an error.
    pub failed: bool,
    /// 1, or how many with this name, line and part stand in this one for
    /// want of room: then times and rows are sums, and the start is the first
    /// one's.
    pub count: u32,
    /// From the request's beginning to its own, nanoseconds.
    pub start_ns: u64,
    /// How long it took, with all inside it, nanoseconds.
    pub duration_ns: u64,
    /// Rows a query gave or changed; `None` if not known.
    pub rows: Option<u64>,
    /// `http.response.status_code` of an outgoing call; 0 if there is none.
    pub status: u16,
    /// Line in [`Self::file`]; 0 if unknown.
    pub line: u32,
    /// `service.name`.
    pub app: &'a str,
    /// A query as [`crate::normalise_sql`] makes it, a template's path, host and
    /// path of an outgoing call, what the program called it.
    pub name: &'a str,
    /// The file of the app where it began; empty if unknown.
    pub file: &'a str,
}

/// Stands for rows that are not known.
const NO_ROWS: u64 = u64::MAX;
const FAILED: u8 = 1;

impl<'a> Span<'a> {
    pub(crate) const KIND: u8 = 4;
    pub(crate) const VERSION: u8 = 1;

    /// Appends the byte form, kind and version first.
    #[inline]
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(64 + 6 + self.name.len().min(SPAN_NAME_MAX.into()) + self.file.len().min(320));
        let mut w = Writer { out };
        w.u8(Self::KIND);
        w.u8(Self::VERSION);
        w.bytes(&self.request_id.as_u64().to_le_bytes());
        w.bytes(&self.id.to_le_bytes());
        w.bytes(&self.parent.to_le_bytes());
        w.u8(self.part.number());
        w.u8(u8::from(self.failed) * FAILED);
        w.bytes(&self.count.to_le_bytes());
        w.bytes(&self.start_ns.to_le_bytes());
        w.bytes(&self.duration_ns.to_le_bytes());
        w.bytes(&self.rows.unwrap_or(NO_ROWS).to_le_bytes());
        w.bytes(&self.status.to_le_bytes());
        w.bytes(&self.line.to_le_bytes());
        w.text(self.app, APP_MAX);
        w.text(self.name, SPAN_NAME_MAX);
        w.text(self.file, FILE_MAX);
    }

    pub(crate) fn decode_fields(bytes: &'a [u8]) -> Result<Self, EventError> {
        let mut r = Reader { rest: bytes };
        Ok(Self {
            request_id: RequestId::from_u64(r.u64("request_id")?),
            id: r.u32("id")?,
            parent: r.u32("parent")?,
            part: Part::from_number(r.u8("part")?),
            failed: r.u8("flags")? & FAILED != 0,
            count: r.u32("count")?,
            start_ns: r.u64("start_ns")?,
            duration_ns: r.u64("duration_ns")?,
            rows: Some(r.u64("rows")?).filter(|rows| *rows != NO_ROWS),
            status: r.u16("status")?,
            line: r.u32("line")?,
            app: r.text("app")?,
            name: r.text("name")?,
            file: r.text("file")?,
        })
    }
}
