//! What `tracing` and futures say of a request's parts.

use crate::guard::RequestGuard;
use crate::spans::label::Label;
use crate::spans::{HeldUp, SpanEnd, SpanToken};
use crate::{LogLine, Severity, clock};
use haechi_event::Part;
use std::time::Duration;

impl RequestGuard {
    /// A span begins by being entered. `label` gets another one's memory.
    pub(crate) fn begin_traced(&mut self, parent: u32, label: &mut Label) -> SpanToken {
        if self.is_over() {
            return 0;
        }
        let now = clock::monotonic_ns();
        let token = self.spans_mut().begin_traced(parent, label, now);
        self.tell_part();
        token
    }

    /// One that has begun is entered (`true`) or left.
    pub(crate) fn step_traced(&mut self, token: SpanToken, is_entered: bool) {
        let Some(spans) = self.state.spans.as_mut() else { return };
        let now = clock::monotonic_ns();
        if is_entered {
            spans.step_in(token, now);
        } else {
            spans.step_out(token, now);
        }
        self.tell_part();
    }

    /// Changes what one says of itself.
    pub(crate) fn change_traced(&mut self, token: SpanToken, change: impl FnOnce(&mut Label)) {
        if let Some(label) = self.state.spans.as_mut().and_then(|spans| spans.label_mut(token)) {
            change(label);
        }
    }

    /// It ends.
    pub(crate) fn end_traced(&mut self, token: SpanToken) {
        if !self.is_over() {
            self.end_traced_at(token, clock::monotonic_ns());
        }
    }

    fn end_traced_at(&mut self, token: SpanToken, now: u64) {
        self.take_late_spans(false);
        let Some(spans) = self.state.spans.as_mut() else { return };
        let Some((timed, mut label)) = spans.end_traced(token, now) else { return };
        self.keep_span(&timed, &label.end());
        if let Some(spans) = self.state.spans.as_mut() {
            spans.give_label_back(label);
        }
    }

    /// Takes what ended in other tasks and threads.
    fn take_late_spans(&mut self, is_end: bool) {
        let Some(spans) = self.state.spans.as_mut() else { return };
        let mut ended = std::mem::take(&mut spans.ended);
        spans.take_late(is_end, &mut ended);
        for mut beside in ended.drain(..) {
            let timed = self.spans_mut().add_beside(&beside);
            self.keep_span(&timed, &beside.label.end());
            self.spans_mut().give_label_back(beside.label);
        }
        self.spans_mut().ended = ended;
    }

    /// The request ends: spans that are open end with it, as far as it knows.
    pub(crate) fn end_traced_spans(&mut self, now: u64) {
        self.take_late_spans(true);
        while let Some(token) = self.state.spans.as_ref().and_then(|spans| spans.last_traced()) {
            self.end_traced_at(token, now);
        }
    }

    /// A query that is over, asked by the code that runs or waits here.
    pub(crate) fn query(&mut self, elapsed: Duration, label: &mut Label) {
        if self.is_over() {
            return;
        }
        let end_ns = clock::monotonic_ns();
        let spans = self.spans_mut();
        if let Some(around) = spans.innermost_label() {
            (label.file, label.line) = (around.file, around.line);
        }
        let start_ns = end_ns.saturating_sub(elapsed.as_nanos() as u64);
        self.span(Part::Db, start_ns, end_ns, &label.end());
    }

    /// The request's future, or its body, is polled.
    pub(crate) fn poll_begins(&mut self) {
        let now = clock::monotonic_ns();
        let state = &mut **self.state;
        state.polled_ns = now;
        if let Some(spans) = &mut state.spans {
            spans.go_on(now);
        }
    }

    /// It waits for what others do.
    pub(crate) fn poll_is_over(&mut self) {
        if self.is_over() {
            return;
        }
        let now = clock::monotonic_ns();
        self.look_at_poll(now);
        if let Some(spans) = &mut self.state.spans {
            spans.wait(now);
        }
    }

    /// It panics: stacks are looked at, and that is not the app's time.
    #[cfg(feature = "panic")]
    pub(crate) fn forget_poll(&mut self) {
        self.state.polled_ns = 0;
    }

    /// Notes it, if it held up its thread up to now.
    #[inline]
    pub(crate) fn look_at_poll(&mut self, now: u64) {
        let since = std::mem::take(&mut self.state.polled_ns);
        let limit = self.state.blocked_after_ns;
        if since != 0 && limit != 0 && now.saturating_sub(since) >= limit {
            self.held_up(since, now);
        }
    }

    #[cold]
    fn held_up(&mut self, since: u64, now: u64) {
        let HeldUp { timed, name, file, line } = self.spans_mut().held_up(since, now);
        let name = if !name.is_empty() {
            name.to_owned()
        } else if self.state.route.is_empty() {
            "(unmatched)".to_owned()
        } else {
            self.state.route.clone()
        };
        self.keep_span(&timed, &SpanEnd { name: &name, file, line, ..SpanEnd::default() });
        if std::mem::replace(&mut self.state.told_blocked, true) {
            return;
        }
        let ms = timed.duration_ns / 1_000_000;
        let message =
            format!("held up its thread for {ms} ms, and all other tasks there, in {name}");
        self.recorder().log(&LogLine {
            request_id: self.id(),
            severity: Severity::Warn,
            app: self.app(),
            logger: "haechi",
            route: self.route(),
            file,
            line,
            message: &message,
            ..LogLine::default()
        });
    }
}
