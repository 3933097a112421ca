use super::{ROUTES, Site, site, site_of};
use crate::Allowed;
use crate::sample::{APP, Folder};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;
use std::time::Duration;

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
        ("/api/requests?sort=name".into(), "sort"),
        ("/api/requests?sort=slowest&before=0000000000000001".into(), "before"),
        ("/api/latency?step=7m".into(), "step"),
        ("/api/visits?who=cats".into(), "who"),
        ("/api/requests/xyz".into(), "id"),
        ("/api/logs?level=loud".into(), "level"),
        ("/api/logs?request=1".into(), "request"),
        ("/api/logs?before=1".into(), "before"),
        ("/api/logs?q=level:loud".into(), "q"),
        ("/api/logs?q=%22open".into(), "q"),
        ("/api/logs?q=app:nobody".into(), "q"),
        ("/api/logs?q=-*".into(), "q"),
        ("/api/logs/histogram?step=7m".into(), "step"),
        ("/api/logs?pattern=x".into(), "pattern"),
        ("/api/live?q=%22open".into(), "q"),
        ("/api/patterns?sort=name".into(), "sort"),
        ("/api/issues?app=nobody".into(), "app"),
        ("/api/issues?state=closed".into(), "state"),
        ("/api/issues?sort=name".into(), "sort"),
        ("/api/issues?limit=1001".into(), "limit"),
        ("/api/issues?from=soon".into(), "from"),
        ("/api/issues/xyz".into(), "id"),
        ("/api/issues/ffffffffffffffff".into(), "id"),
        ("/api/events/xyz".into(), "id"),
        ("/api/inflight?app=nobody".into(), "app"),
        ("/api/workers?app=nobody".into(), "app"),
        ("/api/live?app=nobody".into(), "app"),
        ("/api/apps?app=a&app=b".into(), "app"),
        ("/api/apps?app=%ff".into(), "app"),
        (format!("/api/logs?q={}", "x".repeat(5000)), "query"),
    ];
    let asked = |path: &str| path.starts_with("/api/") && path != "/api/openapi.json";
    let read = ROUTES.iter().filter(|route| route.allowed == Allowed::Reading);
    for route in read.filter(|route| asked(route.path) || route.path == "/metrics") {
        let path = route.path.replace("{id}", "0123456789abcdef");
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
async fn what_the_pages_of_routes_and_traffic_ask_is_answered() {
    let site = site();
    let (_, slowest) = site.get("/api/requests?sort=slowest&limit=1").await;
    assert_eq!(slowest["requests"][0]["duration_ms"], 40.0);
    assert_eq!(slowest["next"], Value::Null);

    let (_, latency) = site.get("/api/latency?from=-10m").await;
    let below: Vec<f64> =
        latency["below_ms"].as_array().unwrap().iter().map(|ms| ms.as_f64().unwrap()).collect();
    assert!(below[0] > 2.0 && below[0] < 3.0, "{below:?}");
    assert!(below.last().is_some_and(|top| (40.0..60.0).contains(top)), "{below:?}");
    assert_eq!(
        latency["time"].as_array().unwrap().len(),
        latency["requests"].as_array().unwrap().len()
    );
    let rows = latency["requests"].as_array().unwrap().iter();
    let all: u64 = rows.flat_map(|row| row.as_array().unwrap()).filter_map(Value::as_u64).sum();
    assert_eq!(all, 2);

    let (_, visits) = site.get("/api/visits").await;
    assert_eq!(visits["requests"], 2);
    assert_eq!((&visits["partial"], &visits["capped"]), (&Value::from(false), &Value::from(false)));
    let programs = visits["by_programs"].as_u64().unwrap();
    let (_, some) = site.get("/api/visits?who=programs&app=your_app").await;
    assert_eq!(some["requests"], programs);
    let (_, status) = site.get("/api/status").await;
    assert!(status["memory_bytes"].as_u64().unwrap() > 1 << 20);
    assert!(status["cpu_s"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn users_and_static_files_are_listed_with_their_requests_and_bytes() {
    let folder = Folder::new();
    folder.visited("/static/app.css", "7", 200, 300);
    folder.visited("/static/app.css", "8", 304, 0);
    folder.visited("/static/gone.css", "8", 404, 10);
    folder.visited("/item/7", "8", 200, 50);
    folder.visited("/item/7", "", 200, 50);
    folder.request("default/index", 200, 2);
    let site = site_of(folder, 6);
    let row = |name: &str, requests: u64, bytes_out: u64| {
        let mut row = serde_json::json!({"name": name, "requests": requests, "by_programs": 0});
        row["bytes_out"] = bytes_out.into();
        row
    };
    for from in ["-10m", "-7d"] {
        let (_, visits) = site.get(&format!("/api/visits?from={from}")).await;
        assert_eq!((&visits["requests"], &visits["by_programs"]), (&6.into(), &1.into()));
        assert_eq!(visits["users"], serde_json::json!([row("8", 3, 60), row("7", 1, 300)]));
        assert_eq!(visits["static_files"], serde_json::json!([row("/static/app.css", 2, 300)]));
        assert_eq!(visits["not_found"], serde_json::json!([row("/static/gone.css", 1, 10)]));
        let (_, of_programs) = site.get(&format!("/api/visits?who=programs&from={from}")).await;
        assert_eq!(of_programs["users"], serde_json::json!([]));
    }
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
    assert_eq!(found["inflight"][0]["long"], false);
}

#[tokio::test]
async fn how_full_a_process_is_can_be_told() {
    let site = site();
    site.folder.begin("/first");
    site.folder.begin("/second");
    let (_, found) = site.get("/api/workers?app=your_app").await;
    let app = serde_json::json!(
        {"app": "your_app", "workers": 1, "busy": 1, "in_flight": 2, "ended": 0}
    );
    assert_eq!(found["apps"], serde_json::json!([app]));
    let worker = &found["workers"][0];
    assert_eq!(worker["pid"], std::process::id());
    assert_eq!((&worker["busy"], &worker["in_flight"]), (&Value::from(true), &Value::from(2)));
    assert_eq!(worker["apps"], serde_json::json!(["your_app"]));
    assert!(worker["memory_bytes"].as_u64().unwrap() > 100_000, "{worker}");
    assert!(worker["cpu_s"].as_f64().is_some() && worker["cpu_share"].is_null(), "{worker}");
    assert!(found["host"]["cpus"].as_u64().unwrap() >= 1, "{found}");
    assert!(found["host"]["memory_available_bytes"].as_u64().unwrap() > 0, "{found}");
}

#[tokio::test]
async fn recorders_of_another_version_are_told_first() {
    let site = site();
    let _spools = ["99.0.0", "0.0.1", ""].map(|version| site.folder.recorder_of(version));
    let (_, status) = site.get("/api/status").await;
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!((&status["store_version"], &status["recorders"]), (&1.into(), &4.into()));
    let told = status["recorder_processes"].as_array().unwrap();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or("-").to_owned();
    let mut versions: Vec<_> = told
        .iter()
        .map(|row| (text(row, "compared"), text(row, "version"), text(row, "runtime")))
        .collect();
    versions[..2].sort();
    let known = "CPython 3.9.1, web2py 2.26.1".to_owned();
    let row = |compared: &str, version: &str, runtime: &str| {
        (compared.to_owned(), version.to_owned(), runtime.to_owned())
    };
    let expected = [
        row("older", "-", &known),
        row("older", "0.0.1", &known),
        row("newer", "99.0.0", &known),
        row("same", env!("CARGO_PKG_VERSION"), "-"),
    ];
    assert_eq!(versions, expected);
    assert_eq!(told[0]["pid"], std::process::id());
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
        r#"haechi_requests_in_flight_long{app="your_app"} 0"#,
        "haechi_records_stored_total 4",
        "haechi_workers 1",
        r#"haechi_app_workers{app="your_app"} 1"#,
        r#"haechi_app_workers_busy{app="your_app"} 0"#,
        "haechi_ready 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    let own = format!("haechi_worker_memory_bytes{{pid=\"{}\",", std::process::id());
    for start in [own.as_str(), "haechi_host_memory_available_bytes ", "haechi_host_cpus "] {
        assert!(text.lines().any(|found| found.starts_with(start)), "{start} is not in\n{text}");
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
