use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Workers};
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// How full apps and host are: the processes that record, the oldest first.
#[utoipa::path(
    get,
    path = "/api/workers",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
    ),
    responses(
        (status = 200, body = Workers),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn workers(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::workers).await
}
