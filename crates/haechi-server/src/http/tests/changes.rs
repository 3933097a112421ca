use super::{Site, site_of};
use crate::sample::{Failure, Folder};
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use futures_core::Stream;
use serde_json::Value;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A site with one issue, and where its state is changed.
async fn site() -> (Site, String, String) {
    let folder = Folder::new();
    folder.failing(&Failure::default());
    let site = site_of(folder, 3);
    let (_, found) = site.get("/api/issues").await;
    let id = found["issues"][0]["id"].as_str().unwrap().to_owned();
    let issue = format!("/api/issues/{id}");
    (site, format!("{issue}/state"), issue)
}

const IGNORE: &str = r#"{"state":"ignored"}"#;

async fn send(site: &Site, path: &str, headers: &[(&str, &str)], body: Body) -> StatusCode {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (status, _, body) = site.send(request.body(body).unwrap()).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert!(status.is_success() || body["error"]["message"].is_string(), "{body}");
    status
}

#[tokio::test]
async fn a_change_must_carry_everything_that_no_other_page_can_send() {
    let (site, path, issue) = site().await;
    let host = ("host", "localhost:4240");
    let header = ("x-haechi", "1");
    let json = ("content-type", "application/json");
    let origin = ("origin", "http://localhost:4240");
    let same = ("sec-fetch-site", "same-origin");
    let forbidden: Vec<Vec<(&str, &str)>> = vec![
        vec![header, json],
        vec![("host", "evil.example"), header, json],
        vec![host, json],
        vec![host, ("x-haechi", ""), json],
        vec![host, ("x-haechi", "0"), json],
        vec![host, ("x-haechi", "true"), json],
        vec![host, header, header, json],
        vec![host, header, json, ("origin", "null")],
        vec![host, header, json, ("origin", "http://evil.example")],
        vec![host, header, json, ("origin", "http://localhost:8000")],
        vec![host, header, json, ("origin", "http://127.0.0.1:4240")],
        vec![host, header, json, origin, origin],
        vec![host, header, json, ("sec-fetch-site", "none")],
        vec![host, header, json, ("sec-fetch-site", "same-site"), ("sec-fetch-mode", "navigate")],
        vec![host, header, json, ("sec-fetch-site", "cross-site")],
        vec![host, header, json, same, same],
        vec![host, header, json, json],
        vec![host, header, json, ("x-forwarded-for", "127.0.0.1")],
        vec![host, header, json, ("via", "")],
    ];
    for headers in forbidden {
        for path in [path.as_str(), "/api/issues/regroup"] {
            let status = send(&site, path, &headers, Body::from(IGNORE)).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path} {headers:?}");
        }
    }
    for kind in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "application/json; charset=utf-16",
        "text/plain; application/json",
    ] {
        let headers = [host, header, ("content-type", kind)];
        let status = send(&site, &path, &headers, Body::from(IGNORE)).await;
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
    let status = send(&site, &path, &[host, header], Body::from(IGNORE)).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(site.get(&issue).await.1["state"], "open");

    for headers in [
        vec![host, header, json],
        vec![host, header, json, origin, same],
        vec![host, header, ("content-type", "Application/JSON; charset=UTF-8")],
    ] {
        let status = send(&site, &path, &headers, Body::from(IGNORE)).await;
        assert_eq!(status, StatusCode::OK, "{headers:?}");
        assert_eq!(site.get(&issue).await.1["state"], "ignored");
        site.post(&path, r#"{"state":"open"}"#).await;
    }
}

/// A body without an end.
struct Endless;

impl Stream for Endless {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(Some(Ok(Bytes::from_static(b"          "))))
    }
}

/// A body that never goes on.
struct Stuck;

impl Stream for Stuck {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_or_does_not_come_is_refused() {
    let (site, path, issue) = site().await;
    let headers = [("host", "localhost"), ("x-haechi", "1"), ("content-type", "application/json")];
    let fits = format!("{IGNORE}{}", " ".repeat(4096 - IGNORE.len()));
    let status = send(&site, &path, &headers, Body::from(format!("{fits} "))).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let status = send(&site, &path, &headers, Body::from_stream(Endless)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let status = send(&site, &path, &headers, Body::from_stream(Stuck)).await;
    assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(site.get(&issue).await.1["state"], "open");
    assert_eq!(send(&site, &path, &headers, Body::from(fits)).await, StatusCode::OK);
}

#[tokio::test]
async fn a_change_that_makes_no_sense_is_refused_and_names_its_field() {
    let (site, path, issue) = site().await;
    for (body, field) in [
        ("", "body"),
        ("not json", "body"),
        ("[\"ignored\"]", "body"),
        (r#"{"state":"closed"}"#, "state"),
        (r#"{"state":"ignored","until":"-1d"}"#, "until"),
        (r#"{"state":"ignored","until_events":0}"#, "until_events"),
        (r#"{"state":"open","release":"1.0"}"#, "release"),
    ] {
        let (status, answer) = site.post(&path, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer["error"]["field"], field, "{body}");
    }
    let (status, answer) = site.post(&format!("{path}?x=1"), IGNORE).await;
    assert_eq!((status, &answer["error"]["field"]), (StatusCode::BAD_REQUEST, &"x".into()));
    let (status, answer) = site.post("/api/issues/regroup", "{\"all\":true}").await;
    assert_eq!((status, &answer["error"]["field"]), (StatusCode::BAD_REQUEST, &"body".into()));
    let (status, _) = site.post("/api/issues/0000000000000001/state", IGNORE).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, answer) = site.post("/api/issues/zzz/state", IGNORE).await;
    assert_eq!((status, &answer["error"]["field"]), (StatusCode::BAD_REQUEST, &"id".into()));
    assert_eq!(site.get(&issue).await.1["state"], "open");
}

#[tokio::test]
async fn every_decision_is_kept_and_shown() {
    let (site, path, issue) = site().await;
    let (status, detail) = site.post(&path, r#"{"state":"resolved","release":"1.1"}"#).await;
    assert_eq!((status, &detail["state"]), (StatusCode::OK, &"resolved".into()));
    assert_eq!(detail["resolved_in_release"], "1.1");
    assert!(detail["state_changed"].is_string());
    assert_eq!(site.get("/api/issues").await.1["issues"], serde_json::json!([]));
    let (_, resolved) = site.get("/api/issues?state=resolved").await;
    assert_eq!(resolved["issues"].as_array().unwrap().len(), 1);

    let (_, detail) =
        site.post(&path, r#"{"state":"ignored","until":"7d","until_events":5}"#).await;
    assert_eq!(detail["state"], "ignored");
    assert_eq!(detail["ignored_until_events"], 6);
    assert!(detail["ignored_until"].is_string());
    assert_eq!(detail["resolved_in_release"], Value::Null);

    let (_, detail) = site.post(&path, r#"{"state":"open"}"#).await;
    assert_eq!((&detail["state"], &detail["regressed"]), (&"open".into(), &false.into()));
    assert_eq!(site.get(&issue).await.1["ignored_until"], Value::Null);
}
