use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Search};
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// What has exactly this ticket, request id, trace id, event id or issue id.
#[utoipa::path(
    get,
    path = "/api/search",
    params(
        ("q" = Option<String>, Query, description = "The id; without one nothing is found"),
    ),
    responses(
        (status = 200, body = Search),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn search(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::search).await
}
