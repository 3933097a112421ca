use super::Served;
use super::reply::Failure;
use crate::ServerError;
use crate::ask::{Ask, Exposition, Params};
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// Everything in the text format of Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    responses(
        (status = 200, description = "Prometheus text format 0.0.4", content_type = "text/plain", body = String),
        (status = "4XX", body = Failure),
        (status = "5XX", body = Failure),
    )
)]
pub(super) async fn metrics(
    State(served): State<Served>,
    RawQuery(query): RawQuery,
) -> Result<Response, ServerError> {
    let question =
        |ask: &Ask, params: Params| -> Result<Exposition, ServerError> { ask.metrics(params) };
    let text = served.ask(query, question).await?.text();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
