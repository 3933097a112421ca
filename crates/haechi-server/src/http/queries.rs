use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Queries};
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// Which queries took the time.
#[utoipa::path(
    get,
    path = "/api/queries",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
        ("from" = Option<String>, Query, description = "Begin: RFC 3339, or -15m, -24h, -7d, now; default -1h"),
        ("to" = Option<String>, Query, description = "End, in the same forms; default now"),
        ("sort" = Option<String>, Query, description = "time (default), calls, max or saves"),
        ("limit" = Option<u32>, Query, description = "Queries at the most, 1 to 1000; default 100"),
    ),
    responses(
        (status = 200, body = Queries),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn queries(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::queries).await
}
