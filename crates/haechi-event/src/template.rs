//! What is the same about texts that differ only in their data: the template of
//! a log line or of an exception's message.

/// Longer texts are looked at no further; what is behind rarely tells more.
const LOOK_AT: usize = 512;

/// The text with its data taken out: quoted strings become `<s>`, numbers
/// `<n>`, hexadecimal ids, UUIDs and addresses `<id>`; blanks are folded.
#[must_use]
pub fn template(text: &str) -> String {
    let text = crate::wire::cut(text, LOOK_AT);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let starts_word = !out.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let taken = match first {
            '\'' | '"' | '`' if starts_word => quoted(rest, first).map(|len| ("<s>", len)),
            c if c.is_whitespace() => Some((" ", rest.len() - rest.trim_start().len())),
            c if starts_word && c.is_ascii_alphanumeric() => data_word(rest),
            c if c.is_ascii_digit() => Some(("<n>", digits(rest))),
            _ => None,
        };
        let (shown, len) = taken.unwrap_or((&rest[..first.len_utf8()], first.len_utf8()));
        out.push_str(shown);
        rest = &rest[len..];
    }
    out.truncate(out.trim_end().len());
    out
}

/// The length of a quoted string with its quotes; `None` if it does not end.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at + c.len_utf8()),
            _ => {}
        }
    }
    None
}

/// A word that is data: a number, or hexadecimal digits with a decimal among
/// them. `-`, `.` and `:` may stand inside, as in UUIDs, times and addresses.
fn data_word(rest: &str) -> Option<(&'static str, usize)> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let word = &rest[..rest.find(|c| !inside(c)).unwrap_or(rest.len())];
    let word = word.trim_end_matches(['-', '.', ':']);
    let plain = word.strip_prefix("0x").unwrap_or(word);
    let hex = plain.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '-' | '.' | ':'));
    let numbers = plain.chars().filter(char::is_ascii_digit).count();
    if hex && numbers > 0 && (plain.len() >= 8 || word.len() > plain.len()) {
        return Some(("<id>", word.len()));
    }
    let len = digits(rest);
    let ends = !rest[len..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    (len > 0 && ends).then_some(("<n>", len))
}

/// The length of a number: digits, with `.` and `,` between them.
fn digits(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    while digit(end) || (end > 0 && matches!(bytes.get(end), Some(b'.' | b',')) && digit(end + 1)) {
        end += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::template;
    use proptest::prelude::*;

    #[test]
    fn texts_that_differ_in_their_data_have_one_template() {
        for (text, expected) in [
            ("no cover for 26000 won", "no cover for <n> won"),
            ("KeyError: 'card'", "KeyError: <s>"),
            ("took 1,234.5 ms", "took <n> ms"),
            ("user 550e8400-e29b-41d4-a716-446655440000 left", "user <id> left"),
            ("at 0x7f3a, retry   3", "at <id>, retry <n>"),
            ("it isn't there", "it isn't there"),
            ("v2 of item42", "v<n> of item<n>"),
            ("from 192.168.0.17:8000", "from <id>"),
            ("변수 3개", "변수 <n>개"),
        ] {
            assert_eq!(template(text), expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_template_that_is_not_longer_than_its_data_allows(text in "\\PC{0,80}") {
            prop_assert!(template(&text).len() <= text.len() * 4);
        }
    }
}
