//! Connections: how many, and how long each may take. A client that sends its
//! head slowly, asks nothing or does not read is cut off; the collector runs on
//! a thread of its own and notices none of it.

use super::stall::Stall;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

/// Connections at one time; the next ones wait in the kernel's queue.
const CONNECTIONS: u32 = 256;
/// A request's head must be there within this, counted also between requests.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// A client must take some bytes of an answer within this.
const WRITE_WITHIN: Duration = Duration::from_secs(20);
/// Bytes of a head at the most, and of an answer kept ready.
const BUFFER: usize = 32 * 1024;
/// Answers under way get this long when the server stops.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Accepts until `stop` says true, then lets answers under way end.
pub(super) async fn serve(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS as usize));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Some((stream, place)) = accepted else { continue };
        let (router, stop) = (router.clone(), stop.clone());
        tokio::spawn(async move {
            connection(stream, router, stop).await;
            drop(place);
        });
    }
    drop(listener);
    // every place free again means every connection has ended
    let _ = timeout(LAST_WORDS * 2, places.acquire_many(CONNECTIONS)).await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) if peer.ip().is_loopback() => {
            // answers are written whole; waiting for more would only delay them
            let _ = stream.set_nodelay(true);
            Some((stream, place))
        }
        Ok(_) => None,
        Err(_) => {
            // out of file descriptors, most likely: some must be given back first
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

async fn connection(stream: TcpStream, router: Router, mut stop: watch::Receiver<bool>) {
    let io = TokioIo::new(Stall::new(stream, WRITE_WITHIN));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .max_buf_size(BUFFER)
            .serve_connection(io, TowerToHyperService::new(router))
    );
    let stopping = tokio::select! {
        // a client that leaves, stalls or talks nonsense concerns nobody else
        _ = connection.as_mut() => false,
        _ = stop.wait_for(|stop| *stop) => true,
    };
    if stopping {
        connection.as_mut().graceful_shutdown();
        let _ = timeout(LAST_WORDS, connection).await;
    }
}
