use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Status};
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// How Haechi itself is doing.
#[utoipa::path(
    get,
    path = "/api/status",
    responses(
        (status = 200, body = Status),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn status(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::status).await
}
