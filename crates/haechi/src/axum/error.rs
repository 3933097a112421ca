use crate::captured_error::{first_and_sources, kind_of, record};
use crate::{Mechanism, current};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use std::panic::Location;

/// Any error, as the answer of a handler: it is recorded with the chain of its
/// sources, and the client gets status 500 and a ticket number, nothing of the
/// error itself.
///
/// ```
/// async fn price() -> Result<String, haechi::axum::Error> {
///     let price: u32 = "26,000".parse()?;
///     Ok(price.to_string())
/// }
/// ```
#[derive(Debug)]
pub struct Error {
    error: Box<dyn std::error::Error + Send + Sync>,
    kind: &'static str,
    at: &'static Location<'static>,
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    #[track_caller]
    fn from(error: E) -> Self {
        let kind = std::any::type_name::<E>();
        Self { error: Box::new(error), kind, at: Location::caller() }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let ticket = current::place().map(|place| {
            let kind = kind_of(&*self.error, self.kind);
            let chain = first_and_sources(&*self.error);
            let _ = record(&place, &kind, chain, Mechanism::Unhandled, self.at);
            place.request_id.to_string()
        });
        let _ = current::with(|guard| guard.set_flag(crate::Flags::RAISED));
        let told = match ticket {
            Some(ticket) => format!("the server failed at this request; ticket {ticket}\n"),
            None => "the server failed at this request\n".to_owned(),
        };
        (StatusCode::INTERNAL_SERVER_ERROR, told).into_response()
    }
}
