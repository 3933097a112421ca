use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Changes};
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// Which routes became slower or failed more in a range, and how sure that is.
#[utoipa::path(
    get,
    path = "/api/changes",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
        ("from" = Option<String>, Query, description = "Begin: RFC 3339, or -15m, -24h, -7d, now; default -1h"),
        ("to" = Option<String>, Query, description = "End, in the same forms; default now"),
        ("against" = Option<String>, Query, description = "before (default): as long a time just before; day, week: the same time yesterday, a week ago"),
    ),
    responses(
        (status = 200, body = Changes),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn changes(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::changes).await
}
