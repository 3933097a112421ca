use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Apps, Ask};
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// Every app ever seen.
#[utoipa::path(
    get,
    path = "/api/apps",
    responses(
        (status = 200, body = Apps),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn apps(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::apps).await
}
