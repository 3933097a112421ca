use crate::captured_error::bounded;
use haechi_event::redact;
use std::fmt::Write;
use tracing::field::{Field, Visit};

/// Fields of one event that are kept.
const FIELDS_MAX: usize = 32;
/// Bytes of a message that are kept.
const MESSAGE_MAX: usize = 16 * 1024;

/// An event's message and, behind it, its other fields as `name=value`.
#[derive(Default)]
pub(super) struct Fields {
    message: String,
    others: Vec<(&'static str, String)>,
    pub(super) origin: Origin,
}

/// Where a line of `log`'s was written, which `tracing-log` says in fields.
#[derive(Default)]
pub(super) struct Origin {
    pub(super) target: Option<String>,
    pub(super) file: Option<String>,
    pub(super) line: Option<u32>,
}

impl Fields {
    /// The line as people read it. What a field's name says of its value is not
    /// to be seen in the line any more: a value may have blanks.
    pub(super) fn line(mut self) -> String {
        for (name, value) in &self.others {
            if self.message.len() + value.len() > MESSAGE_MAX {
                break;
            }
            let blank = if self.message.is_empty() { "" } else { " " };
            let _ = write!(self.message, "{blank}{name}={}", redact::pair(name, value));
        }
        self.message
    }

    fn put(&mut self, field: &Field, value: String) {
        if field.name() == "message" {
            self.message = value;
        } else if field.name() == "log.target" {
            self.origin.target = Some(value);
        } else if field.name() == "log.file" {
            self.origin.file = Some(value);
        } else if !field.name().starts_with("log.") && self.others.len() < FIELDS_MAX {
            self.others.push((field.name(), value));
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, bounded(format_args!("{value}")));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "log.line" {
            self.origin.line = u32::try_from(value).ok();
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, bounded(format_args!("{value}")));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field, bounded(format_args!("{value:?}")));
    }
}
