use super::Served;
use super::reply::json;
use crate::ServerError;
use crate::ask::{Ask, Params};
use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use std::time::Duration;
use tokio::time::timeout;

/// Bytes of a change.
pub(super) const BODY_MAX: usize = 4096;
/// A change must have come within this; it is short.
const BODY_WITHIN: Duration = Duration::from_secs(2);

impl Served {
    /// Reads a change, makes it on a thread that may block, and answers with
    /// what has become of it.
    pub(super) async fn change<A, F>(
        &self,
        query: Option<String>,
        body: Body,
        change: F,
    ) -> Result<Response, ServerError>
    where
        A: Serialize + Send + 'static,
        F: FnOnce(&Ask, &[u8], Params) -> Result<A, ServerError> + Send + 'static,
    {
        let body = match timeout(BODY_WITHIN, to_bytes(body, BODY_MAX)).await {
            Ok(Ok(body)) => body,
            // too long, or broken off: then nobody reads the answer
            Ok(Err(_)) => return Err(ServerError::TooLong(BODY_MAX)),
            Err(_) => return Err(ServerError::TooSlow(BODY_WITHIN.as_secs())),
        };
        let answer = self.ask(query, move |ask, params| change(ask, &body, params)).await?;
        Ok(json(StatusCode::OK, &answer))
    }
}
