use super::{ROUTES, site};
use crate::sample::APP;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

const HOSTS: [&str; 15] = [
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
];

const ORIGINS: [&str; 12] = [
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
];

const FORWARDING: [&str; 20] = [
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
];

/// Every path there is: all routes, pages, and one that is nobody's.
fn every_path() -> Vec<String> {
    let routes = ROUTES.iter().map(|route| route.path.replace("{id}", "0123456789abcdef"));
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
    for bad in HOSTS {
        forged.push(vec![("host", bad)]);
    }
    for bad in ORIGINS {
        forged.push(vec![host, ("origin", bad)]);
    }
    for name in FORWARDING {
        for value in ["127.0.0.1", "127.0.0.1, 8.8.8.8", "", "localhost"] {
            forged.push(vec![host, (name, value)]);
        }
    }
    for path in every_path() {
        for (headers, method) in forged.iter().flat_map(|h| [(h, Method::GET), (h, Method::POST)]) {
            let mut request = Request::builder().method(&method).uri(path.as_str());
            request = request.header("x-haechi", "1").header("content-type", "application/json");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (status, _, body) = site.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path} {headers:?}");
            let body: Value = serde_json::from_str(&body).unwrap();
            assert!(body["error"]["message"].is_string(), "{method} {path} {headers:?}");
            assert!(!body.to_string().contains(APP), "{method} {path} {headers:?} leaks");
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
async fn every_path_takes_exactly_the_methods_it_has() {
    let site = site();
    let methods: Vec<Method> = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND",
        "get",
    ]
    .iter()
    .map(|method| method.parse().unwrap())
    .collect();
    for path in every_path() {
        let changes =
            path == "/api/issues/regroup" || path.ends_with("/state") || path.ends_with("/stack");
        for method in &methods {
            let request = Request::builder().method(method).uri(path.as_str());
            let request = request
                .header("host", "localhost")
                .header("x-haechi", "1")
                .header("content-type", "application/json");
            let request = request.body(Body::from("{}")).unwrap();
            let response = site.router.clone().oneshot(request).await.unwrap();
            let (status, headers) = (response.status(), response.headers());
            let is_read = *method == Method::GET || *method == Method::HEAD;
            if changes && *method == Method::POST || !changes && is_read {
                assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
                assert_ne!(status, StatusCode::FORBIDDEN, "{method} {path}");
            } else {
                assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
                let allowed = if changes { "POST" } else { "GET, HEAD" };
                assert_eq!(headers["allow"], allowed, "{method} {path}");
            }
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
