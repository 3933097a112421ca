use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, LogHistogram, Logs};
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// Log lines, newest first.
#[utoipa::path(
    get,
    path = "/api/logs",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
        ("level" = Option<String>, Query, description = "Only lines at least this grave: trace, debug, info, warn, error or fatal"),
        ("q" = Option<String>, Query, description = "Search text: words, \"a phrase\", -not, prefix*, the filters level: app: route: logger: pattern: after: before: (times as in from, or a date), and name:value for any attribute; a - before a filter excludes what it finds"),
        ("pattern" = Option<String>, Query, description = "Only lines of this pattern of /api/patterns"),
        ("request" = Option<String>, Query, description = "Only lines of this request; without a range, those of its day"),
        ("from" = Option<String>, Query, description = "Begin: RFC 3339, or -15m, -24h, -7d, now; default -1h"),
        ("to" = Option<String>, Query, description = "End, in the same forms; default now"),
        ("limit" = Option<u32>, Query, description = "Lines at the most, 1 to 1000; default 100"),
        ("before" = Option<String>, Query, description = "Only lines before this one: next of the answer before"),
    ),
    responses(
        (status = 200, body = Logs),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn logs(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::logs).await
}

/// How many log lines there were over time. Where the filters are only app,
/// level and pattern, all are counted; where lines must be looked for, they are
/// counted from the end on for a quarter of a second.
#[utoipa::path(
    get,
    path = "/api/logs/histogram",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
        ("level" = Option<String>, Query, description = "Only lines at least this grave"),
        ("q" = Option<String>, Query, description = "Search text, as in /api/logs"),
        ("pattern" = Option<String>, Query, description = "Only lines of this pattern of /api/patterns"),
        ("from" = Option<String>, Query, description = "Begin: RFC 3339, or -15m, -24h, -7d, now; default -1h; down to a full minute"),
        ("to" = Option<String>, Query, description = "End, in the same forms; default now; up to a full minute"),
        ("step" = Option<String>, Query, description = "1m, 5m, 1h, 1d or auto (default)"),
    ),
    responses(
        (status = 200, body = LogHistogram),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn histogram(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::log_histogram).await
}
