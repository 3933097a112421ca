use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Latency};
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// How often each latency occurred over time, from rollups.
#[utoipa::path(
    get,
    path = "/api/latency",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
        ("route" = Option<String>, Query, description = "Only this route"),
        ("method" = Option<String>, Query, description = "Only this method"),
        ("from" = Option<String>, Query, description = "Begin: RFC 3339, or -15m, -24h, -7d, now; default -1h"),
        ("to" = Option<String>, Query, description = "End, in the same forms; default now"),
        ("step" = Option<String>, Query, description = "1m, 5m, 1h, 1d or auto (default): at most 120 points"),
    ),
    responses(
        (status = 200, body = Latency),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn latency(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::latency).await
}
