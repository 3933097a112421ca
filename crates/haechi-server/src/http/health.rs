use super::Served;
use super::reply::json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// Whether the server answers, or whether rows move.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Condition {
    /// `haechi`, so that a probe knows whom it has reached.
    pub name: &'static str,
    /// Of this program.
    pub version: &'static str,
    /// The process.
    pub pid: u32,
    /// Why not; null if all is well.
    pub trouble: Option<String>,
}

impl Condition {
    fn new(trouble: Option<String>) -> Self {
        Self {
            name: "haechi",
            version: env!("CARGO_PKG_VERSION"),
            pid: std::process::id(),
            trouble,
        }
    }
}

/// Whether the server answers at all.
#[utoipa::path(get, path = "/healthz", responses((status = 200, body = Condition)))]
pub(super) async fn healthz() -> Response {
    json(StatusCode::OK, &Condition::new(None))
}

/// Whether rows move: the collector goes round and the store takes what it is given.
#[utoipa::path(
    get,
    path = "/readyz",
    responses(
        (status = 200, body = Condition),
        (status = 503, description = "Rows do not move; `trouble` says why", body = Condition),
    )
)]
pub(super) async fn readyz(State(served): State<Served>) -> Response {
    let trouble = served.ask.health.ready().err();
    let status = if trouble.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    json(status, &Condition::new(trouble))
}
