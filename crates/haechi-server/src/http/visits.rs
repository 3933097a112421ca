use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Visits};
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// Who visited, from summaries; single requests count only at both ends of the range.
#[utoipa::path(
    get,
    path = "/api/visits",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
        ("who" = Option<String>, Query, description = "people, programs or all (default)"),
        ("from" = Option<String>, Query, description = "Begin: RFC 3339, or -15m, -24h, -7d, now; default -1h"),
        ("to" = Option<String>, Query, description = "End, in the same forms; default now"),
        ("limit" = Option<u32>, Query, description = "Rows of each list at the most, 1 to 1000; default 100"),
    ),
    responses(
        (status = 200, body = Visits),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn visits(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::visits).await
}
