use axum::response::{IntoResponse, Response};
use http::StatusCode;

/// Why a handler did not get what it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// No request is current: [`crate::Monitor::layer`] is missing.
    NoLayer,
    /// The client is on another machine, or it is not known where.
    Remote,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoLayer => "this route is not monitored; put `.layer(monitor.layer())` behind it",
            Self::Remote => {
                "statistics are shown to this machine only; serve the router with \
                 `into_make_service_with_connect_info::<SocketAddr>()` and ask from here"
            }
        })
    }
}

impl std::error::Error for Refused {}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NoLayer => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Remote => StatusCode::FORBIDDEN,
        };
        (status, format!("{self}\n")).into_response()
    }
}
