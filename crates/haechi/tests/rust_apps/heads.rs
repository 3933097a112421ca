//! Headers of requests that somebody will look at, kept where the app wants it.

use super::recorded::recorded;
use haechi::Monitor;
use haechi_event::{Record, decode_headers};
use haechi_spool::read::SpoolDir;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use std::convert::Infallible;
use std::path::Path;
use tower::{Layer, Service, ServiceExt, service_fn};

type Body = Full<&'static [u8]>;

fn monitor(data: &Path, keep: bool) -> Monitor {
    Monitor::builder("your_app").data(data).log_file(None).request_headers(keep).build()
}

/// Answers with the status that the path names, having captured an error on /200.
async fn visit(monitor: &Monitor, path: &str) {
    let service = service_fn(|request: Request<Body>| async move {
        let status: u16 = request.uri().path()[1..].parse().unwrap();
        if status == 200 {
            haechi::capture(&"x".parse::<u32>().unwrap_err());
        }
        let answer = Response::builder().status(status).header("content-type", "text/plain");
        Ok::<_, Infallible>(answer.body(Body::new(b"ok")).unwrap())
    });
    let mut secret = HeaderValue::from_static("only-the-app-knows");
    secret.set_sensitive(true);
    let request = Request::get(path)
        .header("host", "shop.example")
        .header("authorization", "Bearer hunter2")
        .header("x-known", secret)
        .body(Body::new(b""))
        .unwrap();
    let mut watched = monitor.layer().layer(service);
    let answer = watched.ready().await.unwrap().call(request).await.unwrap();
    http_body_util::BodyExt::collect(answer.into_body()).await.unwrap();
}

/// The headers of each side, of each request that kept them.
fn kept(monitor: &Monitor) -> Vec<[String; 2]> {
    let dir = SpoolDir::open(monitor.recorder().spool_dir()).unwrap();
    let mut found = Vec::new();
    for name in dir.segments().unwrap() {
        let mut buffer = Vec::new();
        let chunk = dir.reader(&name).unwrap().read(&mut buffer, 1 << 20).unwrap().records;
        for raw in chunk {
            if let Ok(Record::Headers(headers)) = Record::decode(raw.payload) {
                found.push([headers.request, headers.response].map(|side| {
                    let all = decode_headers(side).map(|h| format!("{}: {}", h.name, h.value));
                    all.collect::<Vec<_>>().join("; ")
                }));
            }
        }
    }
    found
}

#[tokio::test]
async fn a_request_that_fails_or_had_an_error_keeps_its_headers_if_the_app_wants_it() {
    let dir = tempfile::tempdir().unwrap();
    let monitor = monitor(dir.path(), true);
    for path in ["/204", "/500", "/200"] {
        visit(&monitor, path).await;
    }
    let request =
        "host: shop.example; authorization: Bearer [cut:key:7]; x-known: [cut:sensitive:18]";
    let side = [request.to_owned(), "content-type: text/plain".to_owned()];
    assert_eq!(kept(&monitor), [side.clone(), side]);
    // before the request itself, so that who sees that sees them too
    let kinds: Vec<_> = recorded(&monitor).into_iter().map(|line| line.text).collect();
    let at = kinds.iter().position(|text| text == "headers").unwrap();
    assert!(kinds[at + 1].contains(" 500 "), "{kinds:?}");
}

#[tokio::test]
async fn headers_are_not_kept_unless_app_and_folder_want_it() {
    for (wanted, settings) in [(false, ""), (true, "[headers]\nkeep = false\n")] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("haechi.toml"), settings).unwrap();
        let monitor = monitor(dir.path(), wanted);
        visit(&monitor, "/500").await;
        assert_eq!(kept(&monitor), Vec::<[String; 2]>::new());
    }
}
