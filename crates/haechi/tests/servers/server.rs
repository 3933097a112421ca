//! The process that serves: this very test program, told so by its environment.

use axum::body::Body;
use axum::extract::Path;
use axum::{Router, routing::get};
use bytes::Bytes;
use haechi::Monitor;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use tokio::net::TcpListener;
use tower::{Layer, Service, service_fn};

const KIND: &str = "HAECHI_TEST_SERVER";
const FOLDER: &str = "HAECHI_TEST_FOLDER";

/// A serving process; killed when dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// `kind` is `axum`, `hyper` or `tonic`.
    pub(crate) fn start(kind: &str, folder: &std::path::Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "server::serves_if_told_to", "--nocapture", "--test-threads=1"])
            .env(KIND, kind)
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| line.unwrap().strip_prefix("at ")?.parse().ok());
        // the rest is read, or the server would wait for a reader
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address: address.unwrap() }
    }

    /// SIGKILL; waits for its end.
    pub(crate) fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

#[test]
fn serves_if_told_to() {
    let Ok(kind) = std::env::var(KIND) else { return };
    let folder = std::env::var_os(FOLDER).unwrap();
    let monitor = Monitor::builder("your_app").data(folder).log_file(None).build();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // on a line of its own, behind whatever the harness has begun
        println!("\nat {}", listener.local_addr().unwrap());
        std::io::stdout().flush().unwrap();
        match &*kind {
            "axum" => serve(listener, router(&monitor)).await,
            "tonic" => super::grpc::serve(listener, &monitor).await,
            _ => serve(listener, monitor.layer().layer(service_fn(plain))).await,
        }
    });
}

async fn serve<S, B>(listener: TcpListener, service: S)
where
    S: Service<Request<hyper::body::Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new();
            // clients that leave are what is tested
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn router(monitor: &Monitor) -> Router {
    Router::new()
        .route("/{kind}/{n}", get(|Path((kind, n)): Path<(String, u64)>| answer(kind, n)))
        .layer(monitor.catch_panic())
        .layer(monitor.layer())
}

async fn plain(request: Request<hyper::body::Incoming>) -> Result<Response<Body>, Infallible> {
    haechi::current::set_route("/{kind}/{n}");
    let mut parts = request.uri().path().split('/').skip(1);
    let kind = parts.next().unwrap_or_default().to_owned();
    let n = parts.next().and_then(|n| n.parse().ok()).unwrap_or_default();
    Ok(answer(kind, n).await)
}

async fn answer(kind: String, n: u64) -> Response<Body> {
    tokio::task::yield_now().await;
    let chunks = match &*kind {
        "panic" => panic!("asked to, {n}"),
        "slow" => 5,
        "endless" => u64::MAX,
        _ => return Response::new(Body::from(format!("answer {n}"))),
    };
    let stream = futures_util::stream::unfold(0, move |sent| async move {
        if sent == chunks {
            return None;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"a part\n"))), sent + 1))
    });
    Response::new(Body::new(StreamBody::new(Box::pin(stream))))
}
