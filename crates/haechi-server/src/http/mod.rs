//! The HTTP side: one file per resource, all behind one guard.

mod answer;
mod apps;
mod change;
mod events;
mod guard;
mod headers;
mod health;
mod inflight;
mod issue;
mod issues;
mod latency;
mod live;
mod logs;
mod metrics;
mod openapi;
mod pages;
mod patterns;
mod queries;
mod releases;
mod reply;
mod requests;
mod route_changes;
mod routes;
mod search;
mod serve;
mod split;
mod stall;
mod status;
#[cfg(test)]
mod tests;
mod traffic;
mod visits;
mod workers;

pub use openapi::document as openapi_document;

use crate::ask::Ask;
use crate::live::{Live, run_ticker};
use crate::{Allowed, ServerError};
use answer::Queries;
use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{MethodRouter, get, post};
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
struct Route {
    path: &'static str,
    allowed: Allowed,
    handler: fn() -> MethodRouter<Served>,
}

impl Route {
    const fn read(path: &'static str, handler: fn() -> MethodRouter<Served>) -> Self {
        Self { path, allowed: Allowed::Reading, handler }
    }

    const fn change(path: &'static str, handler: fn() -> MethodRouter<Served>) -> Self {
        Self { path, allowed: Allowed::Changing, handler }
    }
}

/// Every route but the pages. The OpenAPI document is tested against this list.
const ROUTES: [Route; 32] = [
    Route::read("/api/apps", || get(apps::apps)),
    Route::read("/api/changes", || get(route_changes::changes)),
    Route::read("/api/events/{id}", || get(events::event)),
    Route::read("/api/inflight", || get(inflight::inflight)),
    Route::read("/api/inflight/{id}", || get(inflight::one)),
    Route::change("/api/inflight/{id}/stack", || post(inflight::stack)),
    Route::read("/api/issues", || get(issues::issues)),
    Route::change("/api/issues/regroup", || post(issues::regroup)),
    Route::read("/api/issues/{id}", || get(issue::issue)),
    Route::change("/api/issues/{id}/state", || post(issue::change)),
    Route::read("/api/latency", || get(latency::latency)),
    Route::read("/api/live", || get(live::live)),
    Route::read("/api/logs", || get(logs::logs)),
    Route::read("/api/logs/histogram", || get(logs::histogram)),
    Route::read("/api/openapi.json", || get(openapi::openapi)),
    Route::read("/api/patterns", || get(patterns::patterns)),
    Route::read("/api/queries", || get(queries::queries)),
    Route::read("/api/releases", || get(releases::releases)),
    Route::read("/api/releases/verdict", || get(releases::verdict)),
    Route::read("/api/requests", || get(requests::requests)),
    Route::read("/api/requests/{id}", || get(requests::request)),
    Route::read("/api/routes", || get(routes::routes)),
    Route::read("/api/search", || get(search::search)),
    Route::read("/api/split", || get(split::split)),
    Route::read("/api/split/history", || get(split::history)),
    Route::read("/api/status", || get(status::status)),
    Route::read("/api/traffic", || get(traffic::traffic)),
    Route::read("/api/visits", || get(visits::visits)),
    Route::read("/api/workers", || get(workers::workers)),
    Route::read("/healthz", || get(health::healthz)),
    Route::read("/metrics", || get(metrics::metrics)),
    Route::read("/readyz", || get(health::readyz)),
];

/// All routes and the pages, guarded.
pub(crate) fn router(ask: Arc<Ask>, live: Arc<Live>, stop: watch::Receiver<bool>) -> Router {
    let served = Served { ask, live, queries: Queries::default(), stop };
    let mut router = Router::new();
    for Route { path, allowed, handler } in ROUTES {
        let handler = match allowed {
            Allowed::Reading => handler().layer(from_fn(guard::guard_reading)),
            Allowed::Changing => handler().layer(from_fn(guard::guard_changing)),
        };
        router = router.route(path, handler);
    }
    router
        .fallback(get(pages::page).layer(from_fn(guard::guard_reading)))
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
