//! Cuts secrets out before anything reaches the disk, by the name of a value
//! and by its look. What was cut stays visible as `[cut:RULE:LENGTH]`, where
//! LENGTH is in bytes.

mod key;
mod query;
mod text;
mod value;

pub use key::is_secret_key;
pub use query::{query, url};
pub use text::{header, text};

/// The mark left where something was cut.
fn mark(out: &mut String, rule: &str, len: usize) {
    use std::fmt::Write;
    // writing into a String cannot fail
    let _ = write!(out, "[cut:{rule}:{len}]");
}
