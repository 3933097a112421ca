//! OpenTelemetry's SDK as its guide sets it up: a batch processor with its
//! defaults, before an exporter that only counts.

use crate::ROUTE;
use crate::watched::Watch;
use http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, SpanKind, Tracer, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span, SpanData, SpanExporter};
use std::sync::atomic::{AtomicU64, Ordering};

static EXPORTED: AtomicU64 = AtomicU64::new(0);

#[derive(Debug)]
struct Counting;

impl SpanExporter for Counting {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        EXPORTED.fetch_add(batch.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// The SDK, whose exporter counts.
pub(crate) struct Exported {
    pub(crate) provider: SdkTracerProvider,
}

pub(crate) fn exported() -> Exported {
    Exported { provider: SdkTracerProvider::builder().with_batch_exporter(Counting).build() }
}

impl Exported {
    /// Spans that were never exported.
    pub(crate) fn missing(&self, all: usize) -> u64 {
        if let Err(error) = self.provider.shutdown() {
            eprintln!("layer-bench: {error}");
        }
        all as u64 - EXPORTED.load(Ordering::Relaxed)
    }
}

pub(crate) struct Spans {
    pub(crate) exported: Exported,
    tracer: SdkTracer,
}

pub(crate) fn watch() -> &'static Spans {
    let exported = exported();
    let tracer = exported.provider.tracer("layer-bench");
    Box::leak(Box::new(Spans { exported, tracer }))
}

impl Watch for Spans {
    type Open = Span;

    fn begin<B>(&self, request: &Request<B>) -> Span {
        let attributes = [
            KeyValue::new("http.request.method", request.method().to_string()),
            KeyValue::new("http.route", ROUTE),
            KeyValue::new("url.path", request.uri().path().to_owned()),
        ];
        let span = self.tracer.span_builder(ROUTE).with_kind(SpanKind::Server);
        span.with_attributes(attributes).start(&self.tracer)
    }

    fn end<B>(&self, mut span: Span, response: &Response<B>) {
        let status = i64::from(response.status().as_u16());
        span.set_attribute(KeyValue::new("http.response.status_code", status));
        span.end();
    }
}
