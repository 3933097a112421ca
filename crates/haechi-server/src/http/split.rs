use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Split, SplitHistory};
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

/// The same over time, of everything, an app or a route.
#[utoipa::path(
    get,
    path = "/api/split/history",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
        ("route" = Option<String>, Query, description = "Only this route"),
        ("method" = Option<String>, Query, description = "Only this method"),
        ("from" = Option<String>, Query, description = "Begin: RFC 3339, or -15m, -24h, -7d, now; default -1h"),
        ("to" = Option<String>, Query, description = "End, in the same forms; default now"),
        ("step" = Option<String>, Query, description = "1m, 5m, 1h, 1d or auto (default): at most 240 points"),
    ),
    responses(
        (status = 200, body = SplitHistory),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn history(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::split_history).await
}
