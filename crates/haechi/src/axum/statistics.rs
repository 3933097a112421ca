use super::{Refused, local};
use crate::current::{self, Place};
use crate::recorder::Recorder;
use crate::statistics::{self, Kind};
use axum::extract::FromRequestParts;
use axum::response::{Html, IntoResponse, Response};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::request::Parts;

/// The statistics of the app that handles the request. As an answer it is the
/// page that keeps itself fresh, or JSON where that is asked for (`Accept:
/// application/json`, or a path that ends with `.json`); clients of other
/// machines get 403.
#[derive(Debug, Clone)]
pub struct Statistics {
    recorder: Recorder,
    app: String,
    is_local: bool,
    wants_json: bool,
}

/// Answers with the statistics of the app: `.route("/your_app/stats",
/// get(haechi::stats))`.
pub async fn stats(statistics: Statistics) -> Statistics {
    statistics
}

impl Statistics {
    /// Monitors the app in every process, at once and after a restart.
    pub fn enable(&self) {
        self.recorder.enable(&self.app);
    }

    /// Pauses that, in every process, until it is enabled.
    pub fn disable(&self) {
        self.recorder.disable(&self.app);
    }

    /// Whether the client is on this machine. A proxy that names another client
    /// makes it a remote one; so does a server that does not say who asks (see
    /// [`crate::tower::Peer`]).
    #[must_use]
    pub const fn is_local(&self) -> bool {
        self.is_local
    }

    /// The numbers.
    #[must_use]
    pub fn collect(&self) -> statistics::Statistics {
        self.recorder.statistics(&self.app)
    }
}

impl<S: Sync> FromRequestParts<S> for Statistics {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let Place { recorder, app, .. } = current::place().ok_or(Refused::NoLayer)?;
        Ok(Self { recorder, app, is_local: local::is_local(parts), wants_json: wants_json(parts) })
    }
}

fn wants_json(parts: &Parts) -> bool {
    let accept = parts.headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    parts.uri.path().ends_with(".json")
        || accept.is_some_and(|accept| {
            let page = accept.find("text/html").unwrap_or(usize::MAX);
            accept.find("application/json").is_some_and(|json| json < page)
        })
}

/// The page brings its own style and script and asks its own address only.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

impl IntoResponse for Statistics {
    fn into_response(self) -> Response {
        if !self.is_local {
            return Refused::Remote.into_response();
        }
        let found = self.collect();
        if self.wants_json {
            let json = serde_json::to_string(&found).unwrap_or_else(|_| "null".to_owned());
            return ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], json)
                .into_response();
        }
        let page = Html(statistics::html(&found, Kind::Page));
        ([(CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "no-store")], page).into_response()
    }
}
