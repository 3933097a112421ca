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
    /// Which kind of failure it is: stable, and what the pages translate by.
    pub code: FailureCode,
    /// The parameter at fault, if one is.
    pub field: Option<String>,
    /// Characters of its value before the mistake, if it has a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// A sentence that names the thing and the way out.
    pub message: String,
}

/// The kinds of failures. They keep their names; new ones may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FailureCode {
    /// `field` cannot be understood or makes no sense beside the others.
    BadParameter,
    /// There is nothing of this name.
    NotFound,
    /// The guard lets in programs and pages of this machine only.
    Refused,
    /// The path has other methods.
    WrongMethod,
    /// The body is no JSON.
    WrongContentType,
    /// The body is too long.
    BodyTooLong,
    /// The body did not come in time.
    BodyTooSlow,
    /// Too many ask or listen; ask again in a moment.
    Busy,
    /// The answer took too long; ask for a shorter range.
    TimedOut,
    /// There is no room on the disk.
    DiskFull,
    /// The store failed.
    StoreFailed,
    /// The spool failed.
    SpoolFailed,
    /// The work on the answer was broken off.
    BrokenOff,
    /// The system refused something else.
    Failed,
}

impl ServerError {
    /// The one place where errors become codes.
    fn code(&self) -> FailureCode {
        match self {
            Self::Input { .. } => FailureCode::BadParameter,
            Self::Missing(_) => FailureCode::NotFound,
            Self::Refused(_) => FailureCode::Refused,
            Self::Method { .. } => FailureCode::WrongMethod,
            Self::ContentType => FailureCode::WrongContentType,
            Self::TooLong(_) => FailureCode::BodyTooLong,
            Self::TooSlow(_) => FailureCode::BodyTooSlow,
            Self::Busy(_) => FailureCode::Busy,
            Self::Store(StoreError::TimedOut) => FailureCode::TimedOut,
            Self::Store(StoreError::Full) => FailureCode::DiskFull,
            Self::Store(_) => FailureCode::StoreFailed,
            Self::Spool(_) => FailureCode::SpoolFailed,
            Self::BrokenOff => FailureCode::BrokenOff,
            Self::Served { .. } | Self::PortTaken(_) | Self::Io { .. } => FailureCode::Failed,
        }
    }

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
        let (code, message) = (self.code(), self.to_string());
        let (field, position, allowed) = match self {
            Self::Input { field, position, .. } => (Some(field), position, None),
            Self::Method { allowed, .. } => (None, None, Some(allowed)),
            _ => (None, None, None),
        };
        let reason = FailureReason { code, field, position, message };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_tells_its_code_by_the_name_of_its_kind() {
        let store = |error| ServerError::Store(error);
        for (error, code) in [
            (ServerError::input("from", "from must be before to"), "bad_parameter"),
            (ServerError::Missing(String::new()), "not_found"),
            (ServerError::Refused(String::new()), "refused"),
            (ServerError::ContentType, "wrong_content_type"),
            (ServerError::TooLong(1), "body_too_long"),
            (ServerError::TooSlow(1), "body_too_slow"),
            (ServerError::Busy(String::new()), "busy"),
            (store(StoreError::TimedOut), "timed_out"),
            (store(StoreError::Full), "disk_full"),
            (store(StoreError::Poisoned), "store_failed"),
            (ServerError::BrokenOff, "broken_off"),
        ] {
            assert_eq!(serde_json::to_value(error.code()).unwrap(), code, "{error}");
        }
    }
}
