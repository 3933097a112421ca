//! Panics and errors: recorded once, answered with a ticket that leads to them.

use super::recorded::{monitor, recorded, stacks};
use axum::body::Body;
use axum::{Router, routing::get};
use haechi::Monitor;
use http::Request;
use http_body_util::BodyExt;
use std::num::ParseIntError;
use tower::ServiceExt;

fn app(monitor: &Monitor) -> Router {
    Router::new()
        .route("/panic", get(panics))
        .route("/error", get(fails))
        .route("/caught", get(catches))
        .layer(monitor.catch_panic())
        .layer(monitor.layer())
}

async fn panics() -> &'static str {
    tokio::task::yield_now().await;
    deep(std::hint::black_box(3))
}

#[inline(never)]
fn deep(depth: u32) -> &'static str {
    assert!(depth > 0, "no ground at password=hunter2");
    deep(depth - 1)
}

#[derive(Debug)]
struct NoPrice {
    source: ParseIntError,
}

impl std::fmt::Display for NoPrice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the price is no number")
    }
}

impl std::error::Error for NoPrice {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

fn price() -> Result<u32, NoPrice> {
    "26,000".parse().map_err(|source| NoPrice { source })
}

async fn fails() -> Result<String, haechi::axum::Error> {
    Ok(price()?.to_string())
}

async fn catches() -> String {
    let error = price().unwrap_err();
    haechi::capture(&error).unwrap().to_string()
}

async fn ask(monitor: &Monitor, path: &str, accept: &str) -> (u16, String) {
    let request = Request::get(path).header("accept", accept).body(Body::empty()).unwrap();
    let response = app(monitor).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_panic_is_recorded_with_its_stack_and_answered_with_its_ticket() {
    let (_dir, monitor) = monitor();
    let (status, page) = ask(&monitor, "/panic", "text/html").await;
    let found = recorded(&monitor);
    let shown: Vec<_> = found.iter().map(|line| &*line.text).collect();
    assert_eq!(shown[0], "panic /panic no ground at password=[cut:key:7]");
    assert!(shown[1].starts_with("GET /panic 500 "), "{}", shown[1]);
    assert!(shown[1].ends_with(" raised"), "{}", shown[1]);
    assert_eq!((status, found.len(), found[0].id), (500, 2, found[1].id));
    assert!(page.contains(&found[0].id.to_string()), "{page}");
    assert!(!page.contains("ground"), "{page}");

    let stacks = stacks(&monitor);
    let own: Vec<_> = stacks[0].iter().filter(|frame| frame.in_app).collect();
    let innermost = own.last().unwrap();
    assert!(innermost.function.ends_with("failures::deep"), "{innermost:?}");
    assert!(innermost.file.ends_with("failures.rs") && innermost.line > 0, "{innermost:?}");
    assert!(own.iter().filter(|frame| frame.function.ends_with("deep")).count() >= 4);
    assert!(own.iter().all(|frame| frame.file.contains("rust_apps")), "{own:?}");

    let (status, json) = ask(&monitor, "/panic", "application/json").await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(status, 500);
    assert_eq!(json["error"]["ticket"], recorded(&monitor).last().unwrap().id.to_string());
}

#[tokio::test]
async fn an_error_that_leaves_a_handler_is_recorded_with_its_sources() {
    let (_dir, monitor) = monitor();
    let (status, text) = ask(&monitor, "/error", "").await;
    let found = recorded(&monitor);
    assert!(found[0].text.ends_with("NoPrice /error the price is no number"), "{found:?}");
    assert!(found[1].text.starts_with("GET /error 500"), "{found:?}");
    assert_eq!(status, 500);
    assert_eq!(text, format!("the server failed at this request; ticket {}\n", found[0].id));
    let frame = &stacks(&monitor)[0][0];
    assert!(frame.file.ends_with("failures.rs") && frame.in_app, "{frame:?}");
    let sources = super::recorded::causes(&monitor);
    assert_eq!(sources[0][1], "ParseIntError: invalid digit found in string");
}

#[tokio::test]
async fn an_error_that_was_caught_is_recorded_and_changes_nothing() {
    let (_dir, monitor) = monitor();
    let (status, _) = ask(&monitor, "/caught", "").await;
    let found = recorded(&monitor);
    assert_eq!(status, 200);
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].text, "GET /caught 200 16");
    assert_eq!(found[0].id, found[1].id);
    assert_eq!(haechi::capture(&price().unwrap_err()), None, "outside of a request");
}
