//! Handlers of axum's, with all that the crate offers them.

use super::recorded::{monitor, recorded, texts};
use axum::body::Body;
use axum::{Router, extract::Path, routing::get};
use haechi::axum::Statistics;
use haechi::tower::Peer;
use haechi::{Logger, Monitor};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

fn app(monitor: &Monitor) -> Router {
    Router::new()
        .route("/item/{id}", get(item))
        .route("/switch/{on}", get(switch))
        .route("/your_app/stats", get(haechi::stats))
        .layer(monitor.layer())
}

async fn item(Path(id): Path<u32>, logger: Logger) -> String {
    logger.warn(format!("item {id} is the last one"));
    id.to_string()
}

async fn switch(Path(on): Path<bool>, statistics: Statistics) -> StatusCode {
    match (statistics.is_local(), on) {
        (true, true) => statistics.enable(),
        (true, false) => statistics.disable(),
        (false, _) => return StatusCode::FORBIDDEN,
    }
    StatusCode::OK
}

/// Status and body of an answer to a peer.
async fn ask(monitor: &Monitor, peer: &str, path: &str, accept: &str) -> (u16, String) {
    let request = Request::get(path)
        .header("host", "localhost")
        .header("accept", accept)
        .extension(Peer(format!("{peer}:9").parse().unwrap()));
    let response = app(monitor).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_request_has_the_route_of_the_router_and_its_log_lines_have_the_request() {
    let (dir, monitor) = monitor();
    assert_eq!(ask(&monitor, "127.0.0.1", "/item/7", "").await, (200, "7".to_owned()));
    ask(&monitor, "127.0.0.1", "/item/x", "").await;
    ask(&monitor, "127.0.0.1", "/nothing/here", "").await;
    let found = recorded(&monitor);
    let shown: Vec<_> = found.iter().map(|line| &*line.text).collect();
    assert_eq!(shown[0], "WARN /item/{id} item 7 is the last one handlers.rs");
    assert_eq!(shown[1], "GET /item/{id} 200 1");
    assert!(shown[2].starts_with("GET /item/{id} 400 "), "{}", shown[2]);
    assert_eq!(shown[3], "GET (unmatched) 404 0");
    assert_eq!(found[0].id, found[1].id);
    let file = std::fs::read_to_string(dir.path().join("logs/your_app.log")).unwrap();
    assert!(file.contains("WARN [your_app/item/{id}] item 7 is the last one"), "{file}");
}

#[tokio::test]
async fn statistics_are_a_page_or_json_for_this_machine_and_nothing_for_others() {
    let (_dir, monitor) = monitor();
    ask(&monitor, "127.0.0.1", "/item/7", "").await;
    let (status, page) = ask(&monitor, "127.0.0.1", "/your_app/stats", "text/html").await;
    assert_eq!(status, 200);
    assert!(page.contains("/item/{id}"), "{page}");
    let (_, json) =
        ask(&monitor, "[::ffff:127.0.0.1]", "/your_app/stats", "application/json").await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["requests"]["total"], 2);
    let (status, told) = ask(&monitor, "192.0.2.7", "/your_app/stats", "application/json").await;
    assert_eq!(status, 403);
    assert!(!told.contains("item"), "{told}");
    assert_eq!(ask(&monitor, "192.0.2.7", "/switch/false", "").await.0, 403);
}

#[tokio::test]
async fn a_local_request_switches_monitoring_off_and_on_again() {
    let (_dir, monitor) = monitor();
    ask(&monitor, "127.0.0.1", "/switch/false", "").await;
    ask(&monitor, "127.0.0.1", "/item/1", "").await;
    ask(&monitor, "127.0.0.1", "/switch/true", "").await;
    assert_eq!(texts(&monitor), ["GET /switch/{on} 200 0"]);
}

#[tokio::test]
async fn a_route_without_the_layer_says_what_is_missing() {
    let app: Router = Router::new().route("/", get(haechi::stats));
    let response = app.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 500);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(b"this route is not monitored"), "{body:?}");
}
