use super::fields::Fields;
use crate::{LogLine, Monitor, RequestId, Severity, current};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// Writes events into the app's log, each with its request: the current one, or
/// the one in which the span around it was made, also where that runs in a task
/// or a thread of its own. Works beside other layers, such as `fmt`'s.
#[derive(Debug, Clone)]
pub struct TracingLayer {
    monitor: Monitor,
    least: Level,
}

/// The request in which a span was made.
struct Made {
    request_id: RequestId,
    route: String,
}

impl Monitor {
    /// The layer for a `tracing` subscriber. Default: `INFO` and graver.
    #[must_use]
    pub fn tracing(&self) -> TracingLayer {
        TracingLayer { monitor: self.clone(), least: Level::INFO }
    }
}

impl TracingLayer {
    /// Events less grave than this are left out; other layers still get them.
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

/// The request that the running code belongs to.
fn here() -> Option<Made> {
    current::with(|guard| Made { request_id: guard.id(), route: guard.route().to_owned() })
}

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for TracingLayer {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(made) = here()
            && let Some(span) = context.span(id)
        {
            span.extensions_mut().insert(made);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        // the recorder itself writes no events, so this cannot go round
        if *metadata.level() > self.least {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let around = || {
            let span = context.event_span(event)?;
            span.scope().find_map(|span| {
                let extensions = span.extensions();
                let Made { request_id, route } = extensions.get::<Made>()?;
                Some(Made { request_id: *request_id, route: route.clone() })
            })
        };
        let Made { request_id, route } = here()
            .or_else(around)
            .unwrap_or(Made { request_id: RequestId::NONE, route: String::new() });
        self.monitor.recorder().log(&LogLine {
            request_id,
            severity: severity(*metadata.level()),
            app: self.monitor.app(),
            logger: metadata.target(),
            route: &route,
            file: metadata.file().unwrap_or_default(),
            line: metadata.line().unwrap_or_default(),
            message: &fields.line(),
            ..LogLine::default()
        });
    }
}
