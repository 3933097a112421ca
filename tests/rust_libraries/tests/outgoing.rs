//! Calls of the real reqwest, by the adapter that the docs of `haechi::client` show.

// what the docs show is this very file
#[path = "../../../crates/haechi/docs/reqwest.rs"]
mod adapter;

use adapter::Watched;
use haechi::Part;
use haechi::test::Recorded;
use http_body_util::Empty;
use reqwest_middleware::ClientBuilder;
use std::convert::Infallible;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tower::{Layer, ServiceExt, service_fn};

type Body = Empty<&'static [u8]>;

/// Answers one request with `status`; gives what was asked.
async fn answer(bank: TcpListener, status: &str) -> String {
    let (mut socket, _) = bank.accept().await.unwrap();
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") {
        assert_ne!(socket.read_buf(&mut asked).await.unwrap(), 0, "it hung up");
    }
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    String::from_utf8(asked).unwrap()
}

/// A request that makes one outgoing call to a bank, which answers so; gives what
/// the bank was asked, and what was recorded.
async fn a_page_that_asks(status: &'static str) -> (String, String, Recorded) {
    let recorded = Recorded::new("your_app");
    let bank = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = bank.local_addr().unwrap().to_string();
    let answered = tokio::spawn(answer(bank, status));
    // no proxy of the environment is to be asked
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let client = ClientBuilder::new(client).with(Watched).build();
    let url = format!("http://{host}/v1/rates?key=4711");
    let service = recorded.monitor().layer().layer(service_fn(|_| {
        let call = client.get(&url).send();
        async move {
            call.await.unwrap();
            Ok::<_, Infallible>(http::Response::new(Body::new()))
        }
    }));
    service.oneshot(http::Request::get("/").body(Body::new()).unwrap()).await.unwrap();
    (answered.await.unwrap(), host, recorded)
}

#[tokio::test]
async fn a_call_by_reqwest_is_an_outgoing_part_of_its_request_and_passes_its_trace_on() {
    let (asked, host, recorded) = a_page_that_asks("201 Created").await;
    let (request, spans) = (recorded.request(), recorded.spans());
    let [call] = &*spans else { panic!("{spans:?}") };
    assert_eq!((call.part, call.request_id), (Part::HttpClient, request.id));
    assert_eq!((&*call.name, call.status), (&*format!("GET {host}/v1/rates"), 201));
    assert!(!call.failed);
    assert!(call.file.ends_with("reqwest.rs"), "{call:?}");
    assert!(!request.time_of(Part::HttpClient).is_zero());
    let id = request.id.to_string();
    let traceparent = asked.lines().find(|line| line.starts_with("traceparent: 00-"));
    assert!(traceparent.is_some_and(|line| line.contains(&id)), "{id} in {asked}");
}

#[tokio::test]
async fn a_call_that_is_answered_by_a_failure_has_failed() {
    let (_, _, recorded) = a_page_that_asks("503 Service Unavailable").await;
    let spans = recorded.spans();
    assert_eq!((spans[0].status, spans[0].failed), (503, true));
}
