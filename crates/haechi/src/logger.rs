use crate::current::Place;
use crate::recorder::Recorder;
use crate::{LogLine, RequestId, Severity};
use std::panic::Location;

/// Writes log lines of one request: to the app's file and to the spool, each
/// with the request's id, its route and the place it was written at.
#[derive(Debug, Clone)]
pub struct Logger {
    recorder: Recorder,
    app: String,
    route: String,
    request_id: RequestId,
}

macro_rules! levels {
    ($($name:ident $severity:ident),*) => {$(
        #[doc = concat!("Writes a line of the level `", stringify!($name), "`.")]
        #[track_caller]
        pub fn $name(&self, message: impl AsRef<str>) {
            self.write(Severity::$severity, message.as_ref(), Location::caller());
        }
    )*};
}

impl Logger {
    /// The logger of the current request; `None` if there is none.
    #[must_use]
    pub fn current() -> Option<Self> {
        let Place { recorder, app, route, request_id, .. } = crate::current::place()?;
        Some(Self { recorder, app, route, request_id })
    }

    levels!(trace Trace, debug Debug, info Info, warn Warn, error Error, fatal Fatal);

    fn write(&self, severity: Severity, message: &str, caller: &Location<'_>) {
        self.recorder.log(&LogLine {
            request_id: self.request_id,
            severity,
            app: &self.app,
            logger: &self.app,
            route: &self.route,
            file: caller.file(),
            line: caller.line(),
            message,
            ..LogLine::default()
        });
    }
}
