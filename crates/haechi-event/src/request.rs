use crate::wire::{Reader, Writer};
use crate::{EventError, Flags, RequestId};

/// Bytes of `url.path` that are kept.
pub const PATH_MAX: u16 = 1024;
const QUERY_MAX: u16 = 1024;
const AGENT_MAX: u16 = 512;
const ROUTE_MAX: u16 = 200;
const NAME_MAX: u16 = 64;

/// One handled HTTP request, with OpenTelemetry's names where it has them.
///
/// Text that is longer than its field allows is cut on a character boundary
/// when it is encoded: app, method, client and user at 64 bytes, ticket and
/// route at 200, user agent and referrer 512, path and query 1,024.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Request<'a> {
    /// Names the request; also says the millisecond it began.
    pub id: RequestId,
    /// When it began, Unix nanoseconds.
    pub start_unix_ns: u64,
    /// From its first line to the last byte of the body, nanoseconds.
    pub duration_ns: u64,
    /// CPU time of the thread; counts only if [`Flags::CPU`] is set.
    pub cpu_ns: u64,
    /// `http.response.status_code`; 0 if none was sent.
    pub status: u16,
    /// What else is known.
    pub flags: Flags,
    /// Bytes of the request's body.
    pub bytes_in: u64,
    /// Bytes of the response's body.
    pub bytes_out: u64,
    /// `trace_id` that came in `traceparent`; all zero if none came.
    pub trace_id: [u8; 16],
    /// The caller's `span_id`; all zero if none came.
    pub parent_span_id: [u8; 8],
    /// `service.name`.
    pub app: &'a str,
    /// `http.request.method`.
    pub method: &'a str,
    /// `http.route`: the template, `(unmatched)` or `(other)`.
    pub route: &'a str,
    /// `url.path`.
    pub path: &'a str,
    /// `url.query`, redacted.
    pub query: &'a str,
    /// `client.address`.
    pub client: &'a str,
    /// `user_agent.original`.
    pub user_agent: &'a str,
    /// The `Referer` header, its query redacted.
    pub referrer: &'a str,
    /// The framework's own name for the error page, such as a web2py ticket.
    pub ticket: &'a str,
    /// `user.id`: who was signed in, as the app names its users; empty if nobody
    /// was or it is not known.
    pub user: &'a str,
}

impl<'a> Request<'a> {
    pub(crate) const KIND: u8 = 1;
    pub(crate) const VERSION: u8 = 1;
    /// The form that has a user; used where there is one.
    pub(crate) const EXTENDED: u8 = 2;

    /// Appends the byte form, kind and version first.
    #[inline]
    pub fn encode(&self, out: &mut Vec<u8>) {
        // one growth at the most: fixed part, ten lengths, text
        out.reserve(96 + self.text_len());
        let mut w = Writer { out };
        w.u8(Self::KIND);
        w.u8(if self.user.is_empty() { Self::VERSION } else { Self::EXTENDED });
        w.bytes(&self.id.as_u64().to_le_bytes());
        w.bytes(&self.start_unix_ns.to_le_bytes());
        w.bytes(&self.duration_ns.to_le_bytes());
        w.bytes(&self.cpu_ns.to_le_bytes());
        w.bytes(&self.status.to_le_bytes());
        w.bytes(&self.flags.bits().to_le_bytes());
        w.bytes(&self.bytes_in.to_le_bytes());
        w.bytes(&self.bytes_out.to_le_bytes());
        w.bytes(&self.trace_id);
        w.bytes(&self.parent_span_id);
        w.text(self.app, NAME_MAX);
        w.text(self.method, NAME_MAX);
        w.text(self.route, ROUTE_MAX);
        w.text(self.path, PATH_MAX);
        w.text(self.query, QUERY_MAX);
        w.text(self.client, NAME_MAX);
        w.text(self.user_agent, AGENT_MAX);
        w.text(self.referrer, AGENT_MAX);
        w.text(self.ticket, ROUTE_MAX);
        if !self.user.is_empty() {
            w.text(self.user, NAME_MAX);
        }
    }

    #[inline]
    fn text_len(&self) -> usize {
        let texts = [self.app, self.method, self.route, self.path, self.query, self.client];
        let more = [self.user_agent, self.referrer, self.ticket, self.user];
        texts.iter().chain(&more).map(|t| t.len().min(usize::from(PATH_MAX))).sum()
    }

    /// Reads the fields after kind and version. Bytes past the last known
    /// field are left alone: a later version may append some.
    #[inline]
    pub(crate) fn decode_fields(bytes: &'a [u8], version: u8) -> Result<Self, EventError> {
        let mut r = Reader { rest: bytes };
        Ok(Self {
            id: RequestId::from_u64(r.u64("id")?),
            start_unix_ns: r.u64("start_unix_ns")?,
            duration_ns: r.u64("duration_ns")?,
            cpu_ns: r.u64("cpu_ns")?,
            status: r.u16("status")?,
            flags: Flags::from_bits(r.u16("flags")?),
            bytes_in: r.u64("bytes_in")?,
            bytes_out: r.u64("bytes_out")?,
            trace_id: r.array("trace_id")?,
            parent_span_id: r.array("parent_span_id")?,
            app: r.text("app")?,
            method: r.text("method")?,
            route: r.text("route")?,
            path: r.text("path")?,
            query: r.text("query")?,
            client: r.text("client")?,
            user_agent: r.text("user_agent")?,
            referrer: r.text("referrer")?,
            ticket: r.text("ticket")?,
            user: if version == Self::EXTENDED { r.text("user")? } else { "" },
        })
    }
}
