//! What is kept of a request while it runs.

use crate::begin::Begin;
use crate::clean_text;
use crate::cpu_time::CpuStart;
use crate::raw_heads::RawHeads;
use crate::recorder::Inner;
use crate::spans::Spans;
use haechi_event::{Flags, RequestFacts, RequestNumbers, Traceparent, known_method};
use haechi_spool::board::{Finished, InFlightSlot, RouteSlot};

/// All that is kept of a request while it runs. Used again for the next one:
/// [`Self::begin`] sets every part of it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) recorder: &'static Inner,
    pub(crate) start_ns: u64,
    pub(crate) generation: u64,
    pub(crate) cpu: Option<CpuStart>,
    pub(crate) place: Option<InFlightSlot>,
    pub(crate) method: &'static str,
    pub(crate) ended: bool,
    pub(crate) numbers: RequestNumbers,
    pub(crate) app: String,
    pub(crate) route: String,
    /// The route of the request before, for this one's is often the same.
    last_route: String,
    /// Where app, method and that route, or this one's once it is known, stand in
    /// the scoreboard, if a lane has found them.
    pub(crate) slot: Option<RouteSlot>,
    pub(crate) ticket: String,
    pub(crate) user: String,
    pub(crate) texts: RequestFacts,
    /// Where its time goes, once something was timed.
    pub(crate) spans: Option<Box<Spans>>,
    /// Since when its future has been polled; 0 while it is not.
    pub(crate) polled_ns: u64,
    /// What takes a poll longer holds up its thread; 0 if nobody wants to know.
    pub(crate) blocked_after_ns: u64,
    /// Whether a line has told so.
    pub(crate) told_blocked: bool,
    /// Whether an exception of it was recorded.
    pub(crate) has_exception: bool,
    pub(crate) heads: RawHeads,
}

impl State {
    pub(crate) fn new(recorder: &'static Inner) -> Box<Self> {
        Box::new(Self {
            recorder,
            start_ns: 0,
            generation: 0,
            cpu: None,
            place: None,
            method: "",
            ended: false,
            numbers: RequestNumbers::default(),
            app: String::new(),
            route: String::new(),
            last_route: String::new(),
            slot: None,
            ticket: String::new(),
            user: String::new(),
            texts: RequestFacts::default(),
            spans: None,
            polled_ns: 0,
            blocked_after_ns: 0,
            told_blocked: false,
            has_exception: false,
            heads: RawHeads::default(),
        })
    }

    /// A request's beginning in the place of whatever stood here. Field by field:
    /// the parts of a struct that is moved are read before they are written.
    #[inline]
    pub(crate) fn begin(&mut self, recorder: &'static Inner, start_ns: u64, begin: &Begin<'_>) {
        self.set_app(begin.app);
        let method = known_method(begin.method);
        if self.method != method {
            self.method = method;
            self.slot = None;
        }
        std::mem::swap(&mut self.route, &mut self.last_route);
        self.route.clear();
        if !begin.route.is_empty() {
            self.set_route(begin.route);
        }
        let Self { ticket, user, texts, numbers, .. } = self;
        ticket.clear();
        user.clear();
        clean_text::fill(
            texts,
            [begin.path, begin.query, begin.client, begin.user_agent, begin.referrer],
        );
        numbers.trace_id = [0; 16];
        numbers.parent_span_id = [0; 8];
        if !begin.traceparent.is_empty()
            && let Some(trace) = Traceparent::parse(begin.traceparent)
        {
            numbers.trace_id = trace.trace_id;
            numbers.parent_span_id = trace.parent_span_id;
        }
        numbers.flags = Flags::default();
        numbers.bytes_in = begin.bytes_in;
        // set at its end; read before by nobody
        numbers.duration_ns = 0;
        numbers.cpu_ns = 0;
        numbers.status = 0;
        numbers.bytes_out = 0;
        self.recorder = recorder;
        self.generation = recorder.spool.generation();
        self.start_ns = start_ns;
        self.ended = false;
        self.spans = None;
        self.polled_ns = 0;
        self.blocked_after_ns = 0;
        self.told_blocked = false;
        self.has_exception = false;
        self.heads.clear();
    }

    #[inline]
    pub(crate) fn set_app(&mut self, app: &str) {
        if self.app != app {
            app.clone_into(&mut self.app);
            self.slot = None;
        }
    }

    #[inline]
    pub(crate) fn set_route(&mut self, route: &str) {
        if self.route.is_empty() && self.last_route == route {
            std::mem::swap(&mut self.route, &mut self.last_route);
        } else if self.route != route {
            route.clone_into(&mut self.route);
            self.slot = None;
        }
    }

    /// What the scoreboard counts of it.
    #[inline]
    pub(crate) fn finished<'a>(&'a self, route: &'a str, cpu_ns: Option<u64>) -> Finished<'a> {
        let Self { numbers, app, method, texts, .. } = self;
        Finished {
            id: numbers.id,
            end_unix_s: numbers.start_unix_ns.saturating_add(numbers.duration_ns) / 1_000_000_000,
            duration_ns: numbers.duration_ns,
            cpu_ns,
            status: numbers.status,
            bytes_in: numbers.bytes_in,
            bytes_out: numbers.bytes_out,
            app,
            method,
            route,
            path: texts.path(),
        }
    }

    /// Bytes of memory its texts hold.
    pub(crate) const fn capacity(&self) -> usize {
        let Self { app, route, last_route, ticket, user, texts, heads, .. } = self;
        let names = app.capacity() + route.capacity() + last_route.capacity();
        names + ticket.capacity() + user.capacity() + texts.capacity() + heads.capacity()
    }
}
