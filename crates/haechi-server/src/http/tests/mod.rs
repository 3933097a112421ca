//! The HTTP side over a real store; `streams` also over real connections.

mod answers;
mod changes;
mod document;
mod guarded;
mod issues;
mod releases;
mod searches;
mod streams;

use super::{ROUTES, router};
use crate::Server;
use crate::sample::{Folder, until};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use haechi_event::Severity;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::watch;
use tower::ServiceExt;

struct Site {
    router: Router,
    // keep the router's server and stop signal alive
    _stop: watch::Sender<bool>,
    server: Server,
    folder: Folder,
}

/// A site with two requests and two log lines.
fn site() -> Site {
    let folder = Folder::new();
    folder.request("default/index", 200, 2);
    folder.request("default/fail", 500, 40);
    folder.log(Severity::Info, "Index page requested");
    folder.log(Severity::Error, "An exception occurred: division by zero");
    site_of(folder, 4)
}

/// A site of what a folder's spool holds.
fn site_of(folder: Folder, records: u64) -> Site {
    let server = folder.server();
    until("all records are stored", || server.ask().health.stored() == records);
    let (stop, stopped) = watch::channel(false);
    let live = Arc::new(crate::live::Live::default());
    let router = router(server.shared_ask(), live, stopped);
    Site { router, _stop: stop, server, folder }
}

impl Site {
    async fn send(&self, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 24).await.unwrap();
        (parts.status, parts.headers, String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let request = Request::get(path).header("host", "localhost:4240");
        let (status, _, body) = self.send(request.body(Body::empty()).unwrap()).await;
        let value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{path} gave {body}"));
        (status, value)
    }

    async fn post(&self, path: &str, body: &str) -> (StatusCode, Value) {
        let request = Request::post(path)
            .header("host", "localhost:4240")
            .header("x-haechi", "1")
            .header("content-type", "application/json");
        let (status, _, body) = self.send(request.body(Body::from(body.to_owned())).unwrap()).await;
        let value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{path} gave {body}"));
        (status, value)
    }
}
