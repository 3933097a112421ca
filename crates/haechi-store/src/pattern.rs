//! Which log lines are of one pattern.

use haechi_event::{Log, template};
use std::borrow::Cow;

/// Bytes of a template that count and are kept.
const TEMPLATE_MAX: usize = 512;

/// What makes a line one of a pattern: app, logger, severity and this text. It
/// is the line's format string as the app wrote it, or else the message with
/// its data taken out.
pub(crate) fn template_of<'a>(log: &Log<'a>) -> Cow<'a, str> {
    if says_something(log.template) {
        return Cow::Borrowed(cut(log.template));
    }
    let text = template(log.message);
    if text.len() <= TEMPLATE_MAX {
        return Cow::Owned(text);
    }
    Cow::Owned(cut(&text).to_owned())
}

/// A format string such as `%s` or `%(name)s: %d` alone would make one pattern
/// of everything that is logged by it.
fn says_something(template: &str) -> bool {
    let mut rest = template;
    while let Some((before, spec)) = rest.split_once('%') {
        if before.contains(char::is_alphanumeric) {
            return true;
        }
        let spec = match spec.strip_prefix('(').and_then(|named| named.split_once(')')) {
            Some((_, after)) => after,
            None => spec,
        };
        let end = spec.find(char::is_alphabetic).map_or(spec.len(), |at| at + 1);
        rest = spec.get(end..).unwrap_or_default();
    }
    rest.contains(char::is_alphanumeric)
}

fn cut(text: &str) -> &str {
    let end = (0..=TEMPLATE_MAX.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// Names a pattern, the same on every day and in every store (63 bits).
pub(crate) fn pattern_id(app: &str, logger: &str, severity: &str, template: &str) -> u64 {
    hash([app, logger, severity, template])
}

/// FNV-1a with a separator no text contains, so that parts cannot run together;
/// 63 bits, as the store's integers are signed.
pub(crate) fn hash<const N: usize>(parts: [&str; N]) -> u64 {
    let fold = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    let sum = bytes.fold(0xcbf2_9ce4_8422_2325, fold);
    // the low bits of this hash are its best
    (sum ^ (sum >> 32)) & (i64::MAX as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template_for(template: &str, message: &str) -> String {
        template_of(&Log { template, message, ..Log::default() }).into_owned()
    }

    #[test]
    fn a_format_string_is_the_template_unless_it_says_nothing() {
        assert_eq!(template_for("took %d ms", "took 3 ms"), "took %d ms");
        assert_eq!(template_for("", "took 3 ms"), "took <n> ms");
        assert_eq!(template_for("%s", "took 3 ms"), "took <n> ms");
        assert_eq!(template_for("%(a)s: %-5.2f", "took 3 ms"), "took <n> ms");
        assert_eq!(template_for("%s 결제", "카드 결제"), "%s 결제");
        assert_eq!(template_for("%", "x"), "x");
        assert_eq!(template_for(&"é".repeat(400), "x").len(), 512);
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(hash(["a", "bc"]), hash(["ab", "c"]));
        assert!(hash(["a", "bc"]) >> 63 == 0);
    }
}
