use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, RequestDetail, Requests};
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

/// Single requests, newest first.
#[utoipa::path(
    get,
    path = "/api/requests",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
        ("route" = Option<String>, Query, description = "Only this route"),
        ("method" = Option<String>, Query, description = "Only this method"),
        ("status" = Option<String>, Query, description = "A code such as 404, a class such as 5xx, or none"),
        ("client" = Option<String>, Query, description = "Only this client address"),
        ("user" = Option<String>, Query, description = "Only this user"),
        ("release" = Option<String>, Query, description = "Only what this release handled"),
        ("min_ms" = Option<f64>, Query, description = "Only requests that took at least this long"),
        ("path" = Option<String>, Query, description = "Only paths that contain this text"),
        ("from" = Option<String>, Query, description = "Begin: RFC 3339, or -15m, -24h, -7d, now; default -1h"),
        ("to" = Option<String>, Query, description = "End, in the same forms; default now"),
        ("sort" = Option<String>, Query, description = "time (default): newest first; slowest: longest first, without pages"),
        ("limit" = Option<u32>, Query, description = "Requests at the most, 1 to 1000; default 100"),
        ("before" = Option<String>, Query, description = "Only requests before this one: next of the answer before"),
    ),
    responses(
        (status = 200, body = Requests),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn requests(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::requests).await
}

/// One request with its log lines and exceptions.
#[utoipa::path(
    get,
    path = "/api/requests/{id}",
    params(
        ("id" = String, Path, description = "16 hexadecimal digits"),
    ),
    responses(
        (status = 200, body = RequestDetail),
        (status = 404, description = "Not stored: too old, or not ended yet", body = Failure),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn request(
    State(served): State<Served>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, move |ask, params| ask.request(&id, params)).await
}
