//! What a recorder adds to a request of an empty tower service:
//! `layer-bench CONTENDER THREADS REQUESTS FOLDER`.
//!
//! Each thread calls its own clone of the service, one request after the other,
//! without sockets and without a runtime. Prints one JSON object: nanoseconds a
//! request (`median` of batches of 16, `mean` of all, both averaged over the
//! threads) and how many events the recorder
//! `dropped` of how many `requests`. Contenders named `spans-…` make spans of
//! `tracing` in each.

mod idle;
mod opentelemetry_sdk_batch;
mod peers;
mod spans;
mod watched;

use axum::routing::get;
use http::{Request, Response, Uri};
use http_body_util::Empty;
use std::convert::Infallible;
use std::error::Error;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Barrier;
use std::task::{Context, Poll, Waker};
use std::time::Instant;
use tower::{Layer, Service, service_fn};

pub(crate) type Body = Empty<&'static [u8]>;

const ROUTE: &str = "/hello/{name}";
const PATH: &str = "/hello/you";
const BATCH: usize = 16;
/// Before anything is measured.
const WARM_UP: usize = 20_000;

/// How a contender was asked to run.
struct Run {
    threads: usize,
    requests: usize,
    folder: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("CONTENDER THREADS REQUESTS FOLDER");
    let contender = next()?;
    let (threads, requests) = (next()?.parse()?, next()?.parse()?);
    let run = Run { threads, requests, folder: next()?.into() };
    let dropped = match &*contender {
        "bare" => run.measure(service_fn(empty)),
        "haechi" => {
            let monitor = monitor(&run.folder);
            run.measure(monitor.layer().layer(service_fn(routed)));
            missing(&monitor, run.all())
        }
        "axum" => run.measure::<_, axum::body::Body>(router()),
        "axum-haechi" => {
            let monitor = monitor(&run.folder);
            run.measure::<_, axum::body::Body>(router().layer(monitor.layer()));
            missing(&monitor, run.all())
        }
        "idle" => run.measure(idle::IdleLayer.layer(service_fn(empty))),
        "axum-idle" => run.measure::<_, axum::body::Body>(router().layer(idle::IdleLayer)),
        "metrics" => run.measure(watched::around(peers::metrics()?, service_fn(empty))),
        "prometheus" => run.measure(watched::around(peers::prometheus()?, service_fn(empty))),
        "prometheus-cached" => {
            run.measure(watched::around(peers::prometheus_cached()?, service_fn(empty)))
        }
        "tracing" => {
            let (watch, lines) = peers::tracing_event(&run.folder)?;
            run.measure(watched::around(watch, service_fn(empty)));
            lines.dropped()
        }
        "trace-layer" => {
            let lines = peers::subscribe(&run.folder, tracing::Level::DEBUG)?;
            let layer = tower_http::trace::TraceLayer::new_for_http();
            run.measure(layer.layer(service_fn(empty)));
            lines.dropped()
        }
        "opentelemetry" => {
            let watch = opentelemetry_sdk_batch::watch();
            run.measure(watched::around(watch, service_fn(empty)));
            watch.exported.missing(run.all())
        }
        "spans-off" => run.measure(service_fn(spans::timed)),
        "spans-registry" => {
            spans::registry()?;
            run.measure(service_fn(spans::timed))
        }
        "spans-haechi" => {
            let monitor = monitor(&run.folder);
            spans::haechi(&monitor)?;
            run.measure(monitor.layer().layer(service_fn(spans::timed)));
            missing(&monitor, run.all())
        }
        "spans-opentelemetry" => {
            let exported = spans::opentelemetry()?;
            run.measure(service_fn(spans::timed));
            exported.missing(run.all() * spans::IN_A_REQUEST)
        }
        "haechi-unrouted" => {
            let monitor = monitor(&run.folder);
            run.measure(monitor.layer().layer(service_fn(empty)));
            missing(&monitor, run.all())
        }
        other => return Err(format!("there is no contender {other}").into()),
    };
    println!(",\"dropped\":{dropped},\"requests\":{}}}", run.all());
    Ok(())
}

fn empty(_: Request<Body>) -> Ready<Result<Response<Body>, Infallible>> {
    ready(Ok(Response::new(Empty::new())))
}

/// The same, which says its route as a router does.
fn routed(request: Request<Body>) -> Ready<Result<Response<Body>, Infallible>> {
    haechi::current::set_route(ROUTE);
    empty(request)
}

fn router() -> axum::Router {
    axum::Router::new().route(ROUTE, get(async || ()))
}

fn monitor(folder: &Path) -> haechi::Monitor {
    haechi::Monitor::builder("your_app").data(folder).log_file(None).build()
}

/// Requests that did not reach the spool, by its own account.
fn missing(monitor: &haechi::Monitor, all: usize) -> u64 {
    let statistics = monitor.statistics();
    all as u64 - statistics.requests.total + statistics.dropped.values().sum::<u64>()
}

impl Run {
    /// All requests that are made, those of the warm-up too.
    fn all(&self) -> usize {
        self.threads * (WARM_UP + self.requests / BATCH * BATCH)
    }

    /// Prints the object, but for its end.
    fn measure<S, E>(&self, service: S) -> u64
    where
        S: Service<Request<E>> + Clone + Send,
        E: Default,
    {
        let together = Barrier::new(self.threads);
        let measured: Vec<(f64, f64)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads)
                .map(|_| {
                    let (mut service, together) = (service.clone(), &together);
                    let uri = Uri::from_static(PATH);
                    scope.spawn(move || {
                        for _ in 0..WARM_UP {
                            call(&mut service, request(&uri));
                        }
                        together.wait();
                        self.batches(&mut service)
                    })
                })
                .collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        let threads = measured.len() as f64;
        let median = measured.iter().map(|(median, _)| median).sum::<f64>() / threads;
        let mean = measured.iter().map(|(_, mean)| mean).sum::<f64>() / threads;
        print!("{{\"median\":{median:.2},\"mean\":{mean:.2}");
        0
    }

    fn batches<S, E>(&self, service: &mut S) -> (f64, f64)
    where
        S: Service<Request<E>>,
        E: Default,
    {
        let mut batches = Vec::with_capacity(self.requests / BATCH);
        let uri = Uri::from_static(PATH);
        let start = Instant::now();
        let mut last = start;
        for _ in 0..self.requests / BATCH {
            for _ in 0..BATCH {
                call(service, request(&uri));
            }
            let now = Instant::now();
            batches.push((now - last).as_nanos() as f64 / BATCH as f64);
            last = now;
        }
        let mean = (last - start).as_nanos() as f64 / (batches.len() * BATCH) as f64;
        batches.sort_unstable_by(f64::total_cmp);
        (batches[batches.len() / 2], mean)
    }
}

fn request<E: Default>(uri: &Uri) -> Request<E> {
    let mut request = Request::new(E::default());
    *request.uri_mut() = black_box(uri.clone());
    request
}

/// A request from its beginning to the drop of its response.
#[inline]
fn call<S: Service<Request<E>>, E>(service: &mut S, request: Request<E>) {
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(())) = service.poll_ready(&mut context) else { return };
    let answer = pin!(service.call(request)).poll(&mut context);
    match answer {
        Poll::Ready(Ok(response)) => drop(black_box(response)),
        Poll::Ready(Err(_)) | Poll::Pending => panic!("the service is always ready"),
    }
}
