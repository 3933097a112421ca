//! Headers on their way to a record, and whether there is to be one.

use haechi_event::HeadersWriter;
use serde::Deserialize;

/// The table `[headers]` of `haechi.toml`. Anything else in it is refused by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HeaderSettings {
    /// Whether headers are kept at all. Default true.
    pub keep: bool,
}

impl Default for HeaderSettings {
    fn default() -> Self {
        Self { keep: true }
    }
}

/// What the heads of a request and of its answer said, being collected; secrets
/// are cut out on the way in.
#[derive(Debug, Default)]
pub struct Heads {
    /// The request's.
    pub request: HeadersWriter,
    /// The answer's.
    pub response: HeadersWriter,
}

impl Heads {
    pub(crate) fn is_empty(&self) -> bool {
        let none = |writer: &HeadersWriter| writer.as_bytes().is_empty() && writer.left_out() == 0;
        none(&self.request) && none(&self.response)
    }
}
