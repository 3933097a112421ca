//! Outgoing calls are parts of the request they are made in.

use haechi::Part;
use haechi::test::Recorded;
use http::{Request, Response, StatusCode};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::{Layer, ServiceExt, service_fn};

type Body = http_body_util::Empty<bytes::Bytes>;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const NAP: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_call_tells_method_host_path_and_status_and_passes_the_trace_on() {
    let recorded = Recorded::new("your_app");
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sent);
    let service = recorded.monitor().layer().layer(service_fn(move |_| {
        let seen = Arc::clone(&seen);
        async move {
            let other = service_fn(move |request: Request<()>| {
                seen.lock().unwrap().push(request.headers().get("traceparent").cloned());
                async move {
                    tokio::time::sleep(NAP).await;
                    let mut answer = Response::new(());
                    match request.uri().path() {
                        "/v1/pay" => *answer.status_mut() = StatusCode::BAD_GATEWAY,
                        "/cut" => return Err(std::io::Error::other("cut")),
                        _ => {}
                    }
                    Ok(answer)
                }
            });
            let client = haechi::client::layer().layer(other);
            let ask = |uri: &str| Request::get(uri).body(()).unwrap();
            let address = "https://user:pw@bank.example/v1/rates?key=hunter2";
            client.clone().oneshot(ask(address)).await.unwrap();
            let mut own = Request::post("http://bank.example:81/v1/pay").body(()).unwrap();
            own.headers_mut().insert("traceparent", "own".parse().unwrap());
            client.clone().oneshot(own).await.unwrap();
            client.clone().oneshot(ask("http://h/cut")).await.unwrap_err();
            let _ = tokio::time::timeout(NAP / 4, client.oneshot(ask("http://h/late"))).await;
            Ok::<_, Infallible>(Response::new(Body::new()))
        }
    }));
    let request =
        Request::get("/").header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01"));
    service.oneshot(request.body(Body::new()).unwrap()).await.unwrap();

    let (request, spans) = (recorded.request(), recorded.spans());
    let shown: Vec<_> = spans.iter().map(|s| (s.part, &*s.name, s.status, s.failed)).collect();
    let part = Part::HttpClient;
    assert_eq!(
        shown,
        [
            (part, "GET bank.example/v1/rates", 200, false),
            (part, "POST bank.example:81/v1/pay", 502, true),
            (part, "GET h/cut", 0, true),
            (part, "GET h/late", 0, true),
        ]
    );
    assert!(request.time_of(part) >= NAP * 3 && request.time_of(part) <= request.duration);
    let sent: Vec<_> = sent.lock().unwrap().clone();
    let first = sent[0].as_ref().unwrap().to_str().unwrap();
    assert_eq!(first, format!("00-{TRACE}-{:016x}-01", request.id.as_u64()));
    assert_eq!(sent[1].as_ref().unwrap(), "own");
}

#[tokio::test]
async fn a_call_in_a_task_beside_its_request_is_part_of_it_too() {
    let recorded = Recorded::new("your_app");
    let service = recorded.monitor().layer().layer(service_fn(|_| async {
        let answers = service_fn(|_: Request<()>| async {
            tokio::time::sleep(NAP).await;
            Ok::<_, Infallible>(Response::new(()))
        });
        let mut client = haechi::client::layer().layer(answers);
        let call = tower::Service::call(&mut client, Request::get("http://h/").body(()).unwrap());
        tokio::spawn(call).await.unwrap().unwrap();
        Ok::<_, Infallible>(Response::new(Body::new()))
    }));
    service.oneshot(Request::get("/").body(Body::new()).unwrap()).await.unwrap();
    let spans = recorded.spans();
    assert_eq!((spans.len(), &*spans[0].name, spans[0].status), (1, "GET h/", 200));
    assert!(recorded.request().time_of(Part::HttpClient) >= NAP / 2);
}
