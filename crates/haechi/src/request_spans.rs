//! What is said of a request's parts, and how they are told.

use crate::clock;
use crate::guard::RequestGuard;
use crate::recorder::Inner;
use crate::request_state::State;
use crate::spans::late::Beside;
use crate::spans::name::write as write_name;
use crate::spans::tally::Key;
use crate::spans::traced::ordinal;
use crate::spans::{SpanEnd, SpanToken, Spans, Timed};
use haechi_event::{Part, RequestId, SPANS_MAX, Span};
use std::cell::RefCell;

/// As many requests as a thread usually has open at once.
const SPARE_MAX: usize = 16;

thread_local! {
    /// What ended requests of this thread used, so that the next ones need not
    /// allocate.
    // boxes: they go into a request and come back without being moved
    #[allow(clippy::vec_box)]
    static SPARE: RefCell<Vec<Box<Spans>>> = const { RefCell::new(Vec::new()) };
}

impl RequestGuard {
    /// A part of the request begins, inside of the one that began last. No
    /// moment counts for two: what it takes is taken from the one around it.
    #[must_use = "the span lasts until it is ended by its token"]
    pub fn span_begin(&mut self, part: Part) -> SpanToken {
        if self.is_over() {
            return 0;
        }
        let now = clock::monotonic_ns();
        let token = self.spans_mut().begin(part, now);
        self.tell_part();
        token
    }

    /// The span ends. One that ended before, or with the request, is ignored.
    pub fn span_end(&mut self, token: SpanToken, end: &SpanEnd<'_>) {
        if token == 0 || self.is_over() {
            return;
        }
        let now = clock::monotonic_ns();
        if let Some(timed) = self.spans_mut().end(token, now) {
            self.tell_part();
            self.keep_span(&timed, end);
        }
    }

    /// Tells whoever looks at requests in flight.
    pub(crate) fn tell_part(&self) {
        let State { place, spans, recorder, .. } = &**self.state;
        if let (Some(place), Some(spans)) = (*place, spans.as_deref()) {
            let (part, since_ns, db_ns) = spans.doing();
            recorder.spool.look_at_board(|board| board.set_part(place, part, since_ns, db_ns));
        }
    }

    /// A span that is over: from `start_ns` to `end_ns` by [`span_clock_ns`].
    /// What of it lies before the request, or is counted for spans inside it,
    /// counts for nothing more.
    pub fn span(&mut self, part: Part, start_ns: u64, end_ns: u64, end: &SpanEnd<'_>) {
        if self.is_over() || end_ns < start_ns {
            return;
        }
        let timed = self.spans_mut().add(part, start_ns, end_ns);
        self.tell_part();
        self.keep_span(&timed, end);
    }

    /// How long the request waited for a worker before it began, nanoseconds.
    pub fn set_queue_time(&mut self, ns: u64) {
        if ns > 0 && !self.is_over() {
            self.spans_mut().set_queue(ns);
        }
    }

    /// A query begins. One inside of another, as a driver makes them of many
    /// sets of values, is part of that: then there is no token.
    #[must_use = "the query lasts until it is ended by its token"]
    pub fn query_begin(&mut self) -> SpanToken {
        if self.is_over() || self.spans_mut().is_in(Part::Db) {
            return 0;
        }
        self.span_begin(Part::Db)
    }

    /// The query ends. Rows that `cursor` fetches before the next span ends are
    /// part of it.
    pub fn query_end(&mut self, token: SpanToken, cursor: u64, end: &SpanEnd<'_>) {
        if token == 0 || self.is_over() {
            return;
        }
        let now = clock::monotonic_ns();
        if let Some(timed) = self.spans_mut().end(token, now) {
            self.tell_last_query();
            self.spans_mut().query.set(timed, cursor, end);
            self.tell_part();
        }
    }

    /// `cursor` has fetched rows, from `start_ns` by [`span_clock_ns`] until now.
    pub fn fetched(&mut self, cursor: u64, start_ns: u64, rows: u64) {
        if self.is_over() {
            return;
        }
        let now = clock::monotonic_ns();
        let spans = self.spans_mut();
        if !spans.is_in(Part::Db) {
            spans.cover(Part::Db, start_ns, now);
            spans.query.fetched(cursor, now.saturating_sub(start_ns), rows);
            self.tell_part();
        }
    }

    /// A part that lasted from `start_ns` until now, and is too short to be told
    /// as a span of its own.
    pub fn pause(&mut self, part: Part, start_ns: u64) {
        if self.is_over() {
            return;
        }
        let now = clock::monotonic_ns();
        let spans = self.spans_mut();
        spans.cover(part, start_ns, now);
        spans.enter(part);
    }

    pub(crate) fn spans_mut(&mut self) -> &mut Spans {
        let state = &mut **self.state;
        let start_ns = state.start_ns;
        state.spans.get_or_insert_with(|| {
            let spare = SPARE.try_with(|spare| spare.try_borrow_mut().ok()?.pop());
            let mut spans = spare.ok().flatten().unwrap_or_default();
            spans.restart(start_ns);
            spans
        })
    }

    pub(crate) fn keep_span(&mut self, timed: &Timed, end: &SpanEnd<'_>) {
        self.tell_last_query();
        let Some(mut spans) = self.state.spans.take() else { return };
        let mut name = std::mem::take(&mut spans.name);
        write_name(timed.part, end, &mut name);
        self.tell_span(&mut spans, timed, &SpanEnd { name: &name, ..*end });
        spans.name = name;
        self.state.spans = Some(spans);
    }

    fn tell_last_query(&mut self) {
        let Some(mut spans) = self.state.spans.take() else { return };
        let mut query = std::mem::take(&mut spans.query);
        if let Some((timed, end)) = query.take() {
            self.tell_span(&mut spans, timed, &end);
        }
        spans.query = query;
        self.state.spans = Some(spans);
    }

    /// Tells a span whose name is what it is to be called.
    fn tell_span(&self, spans: &mut Spans, timed: &Timed, end: &SpanEnd<'_>) {
        let key = Key { part: timed.part, name: end.name, file: end.file, line: end.line };
        let is_told = ordinal(timed.id) <= SPANS_MAX;
        let is_folded = spans.tally.count(&key, timed, end, !is_told);
        if is_told {
            self.append_span(&Span {
                request_id: self.id(),
                id: timed.id,
                parent: timed.parent,
                part: timed.part,
                failed: end.failed,
                count: 1,
                start_ns: timed.start_ns,
                duration_ns: timed.duration_ns,
                rows: end.rows,
                status: end.status,
                line: end.line,
                app: self.app(),
                name: end.name,
                file: end.file,
            });
        } else if !is_folded {
            spans.leave_out();
        }
    }

    /// The request ends now: nothing is inside of it any more. What was too
    /// much to be told one by one is told in sums.
    // apart from requests that have none, which are many
    #[inline(never)]
    pub(crate) fn end_spans(&mut self, now: u64) {
        self.end_traced_spans(now);
        self.tell_last_query();
        let Some(mut spans) = self.state.spans.take() else { return };
        spans.close(now);
        let (id, app) = (self.id(), self.app());
        spans.tally.folded(|span| self.append_span(&Span { request_id: id, app, ..span }));
        self.state.spans = Some(spans);
    }

    /// Keeps what was allocated for the next request.
    #[inline(never)]
    pub(crate) fn give_spans_back(&mut self) {
        if let Some(spans) = self.state.spans.take() {
            let _ = SPARE.try_with(|spare| {
                if let Ok(mut spare) = spare.try_borrow_mut()
                    && spare.len() < SPARE_MAX
                {
                    spare.push(spans);
                }
            });
        }
    }

    fn append_span(&self, span: &Span<'_>) {
        self.state.recorder.append_span(span);
    }
}

impl Inner {
    fn append_span(&self, span: &Span<'_>) {
        let kept = self.spool.with_lane(|mut lane| {
            let app = lane.route(span.app, "", "(other)");
            if self.is_on(lane.app_state(&app)) {
                // a drop has been counted where it happened
                let _ = lane.append_with(|buffer| span.encode(buffer));
            }
        });
        if kept.is_none() {
            let _ = self.spool.append_with(|buffer| span.encode(buffer));
        }
    }

    /// A span that ended after its request did, by itself.
    pub(crate) fn late_span(&self, app: &str, owner: (RequestId, u64), beside: &mut Beside) {
        let (request_id, request_ns) = owner;
        let Beside { id, parent, part, start_ns, end_ns, ref mut label } = *beside;
        let end = label.end();
        let mut name = String::new();
        write_name(part, &end, &mut name);
        self.append_span(&Span {
            request_id,
            id,
            parent,
            part,
            failed: end.failed,
            count: 1,
            start_ns: start_ns.saturating_sub(request_ns),
            duration_ns: end_ns.saturating_sub(start_ns),
            rows: end.rows,
            status: end.status,
            line: end.line,
            app,
            name: &name,
            file: end.file,
        });
    }
}

#[cfg(test)]
#[path = "request_spans_tests.rs"]
mod tests;
