//! A small shop whose pages take different times, so that there is something to
//! watch. Its parts do what the web2py example beside it does, in Rust's way.

mod pages;
mod shop;

use axum::Router;
use axum::routing::{get, post};
use haechi::Monitor;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tracing_subscriber::layer::SubscriberExt;

fn app(monitor: &Monitor) -> Router {
    let shop = Router::new()
        .route("/", get(pages::index))
        .route("/items", get(pages::items))
        .route("/item/{number}", get(pages::item))
        .route("/checkout", post(pages::checkout))
        .route("/report", get(pages::report))
        .route("/download", get(pages::download))
        .route("/broken", get(pages::broken))
        // the numbers, for nobody but this machine
        .route("/stats", get(haechi::stats));
    Router::new().nest("/your_app", shop).layer(monitor.catch_panic()).layer(monitor.layer())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).unwrap_or_else(|| "8000".to_owned());
    let monitor = Monitor::new("your_app");
    let subscriber = tracing_subscriber::registry().with(monitor.tracing());
    tracing::subscriber::set_global_default(subscriber).map_err(std::io::Error::other)?;

    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    tracing::info!("the shop is open at http://{}/your_app", listener.local_addr()?);
    let service = app(&monitor).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(closing()).await
}

/// Waits for somebody to close the shop.
async fn closing() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return;
    };
    tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
}
