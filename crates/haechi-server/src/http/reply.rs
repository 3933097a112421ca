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
    /// Characters of its value before the mistake, if it has a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
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
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLong(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
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
        let (field, position, allowed) = match self {
            Self::Input { field, position, .. } => (Some(field), position, None),
            Self::Method { allowed, .. } => (None, None, Some(allowed)),
            _ => (None, None, None),
        };
        let reason = FailureReason { field, position, message };
        let mut response = json(status, &Failure { error: reason });
        if let Some(allowed) = allowed {
            let allowed = HeaderValue::from_static(allowed.methods());
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
