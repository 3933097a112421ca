//! gRPC without generated code: a service of tonic's whose messages are bytes, and
//! visitors who speak HTTP/2 themselves, so that they can reset a stream.

use super::client::{Kind, Outcome};
use bytes::{Buf, BufMut, Bytes};
use futures_util::stream;
use h2::Reason;
use h2::client::SendRequest;
use haechi::Monitor;
use http::{Request, Response};
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::server::TcpIncoming;
use tower::{Service, service_fn};

/// Messages as they are.
#[derive(Clone, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

#[derive(Clone)]
struct Shop;

impl tonic::server::NamedService for Shop {
    const NAME: &'static str = "test.Shop";
}

impl Service<Request<tonic::body::Body>> for Shop {
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<tonic::body::Body>) -> Self::Future {
        haechi::current::set_route("/{kind}/{n}");
        let kind = request.uri().path().split('/').nth(2).unwrap_or_default().to_owned();
        Box::pin(async move {
            tokio::task::yield_now().await;
            let mut grpc = tonic::server::Grpc::new(Raw);
            let parts = match &*kind {
                "panic" => panic!("asked to"),
                "slow" => 5,
                "endless" => u64::MAX,
                _ => {
                    let fast = service_fn(|_: tonic::Request<Bytes>| async {
                        Ok::<_, Status>(tonic::Response::new(Bytes::from("answer")))
                    });
                    return Ok(grpc.unary(fast, request).await);
                }
            };
            let streamed = service_fn(move |_: tonic::Request<Bytes>| async move {
                let parts = stream::unfold(0, move |sent| async move {
                    if sent == parts {
                        return None;
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    Some((Ok::<_, Status>(Bytes::from("a part\n")), sent + 1))
                });
                Ok::<_, Status>(tonic::Response::new(parts))
            });
            Ok(grpc.server_streaming(streamed, request).await)
        })
    }
}

pub(crate) async fn serve(listener: TcpListener, monitor: &Monitor) {
    let server = tonic::transport::Server::builder().layer(monitor.layer());
    let incoming = TcpIncoming::from(listener);
    let _ = { server }.add_service(Shop).serve_with_incoming(incoming).await;
}

/// One visitor's runtime and connection.
pub(crate) struct Visitor {
    address: SocketAddr,
    runtime: Runtime,
    connection: Option<SendRequest<Bytes>>,
}

impl Visitor {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        Self { address, runtime: runtime.enable_all().build().unwrap(), connection: None }
    }

    /// `None` if nobody took the connection.
    pub(crate) fn request(&mut self, n: u64) -> Option<Outcome> {
        let Self { address, runtime, connection } = self;
        runtime.block_on(async {
            let sent = tokio::time::timeout(Duration::from_secs(20), ask(connection, *address, n));
            sent.await.unwrap_or(Some(Outcome::Cut))
        })
    }
}

async fn ask(
    connection: &mut Option<SendRequest<Bytes>>,
    address: SocketAddr,
    n: u64,
) -> Option<Outcome> {
    let before = match connection.take() {
        Some(before) => before.ready().await.ok(),
        None => None,
    };
    let mut sender = match before {
        Some(sender) => sender,
        None => {
            let stream = TcpStream::connect(address).await.ok()?;
            let (sender, driver) = h2::client::handshake(stream).await.ok()?;
            tokio::spawn(driver);
            sender.ready().await.ok()?
        }
    };
    let kind = Kind::of(n);
    let request = Request::post(format!("http://test/test.Shop/{}/{n}", kind.path()))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    let sent = sender.send_request(request.body(()).unwrap(), false);
    *connection = Some(sender);
    let Ok((answer, mut stream)) = sent else { return Some(Outcome::Cut) };
    // an empty message behind its head
    if stream.send_data(Bytes::from_static(&[0; 5]), true).is_err() {
        return Some(Outcome::Cut);
    }
    let Ok(answer) = answer.await else { return Some(Outcome::Cut) };
    let (head, mut body) = answer.into_parts();
    while let Some(data) = body.data().await {
        let Ok(data) = data else { return Some(Outcome::Cut) };
        let _ = body.flow_control().release_capacity(data.len());
        if kind == Kind::Abort {
            stream.send_reset(Reason::CANCEL);
            return Some(Outcome::Cut);
        }
    }
    let whole =
        matches!(body.trailers().await, Ok(Some(trailers)) if trailers["grpc-status"] == "0");
    Some(if whole { Outcome::Answered(head.status.as_u16()) } else { Outcome::Cut })
}
