use crate::attribute::Attribute;
use haechi_event::{RequestId, Severity};

/// A log line on its way to the app's log file and the spool.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogLine<'a> {
    /// When it was written, Unix nanoseconds; 0 means now.
    pub time_unix_ns: u64,
    /// The request it was written in, or [`RequestId::NONE`].
    pub request_id: RequestId,
    /// How grave it is.
    pub severity: Severity,
    /// `service.name`.
    pub app: &'a str,
    /// Name of the logger.
    pub logger: &'a str,
    /// Route of the request it was written in; empty outside of one.
    pub route: &'a str,
    /// Source file that wrote it, and the line in it (0 if unknown).
    pub file: &'a str,
    /// See [`Self::file`].
    pub line: u32,
    /// The line itself; redacted on the way.
    pub message: &'a str,
    /// Traceback of the exception being handled; redacted on the way.
    pub exception: &'a str,
    /// The message before its arguments were put in (`took %d ms`), redacted on
    /// the way; empty if it had none.
    pub template: &'a str,
    /// Arguments and what else it was given; redacted on the way, and bounded
    /// as [`haechi_event::AttributesWriter`] says.
    pub attributes: &'a [Attribute<'a>],
    /// Whether it stays out of the app's log file, as what a program prints does.
    pub spool_only: bool,
}
