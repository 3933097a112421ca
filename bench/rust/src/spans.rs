//! Spans of `tracing` in a request: those of an app that times its own parts.

use crate::opentelemetry_sdk_batch::{self, Exported};
use crate::{Body, empty};
use http::{Request, Response};
use opentelemetry::trace::TracerProvider;
use std::convert::Infallible;
use std::error::Error;
use std::future::Ready;
use std::hint::black_box;
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt;

/// So many in each request, one after the other.
pub(crate) const IN_A_REQUEST: usize = 4;

/// The empty service, which times parts of its work.
pub(crate) fn timed(request: Request<Body>) -> Ready<Result<Response<Body>, Infallible>> {
    for item in 0..IN_A_REQUEST {
        info_span!("load", item).in_scope(|| black_box(item));
    }
    empty(request)
}

/// Spans are made, and nobody looks at them.
pub(crate) fn registry() -> Result<(), Box<dyn Error>> {
    Ok(tracing::subscriber::set_global_default(tracing_subscriber::registry())?)
}

/// Haechi's layer, and nothing beside it.
pub(crate) fn haechi(monitor: &haechi::Monitor) -> Result<(), Box<dyn Error>> {
    let registry = tracing_subscriber::registry().with(monitor.tracing());
    Ok(tracing::subscriber::set_global_default(registry)?)
}

/// OpenTelemetry's layer before the SDK's batches.
pub(crate) fn opentelemetry() -> Result<Exported, Box<dyn Error>> {
    let exported = opentelemetry_sdk_batch::exported();
    let tracer = exported.provider.tracer("layer-bench");
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))?;
    Ok(exported)
}
