//! Queries of the real sqlx, and spans beside OpenTelemetry's layer.

use haechi::Part;
use haechi::test::Recorded;
use http_body_util::Empty;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Row, SqlitePool};
use std::convert::Infallible;
use tower::{Layer, ServiceExt, service_fn};
use tracing::{Instrument, info_span};
use tracing_subscriber::layer::SubscriberExt;

type Body = Empty<&'static [u8]>;

/// A page that asks for all items, one by one.
async fn page(pool: &SqlitePool) -> sqlx::Result<i64> {
    sqlx::query("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)").execute(pool).await?;
    let insert = "INSERT INTO item(name) VALUES ('bell'), ('fan')";
    sqlx::query(insert).execute(pool).await?;
    let mut sum = 0;
    for id in 0..6 {
        let ask = format!("SELECT id, name FROM item WHERE id = {id} AND name <> 'secret'");
        let found = sqlx::query(sqlx::AssertSqlSafe(ask)).fetch_optional(pool).await?;
        sum += found.map_or(0, |row| row.get::<i64, _>(0));
    }
    Ok(sum)
}

#[tokio::test]
async fn queries_of_sqlx_beside_opentelemetry_are_parts_of_their_request() {
    let recorded = Recorded::new("your_app");
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let otel = tracing_opentelemetry::layer().with_tracer(provider.tracer("tests"));
    let fmt = tracing_subscriber::fmt::layer().with_writer(std::io::sink);
    let registry = tracing_subscriber::registry();
    let subscriber = registry.with(fmt).with(otel).with(recorded.monitor().tracing());
    // sqlite's queries run in a thread of their own
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect("sqlite::memory:").await.unwrap();
    let service = recorded.monitor().layer().layer(service_fn(|_| {
        let pool = pool.clone();
        async move {
            let sum = page(&pool).await.unwrap();
            assert_eq!(sum, 3);
            Ok::<_, Infallible>(http::Response::new(Body::new()))
        }
        .instrument(info_span!("page"))
    }));
    service.oneshot(http::Request::get("/").body(Body::new()).unwrap()).await.unwrap();

    let (request, spans) = (recorded.request(), recorded.spans());
    let page = spans.iter().find(|span| span.name == "page").unwrap();
    let queries: Vec<_> = spans.iter().filter(|span| span.part == Part::Db).collect();
    assert!(queries.iter().all(|query| query.parent == page.id), "{spans:?}");
    let asked = "SELECT id, name FROM item WHERE id = ? AND name <> ?";
    let asked_for: Vec<_> = queries.iter().filter(|query| query.name == asked).collect();
    assert_eq!(asked_for.len(), 6, "{queries:?}");
    let rows: u64 = asked_for.iter().filter_map(|query| query.rows).sum();
    assert_eq!(rows, 2);
    let inserted = queries.iter().find(|query| query.name.starts_with("INSERT")).unwrap();
    assert_eq!((&*inserted.name, inserted.rows), ("INSERT INTO item(name) VALUES (?)", Some(2)));
    assert_eq!(request.repeats, [(asked.to_owned(), 6)]);
    assert!(!request.time_of(Part::Db).is_zero());
    let total: std::time::Duration = request.parts.iter().map(|(_, time)| *time).sum();
    assert!(total <= request.duration);

    // sqlx's thread holds the span of its last query until it has taken the next command, and
    // OpenTelemetry exports a span when nobody holds it any more: the end of the pool is that
    // command. What Haechi recorded was complete with the answer.
    pool.close().await;
    provider.force_flush().unwrap();
    let exported = exporter.get_finished_spans().unwrap();
    assert_eq!(exported.iter().filter(|span| span.name == "page").count(), 1);
}
