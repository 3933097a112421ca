use crate::attributes::ATTRIBUTES_MAX;
use crate::wire::{Reader, Writer};
use crate::{EventError, RequestId, Severity};

/// Bytes of a log message, and of its exception text, that are kept.
pub const MESSAGE_MAX: u32 = 16 * 1024;
const FILE_MAX: u16 = 256;
const ROUTE_MAX: u16 = 200;
const NAME_MAX: u16 = 64;
/// Bytes of a log line's template that are kept.
const TEMPLATE_MAX: u16 = 1024;

/// One log line. Message and exception text are cut at [`MESSAGE_MAX`] bytes
/// when encoded; app at 64, logger and route at 200, file at 256, template at
/// 1,024. Attributes longer than [`ATTRIBUTES_MAX`] are left out (see
/// [`crate::AttributesWriter`], which keeps them shorter).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Log<'a> {
    /// When it was written, Unix nanoseconds.
    pub time_unix_ns: u64,
    /// The request it was written in, or [`RequestId::NONE`].
    pub request_id: RequestId,
    /// `severity_number` as its range.
    pub severity: Severity,
    /// Line number in [`Self::file`]; 0 if unknown.
    pub line: u32,
    /// Bytes the message had before it was cut.
    pub message_bytes: u64,
    /// `service.name`.
    pub app: &'a str,
    /// Name of the logger.
    pub logger: &'a str,
    /// Route of the request it was written in; empty outside of one.
    pub route: &'a str,
    /// Source file that wrote it.
    pub file: &'a str,
    /// The line itself, redacted.
    pub message: &'a str,
    /// `exception.stacktrace` of the exception that was being handled; empty if none.
    pub exception: &'a str,
    /// The message before its arguments were put in (`took %d ms`); empty if
    /// the line had no arguments.
    pub template: &'a str,
    /// What else the line was given, as [`crate::AttributesWriter`] encodes it.
    pub attributes: &'a [u8],
}

impl<'a> Log<'a> {
    pub(crate) const KIND: u8 = 2;
    pub(crate) const VERSION: u8 = 1;
    /// The form that has a template and attributes; used where there are some.
    pub(crate) const EXTENDED: u8 = 2;

    /// Appends the byte form, kind and version first.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let long = self.message.len() + self.exception.len();
        out.reserve(64 + 1024 + long.min(2 * MESSAGE_MAX as usize));
        let mut w = Writer { out };
        w.u8(Self::KIND);
        let is_plain = self.template.is_empty() && self.attributes.is_empty();
        w.u8(if is_plain { Self::VERSION } else { Self::EXTENDED });
        w.bytes(&self.time_unix_ns.to_le_bytes());
        w.bytes(&self.request_id.as_u64().to_le_bytes());
        w.u8(self.severity.number());
        w.bytes(&self.line.to_le_bytes());
        w.bytes(&self.message_bytes.to_le_bytes());
        w.text(self.app, NAME_MAX);
        w.text(self.logger, ROUTE_MAX);
        w.text(self.route, ROUTE_MAX);
        w.text(self.file, FILE_MAX);
        w.long_text(self.message, MESSAGE_MAX);
        w.long_text(self.exception, MESSAGE_MAX);
        if !is_plain {
            w.text(self.template, TEMPLATE_MAX);
            let fits = self.attributes.len() <= ATTRIBUTES_MAX;
            w.short_bytes(if fits { self.attributes } else { &[] });
        }
    }

    pub(crate) fn decode_fields(bytes: &'a [u8], version: u8) -> Result<Self, EventError> {
        let mut r = Reader { rest: bytes };
        let mut log = Self {
            time_unix_ns: r.u64("time_unix_ns")?,
            request_id: RequestId::from_u64(r.u64("request_id")?),
            severity: Severity::from_number(r.u8("severity")?),
            line: r.u32("line")?,
            message_bytes: r.u64("message_bytes")?,
            app: r.text("app")?,
            logger: r.text("logger")?,
            route: r.text("route")?,
            file: r.text("file")?,
            message: r.long_text("message")?,
            exception: r.long_text("exception")?,
            template: "",
            attributes: &[],
        };
        if version == Self::EXTENDED {
            log.template = r.text("template")?;
            log.attributes = r.short_bytes("attributes")?;
        }
        Ok(log)
    }
}
