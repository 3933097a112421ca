use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Split};
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// Where the server's seconds went: by part, and by route and part.
#[utoipa::path(
    get,
    path = "/api/split",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
        ("from" = Option<String>, Query, description = "Begin: RFC 3339, or -15m, -24h, -7d, now; default -1h"),
        ("to" = Option<String>, Query, description = "End, in the same forms; default now"),
        ("sort" = Option<String>, Query, description = "time (default), requests, p95 or errors"),
        ("limit" = Option<u32>, Query, description = "Routes at the most, 1 to 1000; default 100"),
    ),
    responses(
        (status = 200, body = Split),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn split(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::split).await
}
