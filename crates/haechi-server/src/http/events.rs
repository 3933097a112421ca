use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::EventDetail;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

/// One occurrence of an exception with its request and log lines.
#[utoipa::path(
    get,
    path = "/api/events/{id}",
    params(
        ("id" = String, Path, description = "16 hexadecimal digits"),
    ),
    responses(
        (status = 200, body = EventDetail),
        (status = 404, description = "Not stored (any more)", body = Failure),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn event(
    State(served): State<Served>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, move |ask, params| ask.event(&id, params)).await
}
