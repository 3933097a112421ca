//! What is cut, and the mark that is left.

use std::borrow::Cow;
use std::fmt;

/// Why something was cut. Shown as in the mark: `key`, `jwt`, `pattern2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// One of the rules every folder has.
    Known(&'static str),
    /// So many-th pattern of the folder's own, counted from 1.
    Pattern(usize),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(name) => f.write_str(name),
            Self::Pattern(number) => write!(f, "pattern{number}"),
        }
    }
}

/// A part of a text that must not be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Where it begins, in bytes.
    pub start: usize,
    /// How long it is, in bytes.
    pub len: usize,
    /// Why it is cut.
    pub rule: Rule,
}

impl Cut {
    pub(super) const fn new(start: usize, end: usize, rule: &'static str) -> Self {
        Self { start, len: end.saturating_sub(start), rule: Rule::Known(rule) }
    }

    /// Where it ends, in bytes.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.start + self.len
    }
}

/// Puts cuts in order and makes one of those that touch the same bytes; the
/// longest names the rule. They then begin and end between characters.
pub(super) fn settle(text: &str, cuts: &mut Vec<Cut>) {
    cuts.retain(|cut| cut.len > 0);
    cuts.sort_unstable_by_key(|cut| (cut.start, cut.len));
    for cut in cuts.iter_mut() {
        let mut end = cut.end().min(text.len());
        while !text.is_char_boundary(cut.start) {
            cut.start -= 1;
        }
        while !text.is_char_boundary(end) {
            end += 1;
        }
        cut.len = end - cut.start;
    }
    cuts.dedup_by(|next, cut| {
        let same = next.start < cut.end();
        if same {
            let end = next.end().max(cut.end());
            if next.len > cut.len {
                cut.rule = next.rule;
            }
            cut.len = end - cut.start;
        }
        same
    });
}

/// The text with a mark in the place of each cut, which must be settled.
pub(super) fn apply<'a>(text: &'a str, cuts: &[Cut]) -> Cow<'a, str> {
    use fmt::Write;
    if cuts.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut copied = 0;
    for cut in cuts {
        out.push_str(&text[copied..cut.start]);
        // writing into a String cannot fail
        let _ = write!(out, "[cut:{}:{}]", cut.rule, cut.len);
        copied = cut.end();
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Length of a mark at the beginning of `rest`, 0 if there is none.
pub(super) fn mark_len(rest: &[u8]) -> usize {
    let whole = || {
        let body = rest.get(..48.min(rest.len()))?.strip_prefix(b"[cut:")?;
        let rule = body.iter().position(|byte| !byte.is_ascii_alphanumeric())?;
        let number = body[rule..].strip_prefix(b":")?;
        let digits = number.iter().position(|byte| !byte.is_ascii_digit())?;
        (rule > 0 && digits > 0 && number[digits] == b']').then_some(5 + rule + 1 + digits + 1)
    };
    whole().unwrap_or(0)
}
