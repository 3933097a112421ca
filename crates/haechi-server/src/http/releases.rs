use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Releases, Verdict};
use axum::extract::{RawQuery, State};
use axum::response::Response;

/// Which releases handled requests, newest first.
#[utoipa::path(
    get,
    path = "/api/releases",
    params(
        ("app" = Option<String>, Query, description = "Only this app"),
        ("from" = Option<String>, Query, description = "Only those whose first request came later: RFC 3339, or -15m, -24h, -7d, now"),
        ("to" = Option<String>, Query, description = "Only those whose first request came earlier, in the same forms"),
        ("limit" = Option<u32>, Query, description = "Releases at the most, 1 to 1000; default 100"),
    ),
    responses(
        (status = 200, body = Releases),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn releases(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::releases).await
}

/// What became of the routes after a release, against as long a time before.
#[utoipa::path(
    get,
    path = "/api/releases/verdict",
    params(
        ("app" = Option<String>, Query, description = "The app; default that of the newest release"),
        ("release" = Option<String>, Query, description = "Its release; default the newest"),
        ("first_seen" = Option<String>, Query, description = "Which time, if it came back: first_seen as /api/releases gives it; default the latest"),
    ),
    responses(
        (status = 200, body = Verdict),
        (status = 404, description = "It handled no request", body = Failure),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn verdict(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    served.answer(query, Ask::release_verdict).await
}
