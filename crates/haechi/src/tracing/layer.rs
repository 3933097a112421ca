use super::fields::Fields;
use super::query::{self, Query};
use super::scratch;
use super::span_fields::SpanFields;
use super::table::Table;
use crate::tied::Tied;
use crate::{LogLine, Monitor, RequestId, Severity, current, span_clock_ns};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// Makes spans the parts of their request, and writes events into the app's log,
/// each with its request: the current one, or the one in which the span around it
/// was made, also where that runs in a task or a thread of its own. Works beside
/// other layers, such as `fmt`'s and OpenTelemetry's.
#[derive(Debug)]
pub struct TracingLayer {
    monitor: Monitor,
    least: Level,
    spans: Table,
}

impl Clone for TracingLayer {
    /// A layer for another subscriber: spans are known by their ids there.
    fn clone(&self) -> Self {
        Self { monitor: self.monitor.clone(), least: self.least, spans: Table::default() }
    }
}

impl Monitor {
    /// The layer for a `tracing` subscriber. Default: spans and events of `INFO`
    /// and graver.
    #[must_use]
    pub fn tracing(&self) -> TracingLayer {
        TracingLayer { monitor: self.clone(), least: Level::INFO, spans: Table::default() }
    }
}

impl TracingLayer {
    /// Spans and events less grave than this are left out; other layers still get
    /// them. Queries of `sqlx` are told at any level.
    #[must_use]
    pub const fn least(mut self, level: Level) -> Self {
        self.least = level;
        self
    }
}

fn severity(level: Level) -> Severity {
    match level {
        Level::ERROR => Severity::Error,
        Level::WARN => Severity::Warn,
        Level::INFO => Severity::Info,
        Level::DEBUG => Severity::Debug,
        Level::TRACE => Severity::Trace,
    }
}

impl TracingLayer {
    /// The innermost span around an event that is tied to a request.
    fn around<S>(&self, event: &Event<'_>, context: &Context<'_, S>) -> Option<&Tied>
    where
        S: Subscriber + for<'l> LookupSpan<'l>,
    {
        context.event_span(event)?.scope().find_map(|span| self.spans.get(span.id().into_u64()))
    }

    fn query<S>(&self, event: &Event<'_>, context: &Context<'_, S>)
    where
        S: Subscriber + for<'l> LookupSpan<'l>,
    {
        let Query { mut label, elapsed, .. } = Query::of(event);
        if current::with(|guard| guard.query(elapsed, &mut label)).is_some() {
            return;
        }
        if let Some(tied) = self.around(event, context) {
            let end_ns = span_clock_ns();
            let start_ns = end_ns.saturating_sub(elapsed.as_nanos() as u64);
            tied.query((start_ns, end_ns), label);
        }
    }
}

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for TracingLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let here = current::request_id();
        // only the spans around it that are still open matter
        let around = context.span(id).and_then(|span| {
            span.scope().skip(1).find_map(|span| self.spans.get(span.id().into_u64()))
        });
        if here.is_none() && around.is_none() {
            return;
        }
        scratch::with(|label| {
            let mut fields = SpanFields::of(label, attributes.metadata());
            attributes.record(&mut fields);
            let is_part = fields.into_part() && *attributes.metadata().level() <= self.least;
            let label = is_part.then_some(label);
            self.spans.add(id.into_u64(), |tied| match (here, around) {
                (Some(here), around) => {
                    let around = around.filter(|around| around.request_id() == here);
                    let parent = around.map_or(0, Tied::child_parent);
                    current::with(|guard| tied.to_request(guard, parent, label)).unwrap_or(false)
                }
                (None, Some(around)) => tied.to_parent(around, label),
                (None, None) => false,
            });
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        if let Some(tied) = self.spans.get(id.into_u64()) {
            // what writes the values is the app's code: nothing is held meanwhile
            scratch::with(|label| {
                label.restart("", "", 0);
                values.record(&mut SpanFields::more(label));
                tied.change(|own| own.merge(label));
            });
        }
    }

    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        if let Some(tied) = self.spans.get(id.into_u64()) {
            tied.step(true);
        }
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        if let Some(tied) = self.spans.get(id.into_u64()) {
            tied.step(false);
        }
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        self.spans.take(id.into_u64(), Tied::end);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target() == query::TARGET {
            self.query(event, &context);
        }
        // the recorder itself writes no events, so this cannot go round
        if *metadata.level() > self.least {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let here = current::with(|guard| (guard.id(), guard.route().to_owned()));
        let is_error = *metadata.level() == Level::ERROR;
        let around = if is_error || here.is_none() { self.around(event, &context) } else { None };
        if let Some(around) = around.filter(|_| is_error) {
            around.change(|label| label.failed = true);
        }
        let (request_id, route) = here
            .or_else(|| around.map(|around| (around.request_id(), around.route())))
            .unwrap_or((RequestId::NONE, String::new()));
        // of `log`, through `tracing-log`
        let origin = std::mem::take(&mut fields.origin);
        self.monitor.recorder().log(&LogLine {
            request_id,
            severity: severity(*metadata.level()),
            app: self.monitor.app(),
            logger: origin.target.as_deref().unwrap_or(metadata.target()),
            route: &route,
            file: origin.file.as_deref().or(metadata.file()).unwrap_or_default(),
            line: origin.line.or(metadata.line()).unwrap_or_default(),
            message: &fields.line(),
            ..LogLine::default()
        });
    }
}
