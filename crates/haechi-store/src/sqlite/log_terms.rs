//! What the full-text index holds of a log line: its words, and behind them one
//! term for each thing a line can be filtered by. Such a term begins with a
//! character that is taken out of every text, so that no text of an app and no
//! search of a person can pass for one.

use haechi_event::{Log, Severity, decode_attributes};

/// Begins terms that are no words; the index counts it as a letter.
const MARK: char = '\u{1}';
/// Characters of a hashed value: 50 bits.
const HASHED: u32 = 10;

/// Things a line is filtered by whose value is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    App,
    Logger,
    Route,
    Attribute,
}

/// Puts what is to be indexed of a line into `out`.
pub(crate) fn index_text(out: &mut String, log: &Log<'_>, pattern: u64) {
    out.clear();
    push_text(out, log.message);
    out.push(' ');
    push_severity(out, log.severity);
    out.push(' ');
    push_pattern(out, pattern);
    for (tag, value) in [(Tag::App, log.app), (Tag::Logger, log.logger), (Tag::Route, log.route)] {
        out.push(' ');
        push_tag(out, tag, "", value);
    }
    for (key, value) in decode_attributes(log.attributes) {
        out.push(' ');
        push_tag(out, Tag::Attribute, key, value);
    }
    if !log.exception.is_empty() {
        out.push(' ');
        push_text(out, log.exception);
    }
}

/// Lines at least this grave, as an expression; `None` if that is all of them.
pub(crate) fn at_least(least: Severity) -> Option<String> {
    (least > Severity::Trace).then(|| any_of(|severity| severity >= least))
}

/// All lines there are, as an expression.
pub(crate) fn every_line() -> String {
    any_of(|_| true)
}

/// Lines of one severity, as an expression.
pub(crate) fn of_severity(severity: Severity) -> String {
    any_of(|other| other == severity)
}

fn any_of(wanted: impl Fn(Severity) -> bool) -> String {
    let wanted = Severity::ALL.into_iter().filter(|severity| wanted(*severity));
    let terms: Vec<_> = wanted.map(|severity| quoted(|out| push_severity(out, severity))).collect();
    format!("({})", terms.join(" OR "))
}

/// Lines of one pattern, as an expression.
pub(crate) fn of_pattern(pattern: u64) -> String {
    quoted(|out| push_pattern(out, pattern))
}

/// Lines with this value, as an expression; `key` names an attribute.
pub(crate) fn tagged(tag: Tag, key: &str, value: &str) -> String {
    quoted(|out| push_tag(out, tag, key, value))
}

fn quoted(push: impl FnOnce(&mut String)) -> String {
    let mut out = String::from('"');
    push(&mut out);
    out.push('"');
    out
}

fn push_text(out: &mut String, text: &str) {
    if text.as_bytes().contains(&(MARK as u8)) {
        out.extend(text.chars().map(|c| if c == MARK { ' ' } else { c }));
    } else {
        out.push_str(text);
    }
}

fn push_severity(out: &mut String, severity: Severity) {
    out.push(MARK);
    out.push('l');
    push_base32(out, u64::from(severity.number()), 1);
}

fn push_pattern(out: &mut String, pattern: u64) {
    out.push(MARK);
    out.push('p');
    push_base32(out, pattern, 13);
}

fn push_tag(out: &mut String, tag: Tag, key: &str, value: &str) {
    out.push(MARK);
    out.push(match tag {
        Tag::App => 'a',
        Tag::Logger => 'g',
        Tag::Route => 'r',
        Tag::Attribute => 'x',
    });
    push_base32(out, crate::pattern::hash([key, value]), HASHED);
}

/// The lowest `5 * digits` bits. Letters are small: the index folds others.
fn push_base32(out: &mut String, value: u64, digits: u32) {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    out.extend((0..digits).rev().map(|at| char::from(DIGITS[(value >> (5 * at)) as usize & 31])));
}

/// The same text without what begins a term that is no word.
pub(crate) fn unmarked(text: &str) -> String {
    text.replace(MARK, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_an_app_passes_for_a_filter() {
        let forged = format!("{MARK}l{} x", 'h');
        let log = Log { message: &forged, exception: &forged, app: "shop", ..Log::default() };
        let mut text = String::new();
        index_text(&mut text, &log, 7);
        assert_eq!(text.matches(MARK).count(), 5, "{text:?}");
        assert!(!unmarked(&forged).contains(MARK));
    }

    #[test]
    fn severities_have_a_term_each() {
        let mut terms: Vec<_> = Severity::ALL.into_iter().map(of_severity).collect();
        terms.dedup();
        assert_eq!(terms.len(), 6);
        assert_eq!(at_least(Severity::Trace), None);
        assert_eq!(at_least(Severity::Error).unwrap().matches(" OR ").count(), 1);
    }
}
