//! A Rust app whose folder has redaction rules of its own. They are the whole
//! program's, so this is a program of its own.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
#![cfg(all(feature = "axum", feature = "panic", feature = "tracing"))]

use axum::body::Body;
use axum::{Router, routing::get};
use haechi::{Monitor, Severity};
use http::Request;
use std::fmt;
use std::path::Path;
use tower::ServiceExt;
use tracing::subscriber;
use tracing_subscriber::layer::SubscriberExt;

const RULES: &str =
    "[redact]\nkeys = ['internal_ref']\npatterns = ['ACME-[0-9]{8}', 'W[0-9]{5}']\n";
const SECRETS: [&str; 4] = ["73519264", "q7hn3zxk", "v2mw8t5p", "W12345"];

#[derive(Debug)]
struct Refused(Option<Box<Refused>>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused ACME-73519264, internalRef=q7hn3zxk")
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.as_deref().map(|source| source as _)
    }
}

async fn tells() -> String {
    haechi::current::set_user("ACME-73519264");
    tracing::error!(internal_ref = "q7hn3zxk v2mw8t5p", "told ACME-73519264");
    let error = Refused(Some(Box::new(Refused(None))));
    haechi::capture(&error).unwrap().to_string()
}

async fn panics() -> String {
    panic!("panicked at ACME-73519264, internal-ref: q7hn3zxk")
}

fn bytes_below(folder: &Path, out: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bytes_below(&path, out);
        } else if path.extension().is_none_or(|end| end != "toml") {
            out.extend(std::fs::read(&path).unwrap());
        }
    }
}

#[tokio::test]
async fn nothing_that_is_recorded_has_what_the_folders_own_rules_name() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("haechi.toml"), RULES).unwrap();
    let log = dir.path().join("logs/your_app.log");
    let monitor = Monitor::builder("your_app").data(dir.path()).log_file(Some(log.clone())).build();
    let subscriber = tracing_subscriber::registry().with(monitor.tracing());
    let _default = subscriber::set_default(subscriber);
    let app = Router::new()
        .route("/tells/{id}", get(tells))
        .route("/panics", get(panics))
        .layer(monitor.catch_panic())
        .layer(monitor.layer());
    for path in ["/tells/ACME-73519264?internalRef=q7hn3zxk&page=2", "/panics?id=W12345"] {
        let request = Request::get(path)
            .header("user-agent", "agent/1.0 (ACME-73519264)")
            .header("referer", "https://example.org/?id=ACME-73519264&internal_ref=q7hn3zxk");
        app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    }
    monitor.log(Severity::Info, "logged W12345");

    let mut written = Vec::new();
    bytes_below(dir.path(), &mut written);
    let shown = String::from_utf8_lossy(&written);
    for secret in SECRETS {
        let at = shown.find(secret);
        assert_eq!(at.map(|at| shown[..at].chars().rev().take(60).collect::<String>()), None);
    }
    for kept in [
        "told [cut:pattern1:13] internal_ref=[cut:key:17]",
        "refused [cut:pattern1:13], internalRef=[cut:key:8]",
        "panicked at [cut:pattern1:13], internal-ref: [cut:key:8]",
        "logged [cut:pattern2:6]",
        "internalRef=[cut:key:8]&page=2",
        "agent/1.0 ([cut:pattern1:13])",
        "id=[cut:pattern1:13]&internal_ref=[cut:key:8]",
    ] {
        assert!(shown.contains(kept), "{kept}");
    }
    assert!(std::fs::read_to_string(log).unwrap().contains("[cut:pattern2:6]"));
}
