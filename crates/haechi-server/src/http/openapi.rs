use super::reply::json;
use super::{
    apps, events, health, inflight, issue, issues, latency, live, logs, metrics, patterns, queries,
    releases, requests, route_changes, routes, search, split, status, traffic, visits, workers,
};
use crate::ServerError;
use crate::ask::{IssueNews, LogLine, Params, PatternNews};
use crate::live::Tick;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use utoipa::OpenApi;

/// Collects the paths; their schemas follow by themselves, but for what only
/// the event stream carries.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Haechi",
        description = "What Haechi knows of the web apps it watches. Answers only programs on its \
            own machine. Times are RFC 3339 in UTC, durations milliseconds.",
    ),
    paths(
        apps::apps,
        route_changes::changes,
        events::event,
        health::healthz,
        health::readyz,
        inflight::inflight,
        inflight::one,
        inflight::stack,
        issue::change,
        issue::issue,
        issues::issues,
        issues::regroup,
        latency::latency,
        live::live,
        logs::histogram,
        logs::logs,
        metrics::metrics,
        openapi,
        patterns::patterns,
        queries::queries,
        releases::releases,
        releases::verdict,
        requests::request,
        requests::requests,
        routes::routes,
        search::search,
        split::history,
        split::split,
        status::status,
        traffic::traffic,
        visits::visits,
        workers::workers,
    ),
    components(schemas(IssueNews, LogLine, PatternNews, Tick))
)]
struct Document;

/// The OpenAPI document of this version.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    document.info.contact = None;
    document
}

/// This document.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    responses((status = 200, description = "OpenAPI 3.1"))
)]
pub(super) async fn openapi(RawQuery(query): RawQuery) -> Result<Response, ServerError> {
    Params::parse(query.as_deref().unwrap_or_default())?.finish()?;
    Ok(json(StatusCode::OK, &document()))
}
