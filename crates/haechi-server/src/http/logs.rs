use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Logs};
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// Log lines, newest first.
#[utoipa::path(
    get,
    path = "/api/logs",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
        ("level" = Option<String>, Query, description = "Only lines at least this grave: trace, debug, info, warn, error or fatal"),
        ("q" = Option<String>, Query, description = "Search text: words, \"a phrase\", -not, prefix*, and the filters level: app: route: logger: after: before: (times as in from, or a date)"),
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
