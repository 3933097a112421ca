//! A request ends exactly once, however it ends.

use super::recorded::{monitor, texts};
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use std::convert::Infallible;
use std::future::{Future, pending, ready};
use std::pin::pin;
use std::task::{Context, Waker};
use tower::{Layer, Service, ServiceExt, service_fn};

type Bytes = bytes::Bytes;

fn get(path: &str) -> Request<Empty<Bytes>> {
    Request::get(path).body(Empty::new()).unwrap()
}

fn frames(
    frames: Vec<Result<&'static str, &'static str>>,
) -> impl Body<Data = Bytes, Error = &'static str> + Unpin {
    let frames = frames.into_iter().map(|frame| frame.map(|text| Frame::data(Bytes::from(text))));
    StreamBody::new(futures_util::stream::iter(frames))
}

#[tokio::test]
async fn a_whole_body_ends_its_request_with_its_bytes() {
    let (_dir, monitor) = monitor();
    let service = service_fn(|_| async {
        haechi::current::set_route("/hello/{name}");
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("hello"))))
    });
    let mut service = monitor.layer().layer(service);
    let response = service.ready().await.unwrap().call(get("/hello/you")).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
    assert_eq!(texts(&monitor), ["GET /hello/{name} 200 5"]);
}

#[tokio::test]
async fn an_empty_body_ends_its_request_at_once() {
    let (_dir, monitor) = monitor();
    let service = service_fn(|_| ready(Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))));
    let response = monitor.layer().layer(service).oneshot(get("/")).await.unwrap();
    assert_eq!(texts(&monitor), ["GET (unmatched) 200 0"]);
    drop(response);
    assert_eq!(texts(&monitor).len(), 1);
}

#[tokio::test]
async fn a_streamed_body_ends_with_its_last_byte_its_error_or_its_drop() {
    let (_dir, monitor) = monitor();
    let bodies = [
        (vec![Ok("ab"), Ok("cd")], 9),
        (vec![Ok("ab"), Err("broken")], 9),
        (vec![Ok("ab"), Ok("cd")], 1),
    ];
    for (parts, polls) in bodies {
        let service =
            service_fn(|_| ready(Ok::<_, Infallible>(Response::new(frames(parts.clone())))));
        let response = monitor.layer().layer(service).oneshot(get("/")).await.unwrap();
        let mut body = response.into_body();
        for _ in 0..polls {
            let Some(Ok(_)) = body.frame().await else { break };
        }
    }
    assert_eq!(
        texts(&monitor),
        ["GET (unmatched) 200 4", "GET (unmatched) 200 2 raised", "GET (unmatched) 200 2 aborted"]
    );
}

#[tokio::test]
async fn a_body_of_a_promised_length_is_whole_once_that_was_sent() {
    let (_dir, monitor) = monitor();
    let service = service_fn(|_| {
        let response = Response::builder().header("content-length", "4");
        ready(Ok::<_, Infallible>(response.body(frames(vec![Ok("ab"), Ok("cd")])).unwrap()))
    });
    let response = monitor.layer().layer(service).oneshot(get("/")).await.unwrap();
    let mut body = response.into_body();
    // a server asks for no more than the length it announced
    body.frame().await.unwrap().unwrap();
    body.frame().await.unwrap().unwrap();
    drop(body);
    assert_eq!(texts(&monitor), ["GET (unmatched) 200 4"]);
}

#[tokio::test]
async fn a_service_that_fails_and_a_client_that_leaves_are_told_apart() {
    let (_dir, monitor) = monitor();
    let failing = service_fn(|_| ready(Err::<Response<Full<Bytes>>, _>("down")));
    assert!(monitor.layer().layer(failing).oneshot(get("/")).await.is_err());
    let waiting = service_fn(|_| pending::<Result<Response<Full<Bytes>>, Infallible>>());
    {
        let future = pin!(monitor.layer().layer(waiting).oneshot(get("/")));
        assert!(future.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!(texts(&monitor), ["GET (unmatched) 0 0 raised", "GET (unmatched) 0 0 aborted"]);
}

#[tokio::test]
async fn requests_that_take_turns_on_a_thread_keep_their_own_ids() {
    let (_dir, monitor) = monitor();
    let service = monitor.layer().layer(service_fn(|_| async {
        let before = haechi::current::request_id().unwrap();
        tokio::task::yield_now().await;
        assert_eq!(haechi::current::request_id(), Some(before));
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(before.to_string()))))
    }));
    let answers = futures_util::future::join_all((0..8).map(|_| {
        let service = service.clone();
        async move { service.oneshot(get("/")).await.unwrap().into_body().collect().await }
    }));
    let mut ids: Vec<_> = answers.await.into_iter().map(|body| body.unwrap().to_bytes()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 8);
    assert_eq!(haechi::current::request_id(), None);
    assert_eq!(texts(&monitor).len(), 8);
}

/// A gRPC answer: its head, its messages, its trailers.
fn call(head: &[(&'static str, &'static str)], trailers: Option<&'static str>) -> GrpcAnswer {
    let mut frames = Vec::new();
    if let Some(status) = trailers {
        let mut map = http::HeaderMap::new();
        map.insert("grpc-status", http::HeaderValue::from_static(status));
        frames.extend([Ok(Frame::data(Bytes::from("message"))), Ok(Frame::trailers(map))]);
    }
    let mut response = Response::builder().header("content-type", "application/grpc+proto");
    for (name, value) in head {
        response = response.header(*name, *value);
    }
    response.body(StreamBody::new(futures_util::stream::iter(frames))).unwrap()
}

type Messages = futures_util::stream::Iter<std::vec::IntoIter<Result<Frame<Bytes>, Infallible>>>;
type GrpcAnswer = Response<StreamBody<Messages>>;

#[tokio::test]
async fn a_grpc_call_is_recorded_with_its_status_and_its_method() {
    let (_dir, monitor) = monitor();
    let answers = [
        ("/shop.Orders/Get", vec![], Some("0"), 9),
        ("/shop.Orders/Get", vec![], Some("5"), 9),
        // a server need not ask again behind the trailers
        ("/shop.Orders/Get", vec![], Some("13"), 2),
        ("/shop.Orders/Get", vec![("grpc-status", "16")], None, 9),
        ("/made.Up/Name", vec![("grpc-status", "12")], None, 9),
        // the client left before the trailers
        ("/shop.Orders/Get", vec![], Some("0"), 1),
    ];
    for (path, head, trailers, polls) in answers {
        let service = service_fn(|_| ready(Ok::<_, Infallible>(call(&head, trailers))));
        let response = monitor.layer().layer(service).oneshot(get(path)).await.unwrap();
        let mut body = response.into_body();
        for _ in 0..polls {
            let Some(Ok(_)) = body.frame().await else { break };
        }
    }
    assert_eq!(
        texts(&monitor),
        [
            "GET /shop.Orders/Get 200 7 grpc:ok",
            "GET /shop.Orders/Get 200 7 grpc:not_found",
            "GET /shop.Orders/Get 200 7 grpc:internal",
            "GET /shop.Orders/Get 200 0 grpc:unauthenticated",
            "GET (unmatched) 200 0 grpc:unimplemented",
            "GET /shop.Orders/Get 200 7 aborted",
        ]
    );
}
