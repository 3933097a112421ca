use crate::split::{REPEATS_MAX, SPLIT_MAX};
use crate::wire::{Reader, Writer, cut};
use crate::{EventError, Flags, RequestId};

/// Bytes of `url.path` that are kept.
pub const PATH_MAX: u16 = 1024;
const QUERY_MAX: u16 = 1024;
const AGENT_MAX: u16 = 512;
const ROUTE_MAX: u16 = 200;
const NAME_MAX: u16 = 64;

/// Bytes before the first text: kind, version, six numbers, status and flags,
/// two ids.
const FIXED: usize = 2 + 6 * 8 + 2 * 2 + 16 + 8;

/// What is no text of a [`Request`], with the same meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "each is explained at `Request`")]
pub struct RequestNumbers {
    pub id: RequestId,
    pub start_unix_ns: u64,
    pub duration_ns: u64,
    pub cpu_ns: u64,
    pub status: u16,
    pub flags: Flags,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub trace_id: [u8; 16],
    pub parent_span_id: [u8; 8],
}

impl RequestNumbers {
    /// Appends the byte form of a whole [`Request`] of these numbers and texts;
    /// `names` and `facts` were written before. What a recorder of many requests
    /// does instead of [`Request::encode`].
    #[inline]
    pub fn encode_request(
        &self,
        names: &RequestNames,
        facts: &RequestFacts,
        end: &RequestEnd<'_>,
        out: &mut Vec<u8>,
    ) {
        let (names, facts) = (&names.bytes, &facts.bytes);
        out.reserve(FIXED + names.len() + facts.len() + end.len());
        let mut w = Writer { out };
        self.write(end.version(), &mut w);
        w.bytes(names);
        w.bytes(facts);
        end.write(&mut w);
    }

    /// Kind, version and everything before the first text; written in its place,
    /// since what is written in small parts and copied at once waits for itself,
    /// and in words, since so does what is read in words, by a checksum, at once.
    #[inline]
    fn write(&self, version: u8, w: &mut Writer<'_>) {
        let start = w.out.len();
        w.bytes(&[0; FIXED]);
        let Some(out) = w.out[start..].first_chunk_mut::<FIXED>() else { return };
        let Self { start_unix_ns, duration_ns, cpu_ns, bytes_in, bytes_out, .. } = *self;
        let kind = u64::from(Request::KIND) | u64::from(version) << 8;
        let id = self.id.as_u64();
        let (status, flags) = (u64::from(self.status), u64::from(self.flags.bits()));
        let trace = u128::from_le_bytes(self.trace_id);
        let parent = u64::from_le_bytes(self.parent_span_id);
        let words = [
            kind | id << 16,
            id >> 48 | start_unix_ns << 16,
            start_unix_ns >> 48 | duration_ns << 16,
            duration_ns >> 48 | cpu_ns << 16,
            cpu_ns >> 48 | status << 16 | flags << 32 | bytes_in << 48,
            bytes_in >> 16 | bytes_out << 48,
            bytes_out >> 16 | (trace << 48) as u64,
            (trace >> 16) as u64,
            (trace >> 80) as u64 | parent << 48,
        ];
        let (places, last) = out.as_chunks_mut();
        for (place, word) in places.iter_mut().zip(words) {
            *place = word.to_le_bytes();
        }
        last.copy_from_slice(&parent.to_le_bytes()[2..]);
    }
}

/// Path, query, client, user agent and referrer of a request in their byte form:
/// written once, when it begins. Used again for the next request.
#[derive(Debug, Clone, Default)]
pub struct RequestFacts {
    bytes: Vec<u8>,
}

impl RequestFacts {
    /// Takes these in the place of the last ones: path, query, client, user
    /// agent, referrer; redacted, cut as [`Request`] says.
    #[inline]
    pub fn fill(&mut self, texts: [&str; 5]) {
        let [path, query, client, agent, referrer] = texts;
        self.bytes.clear();
        if [query, client, agent, referrer].iter().all(|text| text.is_empty()) {
            // as of a program that asks: a path and four lengths of 0
            let path = cut(path, usize::from(PATH_MAX));
            self.bytes.reserve(path.len() + 10);
            self.bytes.extend_from_slice(&(path.len() as u16).to_le_bytes());
            self.bytes.extend_from_slice(path.as_bytes());
            self.bytes.extend_from_slice(&[0; 8]);
        } else {
            write_facts(&mut Writer { out: &mut self.bytes }, texts);
        }
    }

    /// The path; UTF-8.
    #[inline]
    #[must_use]
    pub fn path(&self) -> &[u8] {
        let Some((len, rest)) = self.bytes.split_first_chunk() else { return &[] };
        rest.get(..usize::from(u16::from_le_bytes(*len))).unwrap_or_default()
    }

    /// Bytes of memory held.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}

/// What is known of a [`Request`] only at its end, with the same meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "each is explained at `Request`")]
pub struct RequestEnd<'a> {
    pub ticket: &'a str,
    pub user: &'a str,
    pub split: &'a [u8],
    pub repeats: &'a [u8],
    pub release: &'a str,
}

impl RequestEnd<'_> {
    /// The oldest form that has all there is.
    const fn version(&self) -> u8 {
        if !self.release.is_empty() {
            Request::RELEASED
        } else if !self.split.is_empty() || !self.repeats.is_empty() {
            Request::SPLIT
        } else if !self.user.is_empty() {
            Request::EXTENDED
        } else {
            Request::VERSION
        }
    }

    /// Bytes of it, cut or not, with their lengths.
    const fn len(&self) -> usize {
        let texts = self.ticket.len() + self.user.len() + self.release.len();
        texts + self.split.len() + self.repeats.len() + 10
    }

    #[inline]
    fn write(&self, w: &mut Writer<'_>) {
        w.text(self.ticket, ROUTE_MAX);
        let version = self.version();
        if version >= Request::EXTENDED {
            w.text(self.user, NAME_MAX);
        }
        if version >= Request::SPLIT {
            w.short_bytes(if self.split.len() <= SPLIT_MAX { self.split } else { &[] });
            w.short_bytes(if self.repeats.len() <= REPEATS_MAX { self.repeats } else { &[] });
        }
        if version == Request::RELEASED {
            w.text(self.release, NAME_MAX);
        }
    }
}

/// App, method and route in their byte form: the same for many requests.
#[derive(Debug, Clone, Default)]
pub struct RequestNames {
    bytes: Vec<u8>,
}

impl RequestNames {
    /// Of these, cut as [`Request`] says.
    #[must_use]
    pub fn new(app: &str, method: &str, route: &str) -> Self {
        let mut bytes = Vec::with_capacity(app.len() + method.len() + route.len() + 6);
        write_names(&mut Writer { out: &mut bytes }, app, method, route);
        Self { bytes }
    }
}

#[inline]
fn write_names(w: &mut Writer<'_>, app: &str, method: &str, route: &str) {
    w.text(app, NAME_MAX);
    w.text(method, NAME_MAX);
    w.text(route, ROUTE_MAX);
}

#[inline]
fn write_facts(w: &mut Writer<'_>, [path, query, client, user_agent, referrer]: [&str; 5]) {
    w.text(path, PATH_MAX);
    w.text(query, QUERY_MAX);
    w.text(client, NAME_MAX);
    w.text(user_agent, AGENT_MAX);
    w.text(referrer, AGENT_MAX);
}

/// One handled HTTP request, with OpenTelemetry's names where it has them.
///
/// Text that is longer than its field allows is cut on a character boundary
/// when it is encoded: app, method, client, user and release at 64 bytes, ticket
/// and route at 200, user agent and referrer 512, path and query 1,024.
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
    /// Where the time went, as [`crate::Split::encode`] writes it; empty if
    /// nothing was timed. Left out if longer than [`SPLIT_MAX`].
    pub split: &'a [u8],
    /// Queries that repeat, as [`crate::RepeatsWriter`] writes them; left out if
    /// longer than [`REPEATS_MAX`].
    pub repeats: &'a [u8],
    /// `service.version` of what handled it; empty if unknown.
    pub release: &'a str,
}

impl<'a> Request<'a> {
    pub(crate) const KIND: u8 = 1;
    pub(crate) const VERSION: u8 = 1;
    /// The form that has a user; used where there is one.
    pub(crate) const EXTENDED: u8 = 2;
    /// The form that has a user and a split; used where there is a split.
    pub(crate) const SPLIT: u8 = 3;
    /// The form that has all of these and a release; used where there is one.
    pub(crate) const RELEASED: u8 = 4;

    /// Appends the byte form, kind and version first.
    #[inline]
    pub fn encode(&self, out: &mut Vec<u8>) {
        let names = [self.app, self.method, self.route, self.ticket, self.user, self.release];
        let end = RequestEnd {
            ticket: self.ticket,
            user: self.user,
            split: self.split,
            repeats: self.repeats,
            release: self.release,
        };
        let timing = self.split.len() + self.repeats.len() + 4;
        let facts = [self.path, self.query, self.client, self.user_agent, self.referrer];
        let len = |text: &&str| text.len().min(usize::from(PATH_MAX)) + 2;
        // one growth at the most
        out.reserve(names.iter().chain(&facts).map(len).sum::<usize>() + FIXED + timing);
        let mut w = Writer { out };
        self.numbers().write(end.version(), &mut w);
        write_names(&mut w, self.app, self.method, self.route);
        write_facts(&mut w, facts);
        end.write(&mut w);
    }

    fn numbers(&self) -> RequestNumbers {
        RequestNumbers {
            id: self.id,
            start_unix_ns: self.start_unix_ns,
            duration_ns: self.duration_ns,
            cpu_ns: self.cpu_ns,
            status: self.status,
            flags: self.flags,
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            trace_id: self.trace_id,
            parent_span_id: self.parent_span_id,
        }
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
            user: if version >= Self::EXTENDED { r.text("user")? } else { "" },
            split: if version >= Self::SPLIT { r.short_bytes("split")? } else { &[] },
            repeats: if version >= Self::SPLIT { r.short_bytes("repeats")? } else { &[] },
            release: if version >= Self::RELEASED { r.text("release")? } else { "" },
        })
    }
}
