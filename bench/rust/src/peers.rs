//! What Haechi is measured beside: metrics that forget each request, and lines
//! in a file.

use crate::ROUTE;
use crate::watched::Watch;
use http::{Method, Request, Response};
use metrics_exporter_prometheus::PrometheusBuilder;
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts};
use std::error::Error;
use std::path::Path;
use std::time::Instant;
use tracing::Level;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};

const SECONDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const LABELS: [&str; 3] = ["method", "route", "status"];

/// A request's beginning, for those who keep no more of it.
type Begun = (Instant, Method);

fn begun<B>(request: &Request<B>) -> Begun {
    (Instant::now(), request.method().clone())
}

/// The `metrics` facade with the recorder of its Prometheus exporter.
pub(crate) struct Metrics;

pub(crate) fn metrics() -> Result<&'static Metrics, Box<dyn Error>> {
    PrometheusBuilder::new().set_buckets(&SECONDS)?.install_recorder()?;
    Ok(&Metrics)
}

impl Watch for Metrics {
    type Open = Begun;

    fn begin<B>(&self, request: &Request<B>) -> Begun {
        begun(request)
    }

    fn end<B>(&self, (start, method): Begun, response: &Response<B>) {
        let (method, status) = (method.to_string(), response.status().as_str().to_owned());
        let labels = [("method", method), ("route", ROUTE.to_owned()), ("status", status)];
        metrics::counter!("http_requests_total", &labels).increment(1);
        metrics::histogram!("http_request_duration_seconds", &labels)
            .record(start.elapsed().as_secs_f64());
    }
}

/// The `prometheus` crate, its labels looked up for each request.
pub(crate) struct Prometheus {
    requests: IntCounterVec,
    durations: HistogramVec,
}

fn prometheus_families() -> Result<Prometheus, prometheus::Error> {
    let requests = IntCounterVec::new(Opts::new("http_requests_total", "requests"), &LABELS)?;
    let durations = HistogramOpts::new("http_request_duration_seconds", "durations");
    let durations = HistogramVec::new(durations.buckets(SECONDS.to_vec()), &LABELS)?;
    Ok(Prometheus { requests, durations })
}

pub(crate) fn prometheus() -> Result<&'static Prometheus, Box<dyn Error>> {
    Ok(Box::leak(Box::new(prometheus_families()?)))
}

impl Watch for Prometheus {
    type Open = Begun;

    fn begin<B>(&self, request: &Request<B>) -> Begun {
        begun(request)
    }

    fn end<B>(&self, (start, method): Begun, response: &Response<B>) {
        let status = response.status();
        let labels = [method.as_str(), ROUTE, status.as_str()];
        self.requests.with_label_values(&labels).inc();
        self.durations.with_label_values(&labels).observe(start.elapsed().as_secs_f64());
    }
}

/// The same where each route has its counters at hand.
pub(crate) struct PrometheusCached {
    requests: IntCounter,
    durations: Histogram,
}

pub(crate) fn prometheus_cached() -> Result<&'static PrometheusCached, Box<dyn Error>> {
    let families = prometheus_families()?;
    let labels = ["GET", ROUTE, "200"];
    Ok(Box::leak(Box::new(PrometheusCached {
        requests: families.requests.with_label_values(&labels),
        durations: families.durations.with_label_values(&labels),
    })))
}

impl Watch for PrometheusCached {
    type Open = Instant;

    fn begin<B>(&self, _: &Request<B>) -> Instant {
        Instant::now()
    }

    fn end<B>(&self, start: Instant, _: &Response<B>) {
        self.requests.inc();
        self.durations.observe(start.elapsed().as_secs_f64());
    }
}

/// A line of `tracing` for each request.
pub(crate) struct Lines;

/// A file that another thread writes.
pub(crate) struct LogFile {
    lost: ErrorCounter,
    worker: WorkerGuard,
}

impl LogFile {
    /// Lines that found the queue full; the rest has been written.
    pub(crate) fn dropped(self) -> u64 {
        drop(self.worker);
        self.lost.dropped_lines() as u64
    }
}

/// Makes the program's subscriber: as text to a file, by a thread of its own.
pub(crate) fn subscribe(folder: &Path, least: Level) -> Result<LogFile, Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let file = std::fs::File::create(folder.join("requests.log"))?;
    let (writer, worker) = NonBlockingBuilder::default().finish(file);
    let lost = writer.error_counter();
    let lines = tracing_subscriber::fmt().with_ansi(false).with_max_level(least);
    tracing::subscriber::set_global_default(lines.with_writer(writer).finish())?;
    Ok(LogFile { lost, worker })
}

pub(crate) fn tracing_event(folder: &Path) -> Result<(&'static Lines, LogFile), Box<dyn Error>> {
    Ok((&Lines, subscribe(folder, Level::INFO)?))
}

impl Watch for Lines {
    type Open = Begun;

    fn begin<B>(&self, request: &Request<B>) -> Begun {
        begun(request)
    }

    fn end<B>(&self, (start, method): Begun, response: &Response<B>) {
        let duration_ns = start.elapsed().as_nanos() as u64;
        let status = response.status().as_u16();
        tracing::info!(%method, route = ROUTE, status, duration_ns, "request");
    }
}
