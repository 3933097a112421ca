use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Inflight, InflightDetail};
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

/// What is running now, oldest first.
#[utoipa::path(
    get,
    path = "/api/inflight",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
    ),
    responses(
        (status = 200, body = Inflight),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn inflight(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::inflight).await
}

/// One request that is running now.
#[utoipa::path(
    get,
    path = "/api/inflight/{id}",
    params(
        ("id" = String, Path, description = "16 hexadecimal digits"),
    ),
    responses(
        (status = 200, body = InflightDetail),
        (status = 404, description = "It is not running", body = Failure),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn one(
    State(served): State<Served>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, move |ask, params| ask.inflight_one(&id, params)).await
}

/// Asks the process of a running request for its stack, which is given within a second.
#[utoipa::path(
    post,
    path = "/api/inflight/{id}/stack",
    params(
        ("id" = String, Path, description = "16 hexadecimal digits"),
        ("X-Haechi" = String, Header, description = "1"),
    ),
    responses(
        (status = 200, body = InflightDetail),
        (status = 403, description = "The header X-Haechi is missing, or the request is not of this machine", body = Failure),
        (status = 404, description = "It is not running, or on no thread whose stack can be looked at", body = Failure),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn stack(
    State(served): State<Served>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, ServerError> {
    served.change(query, body, move |ask, _, params| ask.ask_stack(&id, params)).await
}
