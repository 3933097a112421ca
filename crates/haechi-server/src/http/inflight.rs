use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Inflight};
use axum::extract::{RawQuery, State};
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
