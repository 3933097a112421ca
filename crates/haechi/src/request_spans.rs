//! What is said of a request's parts, and how they are told.

use crate::clock;
use crate::guard::RequestGuard;
use crate::spans::name::write as write_name;
use crate::spans::tally::Key;
use crate::spans::{SpanEnd, SpanToken, Spans, Timed};
use haechi_event::{Part, SPANS_MAX, Span};
use std::cell::RefCell;

thread_local! {
    /// What the last request of this thread used, so that the next one need
    /// not allocate.
    static SPARE: RefCell<Option<Box<Spans>>> = const { RefCell::new(None) };
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
        self.spans_mut().begin(part, now)
    }

    /// The span ends. One that ended before, or with the request, is ignored.
    pub fn span_end(&mut self, token: SpanToken, end: &SpanEnd<'_>) {
        if token == 0 || self.is_over() {
            return;
        }
        let now = clock::monotonic_ns();
        if let Some(timed) = self.spans_mut().end(token, now) {
            self.keep_span(&timed, end);
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
        self.keep_span(&timed, end);
    }

    /// How long the request waited for a worker before it began, nanoseconds.
    pub fn set_queue_time(&mut self, ns: u64) {
        if ns > 0 && !self.is_over() {
            self.spans_mut().set_queue(ns);
        }
    }

    fn spans_mut(&mut self) -> &mut Spans {
        let state = &mut **self.state;
        let start_ns = state.start_ns;
        state.spans.get_or_insert_with(|| {
            let spare = SPARE.try_with(|spare| spare.try_borrow_mut().ok()?.take());
            let mut spans = spare.ok().flatten().unwrap_or_default();
            spans.restart(start_ns);
            spans
        })
    }

    fn keep_span(&mut self, timed: &Timed, end: &SpanEnd<'_>) {
        let Some(mut spans) = self.state.spans.take() else { return };
        write_name(timed.part, end, &mut spans.name);
        let key = Key { part: timed.part, name: &spans.name, file: end.file, line: end.line };
        let is_told = timed.id <= SPANS_MAX;
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
                name: &spans.name,
                file: end.file,
            });
        } else if !is_folded {
            spans.leave_out();
        }
        self.state.spans = Some(spans);
    }

    /// The request ends now: nothing is inside of it any more. What was too
    /// much to be told one by one is told in sums.
    pub(crate) fn end_spans(&mut self, now: u64) {
        let Some(mut spans) = self.state.spans.take() else { return };
        spans.close(now);
        let (id, app) = (self.id(), self.app());
        spans.tally.folded(|span| self.append_span(&Span { request_id: id, app, ..span }));
        self.state.spans = Some(spans);
    }

    /// Keeps what was allocated for the next request.
    pub(crate) fn give_spans_back(&mut self) {
        if let Some(spans) = self.state.spans.take() {
            let _ = SPARE.try_with(|spare| {
                if let Ok(mut spare) = spare.try_borrow_mut() {
                    *spare = Some(spans);
                }
            });
        }
    }

    fn append_span(&self, span: &Span<'_>) {
        let recorder = self.state.recorder;
        let kept = recorder.spool.with_lane(|mut lane| {
            let app = lane.route(span.app, "", "(other)");
            if recorder.is_on(lane.app_state(app)) {
                // a drop has been counted where it happened
                let _ = lane.append_with(|buffer| span.encode(buffer));
            }
        });
        if kept.is_none() {
            let _ = recorder.spool.append_with(|buffer| span.encode(buffer));
        }
    }
}

#[cfg(test)]
#[path = "request_spans_tests.rs"]
mod tests;
