use crate::ServerError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use haechi_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

/// The body of every answer that is not a success.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Failure {
    /// What went wrong.
    pub error: FailureReason,
}

/// What went wrong, for a program and for a person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FailureReason {
    /// The parameter at fault, if one is.
    pub field: Option<String>,
    /// A sentence that names the thing and the way out.
    pub message: String,
}

impl ServerError {
    /// The one place where errors become statuses.
    fn status(&self) -> StatusCode {
        match self {
            Self::Input { .. } => StatusCode::BAD_REQUEST,
            Self::Refused(_) => StatusCode::FORBIDDEN,
            Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Busy(_) | Self::Store(StoreError::TimedOut) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_)
            | Self::Spool(_)
            | Self::BrokenOff
            | Self::Served { .. }
            | Self::PortTaken(_)
            | Self::Io { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for ServerError {
    fn into_response(self) -> Response {
        let status = self.status();
        let message = self.to_string();
        let field = match self {
            Self::Input { field, .. } => Some(field),
            _ => None,
        };
        let mut response = json(status, &Failure { error: FailureReason { field, message } });
        if status == StatusCode::METHOD_NOT_ALLOWED {
            let allowed = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        response
    }
}

/// An answer as JSON. Nothing of it may be kept by a cache: it is data of now.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    match serde_json::to_vec(body) {
        Ok(bytes) => (status, headers, bytes).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
