use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, IssueDetail, StateChange};
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

/// One issue with its latest occurrences.
#[utoipa::path(
    get,
    path = "/api/issues/{id}",
    params(
        ("id" = String, Path, description = "16 hexadecimal digits"),
    ),
    responses(
        (status = 200, body = IssueDetail),
        (status = 404, description = "There is no such issue", body = Failure),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn issue(
    State(served): State<Served>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, move |ask, params| ask.issue(&id, params)).await
}

/// Resolves, ignores or reopens an issue. Answers with what it is then.
#[utoipa::path(
    post,
    path = "/api/issues/{id}/state",
    params(
        ("id" = String, Path, description = "16 hexadecimal digits"),
        ("X-Haechi" = String, Header, description = "1"),
    ),
    request_body = StateChange,
    responses(
        (status = 200, body = IssueDetail),
        (status = 403, description = "The header X-Haechi is missing, or the request is not of this machine", body = Failure),
        (status = 404, description = "There is no such issue", body = Failure),
        (status = 413, description = "The body is longer than 4096 bytes", body = Failure),
        (status = 415, description = "The content-type is not application/json", body = Failure),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn change(
    State(served): State<Served>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, ServerError> {
    let work = move |ask: &Ask, body: &[u8], params| {
        ask.change_issue(&id, &StateChange::parse(body)?, params)
    };
    served.change(query, body, work).await
}
