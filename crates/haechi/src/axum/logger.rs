use super::Refused;
use crate::Logger;
use axum::extract::FromRequestParts;
use http::request::Parts;

impl<S: Sync> FromRequestParts<S> for Logger {
    type Rejection = Refused;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Refused> {
        Self::current().ok_or(Refused::NoLayer)
    }
}
