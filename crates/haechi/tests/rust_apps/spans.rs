//! Spans of `tracing` are the parts of their request, wherever they run.

use haechi::test::{Recorded, Request, Span};
use haechi::{Part, RequestId};
use http_body_util::Empty;
use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::sleep;
use tower::{Layer, ServiceExt, service_fn};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing::{Instrument, Level, Span as Traced, field, info_span};
use tracing_subscriber::layer::SubscriberExt;

type Body = Empty<bytes::Bytes>;

fn subscribe(recorded: &Recorded) -> DefaultGuard {
    let beside = tracing_subscriber::fmt::layer().with_writer(std::io::sink);
    let registry = tracing_subscriber::registry();
    set_default(registry.with(beside).with(recorded.monitor().tracing()))
}

/// A request whose handler is this.
async fn handled<F: Future>(recorded: &Recorded, handler: impl Fn() -> F + Clone) {
    let service = recorded.monitor().layer().layer(service_fn(move |_| {
        let handler = handler();
        async move {
            handler.await;
            Ok::<_, Infallible>(http::Response::new(Body::new()))
        }
    }));
    service.oneshot(http::Request::get("/").body(Body::new()).unwrap()).await.unwrap();
}

/// What a handler's request was spent on.
async fn of<F: Future>(handler: impl Fn() -> F + Clone) -> (Request, Vec<Span>) {
    let recorded = Recorded::new("your_app");
    let _default = subscribe(&recorded);
    handled(&recorded, handler).await;
    (recorded.request(), recorded.spans())
}

fn named<'s>(spans: &'s [Span], name: &str) -> &'s Span {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name} in {spans:?}"))
}

/// Begins to wait when it is first asked, as most do.
async fn nap(time: Duration) {
    sleep(time).await;
}

const SHORT: Duration = Duration::from_millis(10);
const LONG: Duration = Duration::from_millis(40);

#[tokio::test]
async fn a_span_takes_as_long_as_what_it_waits_for_and_lies_in_the_one_around_it() {
    let (request, spans) = of(|| async {
        sleep(SHORT).await;
        async {
            sleep(SHORT).await;
            nap(LONG).instrument(info_span!("pack", boxes = 3)).await;
        }
        .instrument(info_span!("order"))
        .await;
    })
    .await;
    let (order, pack) = (named(&spans, "order"), named(&spans, "pack"));
    assert_eq!((spans.len(), order.parent, pack.parent), (2, 0, order.id));
    assert!(order.start >= SHORT && pack.start >= order.start + SHORT);
    assert!(pack.duration >= LONG && order.duration >= pack.duration + SHORT);
    assert!(order.file.ends_with("spans.rs") && order.line > 0);
    let other = request.time_of(Part::Other);
    assert!(other >= SHORT + LONG && other <= request.duration - SHORT, "{request:?}");
}

#[tokio::test]
async fn parts_are_known_by_the_conventions_of_opentelemetry() {
    let (request, spans) = of(|| async {
        let query = "SELECT * FROM item WHERE id = 7 AND token = 'hunter2'";
        let db = info_span!(
            "query",
            db.system.name = "postgresql",
            db.query.text = query,
            db.response.returned_rows = field::Empty
        );
        let found = async { say("db.response.returned_rows", 3) };
        found.instrument(db).await;
        let call = info_span!(
            "call",
            otel.kind = "client",
            http.request.method = "POST",
            url.full = "https://user:pw@bank.example/v1/pay?card=4111111111111111",
            http.response.status_code = field::Empty,
        );
        call.in_scope(|| say("http.response.status_code", 503));
        info_span!("get", db.system = %"redis", db.operation = "GET").in_scope(|| ());
        info_span!("named", otel.name = "GET /own", otel.status_code = ?"ERROR").in_scope(|| ());
        // the request itself, once more
        info_span!("request", otel.kind = "server", http.request.method = "GET").in_scope(|| ());
        tracing::debug_span!("detail").in_scope(|| ());
    })
    .await;
    let shown: Vec<_> = spans
        .iter()
        .map(|span| (span.part.name(), &*span.name, span.rows, span.status, span.failed))
        .collect();
    assert_eq!(
        shown,
        [
            ("db", "SELECT * FROM item WHERE id = ? AND token = ?", Some(3), 0, false),
            ("http_client", "POST bank.example/v1/pay", None, 503, true),
            ("cache", "GET", None, 0, false),
            ("other", "GET /own", None, 0, true),
        ]
    );
    assert_eq!(request.parts.len(), 4);
}

/// The span that this runs in says more of itself.
fn say(field: &str, value: u64) {
    Traced::current().record(field, value);
}

#[tokio::test]
async fn spans_that_take_turns_share_their_time_and_all_of_it_adds_up() {
    let (request, spans) = of(|| async {
        let one = nap(LONG).instrument(info_span!("one", db.system = "sqlite"));
        let two = nap(LONG).instrument(info_span!("two"));
        tokio::join!(one, two);
    })
    .await;
    assert!(spans.iter().all(|span| span.parent == 0 && span.duration >= LONG));
    let total: Duration = request.parts.iter().map(|(_, time)| *time).sum();
    assert!(total >= LONG && total <= request.duration, "{request:?}");
    // it began last, and both waited
    assert!(request.time_of(Part::Other) > request.time_of(Part::Db));
}

#[tokio::test]
async fn a_span_that_is_entered_again_is_one_and_an_error_in_it_fails_it() {
    let (_, spans) = of(|| async {
        let span = info_span!("again");
        for _ in 0..3 {
            span.in_scope(|| ());
            tokio::task::yield_now().await;
        }
        let made_and_never_entered = info_span!("never");
        drop(made_and_never_entered);
        info_span!("failing").in_scope(|| tracing::error!("no cover"));
    })
    .await;
    let shown: Vec<_> = spans.iter().map(|span| (&*span.name, span.failed)).collect();
    assert_eq!(shown, [("again", false), ("failing", true)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_and_threads_beside_the_request_are_parts_of_it_too() {
    let recorded = Recorded::new("your_app");
    let subscriber = tracing_subscriber::registry().with(recorded.monitor().tracing());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    handled(&recorded, || {
        async {
            let tasks: Vec<_> = (0..20)
                .map(|n| {
                    let inside = async move {
                        sleep(SHORT).await;
                        info_span!("inner", db.query.text = "SELECT 1").in_scope(|| n)
                    };
                    tokio::spawn(inside.instrument(info_span!("task")))
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            let thread = info_span!("thread");
            tokio::task::spawn_blocking(move || thread.in_scope(|| ())).await.unwrap();
        }
        .instrument(info_span!("all"))
    })
    .await;
    let (request, spans) = (recorded.request(), recorded.spans());
    let count = |name: &str| spans.iter().filter(|span| span.name == name).count();
    let counts = ["all", "task", "inner", "SELECT ?", "thread"].map(count);
    assert_eq!(counts, [1, 20, 0, 20, 1]);
    let all = named(&spans, "all");
    for inner in spans.iter().filter(|span| span.name == "SELECT ?") {
        let task = spans.iter().find(|span| span.id == inner.parent).unwrap();
        assert_eq!((&*task.name, task.parent), ("task", all.id));
        assert!(task.duration >= SHORT && inner.start >= task.start);
    }
    assert_eq!(request.repeats, [("SELECT ?".to_owned(), 20)]);
    let total: Duration = request.parts.iter().map(|(_, time)| *time).sum();
    assert!(total <= request.duration, "{request:?}");
}

#[tokio::test]
async fn a_span_that_outlives_its_request_is_told_by_itself() {
    let recorded = Recorded::new("your_app");
    let _default = subscribe(&recorded);
    let (go_on, waits) = oneshot::channel::<()>();
    let (waits, task) = (std::sync::Mutex::new(Some(waits)), std::sync::Mutex::new(None));
    let handler = || {
        let waits = waits.lock().unwrap().take().unwrap();
        let span = info_span!("ship");
        *task.lock().unwrap() = Some(tokio::spawn(
            async move { waits.await.map_err(|_| tracing::warn!("nobody")) }.instrument(span),
        ));
        tokio::task::yield_now()
    };
    handled(&recorded, &handler).await;
    let request = recorded.request();
    assert_eq!(recorded.spans(), [], "it has not ended");
    go_on.send(()).unwrap();
    let task = task.lock().unwrap().take().unwrap();
    task.await.unwrap().unwrap();
    let spans = recorded.spans();
    assert_eq!((&*spans[0].name, spans[0].request_id), ("ship", request.id));
    assert!(spans[0].start + spans[0].duration >= request.duration);
}

#[tokio::test]
async fn a_request_that_is_given_up_tells_the_spans_it_was_in() {
    let recorded = Recorded::new("your_app");
    let _default = subscribe(&recorded);
    let endless = handled(&recorded, || {
        std::future::pending::<()>().instrument(info_span!("inner")).instrument(info_span!("outer"))
    });
    assert!(tokio::time::timeout(SHORT, endless).await.is_err());
    let (request, spans) = (recorded.request(), recorded.spans());
    assert!(request.is_aborted());
    let names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["outer", "inner"]);
    assert!(request.time_of(Part::Other) >= SHORT / 2);
}

#[tokio::test]
async fn requests_at_once_on_one_thread_keep_their_spans_apart() {
    let recorded = Recorded::new("your_app");
    let _default = subscribe(&recorded);
    let requests = (0..30).map(|_| {
        handled(&recorded, || async {
            let outer = info_span!("outer");
            async {
                sleep(SHORT).await;
                nap(SHORT).instrument(info_span!("inner")).await;
            }
            .instrument(outer)
            .await;
        })
    });
    futures_util::future::join_all(requests).await;
    let spans = recorded.spans();
    for request in recorded.requests() {
        let own: Vec<_> = spans.iter().filter(|span| span.request_id == request.id).collect();
        let shown: Vec<_> = own.iter().map(|s| (s.id, s.parent, &*s.name)).collect();
        assert_eq!(shown, [(1, 0, "outer"), (2, 1, "inner")]);
        assert!(request.time_of(Part::Other) >= 2 * SHORT);
    }
}

#[tokio::test]
async fn spans_and_queries_outside_of_requests_are_nobodys() {
    let recorded = Recorded::new("your_app");
    let _default = subscribe(&recorded);
    info_span!("start").in_scope(|| {
        let inner = info_span!("migrate");
        inner.in_scope(|| query("SELECT 1", 1));
    });
    assert_eq!(recorded.spans(), []);
    assert!(recorded.logs().iter().all(|line| line.request_id == RequestId::NONE));
}

/// As `sqlx` tells them.
fn query(sql: &str, rows: u64) {
    let elapsed = SHORT;
    tracing::event!(
        target: "sqlx::query",
        Level::DEBUG,
        summary = sql.split(' ').take(4).collect::<Vec<_>>().join(" "),
        db.statement = format!("\n\n{sql}\n"),
        rows_affected = 0u64,
        rows_returned = rows,
        ?elapsed,
        elapsed_secs = elapsed.as_secs_f64(),
    );
}

#[tokio::test]
async fn queries_of_sqlx_are_told_without_their_data_and_repeated_ones_are_shown() {
    let (request, spans) = of(|| async {
        sleep(LONG).await;
        for n in 0..6 {
            query(&format!("SELECT name, price FROM item WHERE id = {n}"), 1);
        }
    })
    .await;
    assert_eq!((spans.len(), spans[0].part, spans[0].rows), (6, Part::Db, Some(1)));
    let sql = "SELECT name, price FROM item WHERE id = ?";
    assert_eq!((&*spans[0].name, spans[0].duration), (sql, SHORT));
    assert_eq!(request.repeats, [(sql.to_owned(), 6)]);
    // they say that they ran at once
    let db = request.time_of(Part::Db);
    assert!(db >= SHORT && db < 2 * SHORT, "{db:?}");
}

#[tokio::test]
async fn a_handler_that_holds_up_its_thread_is_noticed_with_the_span_it_sat_in() {
    let recorded = Recorded::new("your_app");
    let _default = subscribe(&recorded);
    handled(&recorded, || async {
        sleep(SHORT).await;
        haechi::current::set_route("/report");
        info_span!("count").in_scope(|| busy(Duration::from_millis(110)));
        sleep(SHORT).await;
    })
    .await;
    let (request, spans, logs) = (recorded.request(), recorded.spans(), recorded.logs());
    let blocked = spans.iter().find(|span| span.part == Part::Blocked).unwrap();
    let count = spans.iter().find(|span| span.part == Part::Other).unwrap();
    assert_eq!((&*blocked.name, &*blocked.file, blocked.line), ("count", &*count.file, count.line));
    assert!(blocked.duration >= Duration::from_millis(110) && blocked.start >= SHORT);
    assert!(request.time_of(Part::Blocked) >= Duration::from_millis(110));
    let total: Duration = request.parts.iter().map(|(_, time)| *time).sum();
    assert!(total <= request.duration, "{request:?}");
    assert!(logs[0].message.contains("in count"), "{logs:?}");
    assert_eq!((logs.len(), logs[0].request_id), (1, request.id));
}

/// Uses the thread up.
fn busy(time: Duration) {
    let start = std::time::Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}
