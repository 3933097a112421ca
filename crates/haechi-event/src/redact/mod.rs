//! Cuts secrets out before anything reaches the disk, by the name of a value
//! and by its look. What was cut stays visible as `[cut:RULE:LENGTH]`, where
//! LENGTH is in bytes.
//!
//! * [`text`]: free text: log lines, messages, source lines, SQL, bodies;
//! * [`query`]: a query string or a form's body;
//! * [`url`]: an address, as in a `Referer` header;
//! * [`pair`]: a value with its name: a local variable, an attribute;
//! * [`header`]: a header of a request or of its answer.
//!
//! Escapes hide nothing: what stands in percent signs, in JSON's or Python's
//! backslashes or in HTML's entities is looked at without them, up to three
//! deep. Time is linear in the length of the text: whatever looks ahead looks a
//! bounded way, or cuts what it has looked at and goes on behind.
//!
//! The functions follow the rules that [`install`] was given, else the rules
//! every folder has.

mod card;
mod class;
mod code;
mod cut;
mod decode;
mod formats;
mod header;
mod key;
mod markup;
mod named;
mod query;
mod rules;
mod scan;
mod scheme;
mod sql;
mod userinfo;
mod value;
mod words;

pub use cut::{Cut, Rule};
pub use rules::{RuleError, Rules};

use std::borrow::Cow;
use std::sync::OnceLock;

/// Longer halves of secrets are known by their look.
const HALF_MAX: usize = 512;

static STANDARD: Rules = Rules::standard();
static INSTALLED: OnceLock<Rules> = OnceLock::new();

/// Makes a folder's own rules those of the whole program. The first call counts;
/// `false` if there was one before.
pub fn install(rules: Rules) -> bool {
    INSTALLED.set(rules).is_ok()
}

/// The rules of the program.
#[must_use]
pub fn rules() -> &'static Rules {
    INSTALLED.get().unwrap_or(&STANDARD)
}

/// Free text, such as a log message. Borrows when there is nothing to cut.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    rules().text(text)
}

/// A query string or a form's body (`a=1&b=2`). Borrows when there is nothing
/// to cut.
#[must_use]
pub fn query(query: &str) -> Cow<'_, str> {
    rules().query(query)
}

/// A URL, as in a `Referer` header: the secrets of its user, path, query and
/// fragment are cut. Borrows when there is nothing to cut.
#[must_use]
pub fn url(url: &str) -> Cow<'_, str> {
    rules().url(url)
}

/// A value with its name, such as a local variable or an attribute of a log
/// record: cut whole if the name is a secret's, else as free text.
#[must_use]
pub fn pair<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    rules().pair(name, value)
}

/// The value of a header with its name, in any case: of cookies only the names
/// stay, of credentials only the scheme, whatever a folder's own rules allow; of
/// addresses the secret parts are cut, and of all others what [`pair`] cuts.
#[must_use]
pub fn header<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    rules().header(name, value)
}

/// Whether [`pair`] may cut a value for this name.
#[must_use]
pub fn is_secret_key(name: &str) -> bool {
    rules().is_secret_key(name)
}

/// At most so many bytes from the beginning of a text that is too long to be
/// looked at whole. It ends between words, so that no half of a secret stays
/// unknown for the want of its other half.
#[must_use]
pub fn head(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let bytes = text.as_bytes();
    let mut end = max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let parts = |byte: &u8| byte.is_ascii_whitespace() || b"&;,\"'".contains(byte);
    let is_between = bytes.get(end).is_none_or(parts);
    let last = &bytes[end.saturating_sub(HALF_MAX)..end];
    match last.iter().rposition(parts) {
        // what parts two words is one byte long, so this is between characters
        Some(place) if !is_between => &text[..end - last.len() + place + 1],
        _ => &text[..end],
    }
}

#[cfg(test)]
mod tests;
