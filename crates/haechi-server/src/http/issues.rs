use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Issues, Regrouping};
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// Exceptions grouped by their cause.
#[utoipa::path(
    get,
    path = "/api/issues",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
        ("route" = Option<String>, Query, description = "Only what occurred in this route, ever"),
        ("state" = Option<String>, Query, description = "open (default), resolved, ignored or all"),
        ("q" = Option<String>, Query, description = "Only where type, message or culprit contain this text"),
        ("from" = Option<String>, Query, description = "Seen since: RFC 3339, or -15m, -24h, -7d, now; default -7d"),
        ("to" = Option<String>, Query, description = "Seen before, in the same forms; default now"),
        ("sort" = Option<String>, Query, description = "last (default), first or events"),
        ("limit" = Option<u32>, Query, description = "Issues at the most, 1 to 1000; default 100"),
    ),
    responses(
        (status = 200, body = Issues),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn issues(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::issues).await
}

/// Groups stored exceptions by the rules of this version. Counts and states
/// are kept; nothing is collected meanwhile. The body is `{}`.
#[utoipa::path(
    post,
    path = "/api/issues/regroup",
    params(
        ("X-Haechi" = String, Header, description = "1"),
    ),
    request_body(content_type = "application/json", description = "An empty object"),
    responses(
        (status = 200, body = Regrouping),
        (status = 403, description = "The header X-Haechi is missing, or the request is not of this machine", body = Failure),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn regroup(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, ServerError> {
    let work = |ask: &Ask, body: &[u8], params| {
        if body.trim_ascii() == b"{}" {
            return ask.regroup(params);
        }
        Err(ServerError::input("body", "the body must be {}"))
    };
    served.change(query, body, work).await
}
