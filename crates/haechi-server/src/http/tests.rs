use super::{ROUTES, openapi_document, router};
use crate::Server;
use crate::sample::{APP, Folder, until};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use haechi_event::Severity;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tower::ServiceExt;

struct Site {
    router: Router,
    // keep the router's server and stop signal alive
    _stop: watch::Sender<bool>,
    server: Server,
    folder: Folder,
}

/// A site with two requests and two log lines.
fn site() -> Site {
    let folder = Folder::new();
    folder.request("default/index", 200, 2);
    folder.request("default/fail", 500, 40);
    folder.log(Severity::Info, "Index page requested");
    folder.log(Severity::Error, "An exception occurred: division by zero");
    let server = folder.server();
    until("four records are stored", || server.ask().health.stored() == 4);
    let (stop, stopped) = watch::channel(false);
    let live = Arc::new(crate::live::Live::default());
    let router = router(server.shared_ask(), live, stopped);
    Site { router, _stop: stop, server, folder }
}

impl Site {
    async fn send(&self, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 24).await.unwrap();
        (parts.status, parts.headers, String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let request = Request::get(path).header("host", "localhost:4240");
        let (status, _, body) = self.send(request.body(Body::empty()).unwrap()).await;
        let value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{path} gave {body}"));
        (status, value)
    }
}

/// Every path there is: all routes, pages, and one that is nobody's.
fn every_path() -> Vec<String> {
    let routes = ROUTES.iter().map(|(path, _)| path.replace("{id}", "0123456789abcdef"));
    let pages = ["/", "/index.html", "/assets/app.js", "/nothing", "//", "/../etc/passwd"];
    routes.chain(pages.map(str::to_owned)).collect()
}

#[tokio::test]
async fn no_path_answers_a_forged_host_origin_or_forwarded_request() {
    let site = site();
    let host = ("host", "localhost:4240");
    let mut forged: Vec<Vec<(&str, &str)>> = vec![
        vec![],
        vec![host, ("host", "evil.example")],
        vec![host, ("sec-fetch-site", "cross-site")],
        vec![host, ("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")],
        vec![host, ("sec-fetch-site", "?")],
    ];
    for bad in [
        "",
        "evil.example",
        "evil.example:4240",
        "localhost.evil.example",
        "localhost.",
        "127.0.0.1.nip.io",
        "127.0.0.2.",
        "0.0.0.0:4240",
        "[::]:4240",
        "10.0.0.1",
        "127.1",
        "2130706433",
        "me@localhost",
        "localhost, evil.example",
        "[::ffff:127.0.0.1]",
    ] {
        forged.push(vec![("host", bad)]);
    }
    for bad in [
        "",
        "null",
        "http://evil.example",
        "https://localhost.evil.example",
        "file://",
        "http://localhost",
        "http://localhost:8000",
        "http://127.0.0.1:4240",
        "http://localhost:4240/",
        "localhost:4240",
        "ftp://localhost:4240",
        "http://me@localhost:4240",
    ] {
        forged.push(vec![host, ("origin", bad)]);
    }
    for name in [
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded",
        "x-forwarded-server",
        "x_forwarded_for",
        "X-Forwarded-For",
        "x-real-ip",
        "x_real_ip",
        "via",
        "cf-connecting-ip",
        "true-client-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "client-ip",
        "fastly-client-ip",
        "x-original-forwarded-for",
        "x-envoy-external-address",
        "forwarded-for",
    ] {
        for value in ["127.0.0.1", "127.0.0.1, 8.8.8.8", "", "localhost"] {
            forged.push(vec![host, (name, value)]);
        }
    }
    for path in every_path() {
        for headers in &forged {
            let mut request = Request::get(path.as_str());
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (status, _, body) = site.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path} {headers:?}");
            let body: Value = serde_json::from_str(&body).unwrap();
            assert!(body["error"]["message"].is_string(), "{path} {headers:?}");
            assert!(!body.to_string().contains(APP), "{path} {headers:?} leaks");
        }
    }
}

#[tokio::test]
async fn a_browser_on_this_machine_is_answered() {
    let site = site();
    for headers in [
        vec![("host", "localhost:4240"), ("sec-fetch-site", "same-origin")],
        vec![("host", "127.0.0.1:9"), ("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")],
        vec![("host", "[::1]:4240"), ("origin", "http://[::1]:4240")],
        vec![
            ("host", "LOCALHOST"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-mode", "navigate"),
        ],
    ] {
        for path in ["/", "/api/apps", "/metrics"] {
            let mut request = Request::get(path);
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let (status, _, _) = site.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(status, StatusCode::OK, "{path} {headers:?}");
        }
    }
}

#[tokio::test]
async fn an_absolute_request_line_must_name_this_machine_too() {
    let site = site();
    let request = Request::get("http://evil.example/api/apps").header("host", "localhost");
    let (status, _, _) = site.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn every_path_is_read_only() {
    let site = site();
    for path in every_path() {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            let request = Request::builder().method(&method).uri(path.as_str());
            let request = request.header("host", "localhost").body(Body::empty()).unwrap();
            let (status, headers, _) = site.send(request).await;
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(headers["allow"], "GET, HEAD");
        }
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let site = site();
    for (path, host) in [("/", "localhost"), ("/nothing", "localhost"), ("/api/apps", "evil")] {
        let request = Request::get(path).header("host", host).body(Body::empty()).unwrap();
        let (_, headers, _) = site.send(request).await;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
    }
}

#[tokio::test]
async fn bad_input_is_refused_and_names_its_field() {
    let site = site();
    let mut cases: Vec<(String, &str)> = vec![
        ("/api/traffic?app=nobody".into(), "app"),
        ("/api/traffic?from=soon".into(), "from"),
        ("/api/traffic?to=2026-13-01T00:00:00Z".into(), "to"),
        ("/api/traffic?from=now&to=-1h".into(), "from"),
        ("/api/traffic?step=7m".into(), "step"),
        ("/api/traffic?step=1m&from=-52w".into(), "step"),
        ("/api/routes?sort=name".into(), "sort"),
        ("/api/routes?limit=0".into(), "limit"),
        ("/api/requests?limit=1001".into(), "limit"),
        ("/api/requests?status=9xx".into(), "status"),
        ("/api/requests?min_ms=-1".into(), "min_ms"),
        ("/api/requests?before=x".into(), "before"),
        ("/api/requests/xyz".into(), "id"),
        ("/api/logs?level=loud".into(), "level"),
        ("/api/logs?request=1".into(), "request"),
        ("/api/logs?before=1".into(), "before"),
        ("/api/inflight?app=nobody".into(), "app"),
        ("/api/live?app=nobody".into(), "app"),
        ("/api/apps?app=a&app=b".into(), "app"),
        ("/api/apps?app=%ff".into(), "app"),
        (format!("/api/logs?q={}", "x".repeat(5000)), "query"),
    ];
    let asked = |path: &str| path.starts_with("/api/") && path != "/api/openapi.json";
    for (path, _) in ROUTES.iter().filter(|(path, _)| asked(path) || *path == "/metrics") {
        let path = path.replace("{id}", "0123456789abcdef");
        cases.push((format!("{path}?surprise=1"), "surprise"));
    }
    for (path, field) in cases {
        let (status, body) = site.get(&path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path} gave {body}");
        assert_eq!(body["error"]["field"], field, "{path} gave {body}");
        assert!(body["error"]["message"].as_str().is_some_and(|text| text.len() > 10), "{path}");
    }
}

#[tokio::test]
async fn what_was_recorded_is_answered() {
    let site = site();
    let (_, apps) = site.get("/api/apps").await;
    assert_eq!(apps["apps"][0]["app"], APP);
    assert_eq!(apps["apps"][0]["requests"], 2);
    assert_eq!(apps["apps"][0]["statistics"], "on");
    assert_eq!(apps["apps"][0]["workers"], 1);

    let (_, traffic) = site.get("/api/traffic?app=your_app&to=2999-01-01T00:00:00Z&step=1d").await;
    assert_eq!(traffic["error"]["field"], "step");
    let (_, traffic) = site.get("/api/traffic?app=your_app&from=-10m").await;
    assert_eq!(traffic["step_seconds"], 60);
    assert_eq!(traffic["total"]["requests"], 2);
    assert_eq!(traffic["total"]["errors"], 1);
    assert_eq!(traffic["total"]["status"]["5xx"], 1);
    assert_eq!(traffic["total"]["max_ms"], 40.0);
    let points = traffic["columns"]["time"].as_array().unwrap().len();
    for (name, column) in traffic["columns"].as_object().unwrap() {
        assert_eq!(column.as_array().unwrap().len(), points, "{name}");
    }

    let (_, routes) = site.get("/api/routes").await;
    assert_eq!(routes["routes"][0]["route"], "default/fail");
    assert_eq!(routes["routes"][0]["errors"], 1);
    let share = routes["routes"][0]["time_share"].as_f64().unwrap();
    assert!((share - 40.0 / 42.0).abs() < 1e-3, "{share}");

    let (_, failed) = site.get("/api/requests?status=5xx&path=some&min_ms=30").await;
    assert_eq!(failed["requests"].as_array().unwrap().len(), 1);
    assert_eq!(failed["requests"][0]["duration_ms"], 40.0);
    assert_eq!(failed["next"], Value::Null);
    let id = failed["requests"][0]["id"].as_str().unwrap();
    let (status, one) = site.get(&format!("/api/requests/{id}")).await;
    assert_eq!((status, &one["route"]), (StatusCode::OK, &Value::from("default/fail")));
    assert!(one["logs"].is_array());
    let (status, _) = site.get("/api/requests/0000000000000001").await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    let (_, logs) = site.get("/api/logs?level=error&q=division").await;
    assert_eq!(logs["logs"].as_array().unwrap().len(), 1);
    assert_eq!(logs["logs"][0]["level"], "ERROR");
    assert_eq!(logs["logs"][0]["request_id"], Value::Null);

    let (_, status) = site.get("/api/status").await;
    assert_eq!(status["records_stored"], 4);
    assert_eq!(status["drops"], serde_json::json!({}));
    assert_eq!(status["trouble"], Value::Null);
}

#[tokio::test]
async fn what_is_running_is_answered_oldest_first() {
    let site = site();
    site.folder.begin("/first");
    site.folder.begin("/second");
    let (_, found) = site.get("/api/inflight?app=your_app").await;
    let paths: Vec<_> = found["inflight"].as_array().unwrap().iter().map(|r| &r["path"]).collect();
    assert_eq!(paths, ["/first", "/second"]);
    assert_eq!(found["inflight"][0]["pid"], std::process::id());
    assert_eq!(found["inflight"][0]["route"], Value::Null);
}

#[tokio::test]
async fn metrics_are_in_the_text_format() {
    let site = site();
    let request = Request::get("/metrics").header("host", "localhost").body(Body::empty()).unwrap();
    let (_, headers, text) = site.send(request).await;
    assert!(headers["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    for line in [
        r#"haechi_requests_total{app="your_app",method="GET",route="default/fail",status="5xx"} 1"#,
        r#"haechi_requests_in_flight{app="your_app"} 0"#,
        "haechi_records_stored_total 4",
        "haechi_workers 1",
        "haechi_ready 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}

#[tokio::test]
async fn without_a_collector_the_server_is_alive_but_not_ready() {
    let site = site();
    let (status, body) = site.get("/readyz").await;
    assert_eq!((status, &body["trouble"]), (StatusCode::OK, &Value::Null));
    let Site { router, _stop, server, folder } = site;
    assert!(server.stop(Duration::from_secs(5)));
    let stopped = Site { router, _stop, server: Folder::new().server(), folder };
    let (status, body) = stopped.get("/readyz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body["trouble"].as_str().unwrap().contains("collector"), "{body}");
    let (status, _) = stopped.get("/healthz").await;
    assert_eq!(status, StatusCode::OK);
}

#[test]
fn the_document_lists_exactly_the_routes() {
    let document = openapi_document();
    let described: Vec<_> = document.paths.paths.keys().map(String::as_str).collect();
    let mut routes: Vec<_> = ROUTES.iter().map(|(path, _)| *path).collect();
    routes.sort_unstable();
    assert_eq!(described, routes);
}

#[tokio::test]
async fn every_described_parameter_is_taken() {
    let site = site();
    let document = serde_json::to_value(openapi_document()).unwrap();
    let mut taken = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.replace("{id}", "0000000000000001");
        let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in parameters.iter().filter(|p| p["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            let request = Request::get(format!("{path}?{name}=")).header("host", "localhost");
            let response =
                site.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{path}?{name}=");
            taken += 1;
        }
    }
    assert!(taken > 30, "{taken}");
}

/// `HAECHI_WRITE_DOCS=1 cargo test` writes the file anew.
#[test]
fn the_document_in_the_tree_is_that_of_this_version() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let now = openapi_document().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("HAECHI_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs")).unwrap();
        std::fs::write(path, &now).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(kept == now, "docs/openapi.json is old: run this test with HAECHI_WRITE_DOCS=1");
}

/// Reads events off a real connection until one is as wanted.
fn event(reader: &mut impl BufRead, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut line = String::new();
    let mut current = String::new();
    loop {
        line.clear();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the stream ended");
        if let Some(name) = line.strip_prefix("event: ") {
            current = name.trim().to_owned();
        } else if let Some(data) = line.strip_prefix("data: ")
            && current == name
        {
            let value: Value = serde_json::from_str(data).unwrap();
            if wanted(&value) {
                return value;
            }
        }
    }
}

fn connect(server: &mut Server) -> TcpStream {
    let address = server.listen(crate::loopback(0)).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

#[test]
fn the_live_stream_ticks_and_shows_new_log_lines() {
    let folder = Folder::new();
    folder.request("default/index", 200, 2);
    let mut server = folder.server();
    until("the app is known", || server.ask().health.stored() == 1);
    let mut stream = connect(&mut server);
    stream.write_all(b"GET /api/live?app=your_app HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut reader = BufReader::new(stream);
    let quiet = event(&mut reader, "tick", |_| true);
    assert_eq!(quiet["workers"], 1);
    folder.begin("/running");
    folder.request("default/fail", 500, 40);
    folder.log(Severity::Warn, "look here");
    let log = event(&mut reader, "log", |_| true);
    assert_eq!((&log["message"], &log["level"]), (&"look here".into(), &"WARN".into()));
    let tick = event(&mut reader, "tick", |tick| tick["in_flight"] == 1);
    assert_eq!(tick["apps"][0]["app"], APP);
    let p50 = tick["p50_ms"].as_f64().unwrap();
    assert!((p50 - 40.0).abs() < 1.0, "{p50}");
    server.stop(Duration::from_secs(5));
}

#[test]
fn stopping_ends_live_streams_and_idle_connections_at_once() {
    let folder = Folder::new();
    let mut server = folder.server();
    let mut idle = connect(&mut server);
    let mut live = TcpStream::connect(idle.peer_addr().unwrap()).unwrap();
    live.write_all(b"GET /api/live HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut reader = BufReader::new(live);
    event(&mut reader, "tick", |_| true);
    let began = std::time::Instant::now();
    assert!(server.stop(Duration::from_secs(5)));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    let mut rest = Vec::new();
    assert_eq!(std::io::Read::read_to_end(&mut idle, &mut rest).unwrap_or(0), 0);
}
