//! A folder's own rules for what is cut out: the table `[redact]` of its
//! `haechi.toml`.

use haechi_event::redact::{RuleError, Rules};
use serde::Deserialize;

/// The table `[redact]`. Anything else in it is refused by name.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedactSettings {
    /// Names whose values are cut too, however they are spelled. Default none.
    pub keys: Vec<String>,
    /// Regular expressions of what is cut too. Default none.
    pub patterns: Vec<String>,
    /// Names whose values are left although they sound like secrets. Default none.
    pub allow: Vec<String>,
    /// Regular expressions; what fits one from end to end is left. Default none.
    pub allow_patterns: Vec<String>,
}

impl RedactSettings {
    /// The rules every folder has, with these on top.
    ///
    /// # Errors
    /// [`RuleError`] naming the key or pattern that cannot be used.
    pub fn rules(&self) -> Result<Rules, RuleError> {
        Rules::standard()
            .with_keys(&self.keys)?
            .with_patterns(&self.patterns)?
            .with_allowed(&self.allow)?
            .with_allowed_patterns(&self.allow_patterns)
    }
}
