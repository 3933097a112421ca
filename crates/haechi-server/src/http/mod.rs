//! The HTTP side: one file per resource, all behind one guard.

mod answer;
mod apps;
mod guard;
mod headers;
mod health;
mod inflight;
mod live;
mod logs;
mod metrics;
mod openapi;
mod pages;
mod reply;
mod requests;
mod routes;
mod serve;
mod stall;
mod status;
#[cfg(test)]
mod tests;
mod traffic;

pub use openapi::document as openapi_document;

use crate::ServerError;
use crate::ask::Ask;
use crate::live::{Live, run_ticker};
use answer::Queries;
use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{MethodRouter, get};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::watch;

/// What every handler is given.
#[derive(Clone)]
pub(crate) struct Served {
    ask: Arc<Ask>,
    live: Arc<Live>,
    queries: Queries,
    /// Becomes true when the server stops.
    stop: watch::Receiver<bool>,
}

/// A path and how to make its handler.
type Route = (&'static str, fn() -> MethodRouter<Served>);

/// Every route but the pages. The OpenAPI document is tested against this list.
const ROUTES: [Route; 13] = [
    ("/api/apps", || get(apps::apps)),
    ("/api/inflight", || get(inflight::inflight)),
    ("/api/live", || get(live::live)),
    ("/api/logs", || get(logs::logs)),
    ("/api/openapi.json", || get(openapi::openapi)),
    ("/api/requests", || get(requests::requests)),
    ("/api/requests/{id}", || get(requests::request)),
    ("/api/routes", || get(routes::routes)),
    ("/api/status", || get(status::status)),
    ("/api/traffic", || get(traffic::traffic)),
    ("/healthz", || get(health::healthz)),
    ("/metrics", || get(metrics::metrics)),
    ("/readyz", || get(health::readyz)),
];

/// All routes and the pages, guarded.
pub(crate) fn router(ask: Arc<Ask>, live: Arc<Live>, stop: watch::Receiver<bool>) -> Router {
    let served = Served { ask, live, queries: Queries::default(), stop };
    let mut router = Router::new();
    for (path, handler) in ROUTES {
        router = router.route(path, handler());
    }
    router
        .fallback(pages::page)
        .layer(from_fn(guard::guard))
        .layer(from_fn(headers::secure))
        .with_state(served)
}

/// The running HTTP side, on a thread of its own.
#[derive(Debug)]
pub(crate) struct Http {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

impl Http {
    /// Binds and begins to answer.
    ///
    /// # Errors
    /// [`ServerError::PortTaken`]; [`ServerError::Io`] if the address cannot be
    /// had for another reason.
    pub(crate) fn start(
        address: SocketAddr,
        ask: Arc<Ask>,
        live: Arc<Live>,
    ) -> Result<Self, ServerError> {
        let listener = bind(address)?;
        let address = listener.local_addr().map_err(ServerError::io("look at the port"))?;
        let (stop, stopped) = watch::channel(false);
        // one thread does all the waiting; the few others do the reading
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(answer::THREADS)
            .thread_keep_alive(std::time::Duration::from_secs(5))
            .thread_name("haechi-ask")
            .build()
            .map_err(ServerError::io("start the HTTP side"))?;
        let work = move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                let ticker = tokio::spawn(run_ticker(Arc::clone(&live), Arc::clone(&ask)));
                serve::serve(listener, router(ask, live, stopped.clone()), stopped).await;
                ticker.abort();
            });
            runtime.shutdown_timeout(std::time::Duration::from_secs(2));
        };
        let thread = std::thread::Builder::new()
            .name("haechi-http".to_owned())
            .spawn(work)
            .map_err(ServerError::io("start the HTTP side"))?;
        Ok(Self { address, stop, thread })
    }

    /// Where it answers.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets answers under way end, then ends.
    pub(crate) fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.thread.join();
    }
}

fn bind(address: SocketAddr) -> Result<TcpListener, ServerError> {
    let listener = TcpListener::bind(address).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => ServerError::PortTaken(address),
        _ => ServerError::io(format!("listen on {address}"))(error),
    })?;
    listener.set_nonblocking(true).map_err(ServerError::io("listen without waiting"))?;
    Ok(listener)
}
