use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Patterns};
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// Log lines with the same template, counted as one pattern.
#[utoipa::path(
    get,
    path = "/api/patterns",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
        ("level" = Option<String>, Query, description = "Only patterns at least this grave: trace, debug, info, warn, error or fatal"),
        ("q" = Option<String>, Query, description = "Words of the template, and the filters level: app: logger: pattern: after: before:"),
        ("from" = Option<String>, Query, description = "Begin: RFC 3339, or -15m, -24h, -7d, now; default -1h; down to a full minute"),
        ("to" = Option<String>, Query, description = "End, in the same forms; default now; up to a full minute"),
        ("sort" = Option<String>, Query, description = "lines (default): most lines first; new: newest first; latest: latest line first"),
        ("limit" = Option<u32>, Query, description = "Patterns at the most, 1 to 1000; default 50"),
    ),
    responses(
        (status = 200, body = Patterns),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn patterns(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::patterns).await
}
