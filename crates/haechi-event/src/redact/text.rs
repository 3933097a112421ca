use super::{is_secret_key, mark, value};
use std::borrow::Cow;

/// Free text, such as a log message, with every secret known by its look, and
/// the value after `name=` or `name:` of a secret name, cut. Borrows when there
/// is nothing to cut; one pass, no allocation for clean text.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let (mut copied, mut at, mut word_start) = (0, 0, 0);
    let mut before = Class::Gap;
    while let Some(byte) = bytes.get(at) {
        let class = CLASSES[usize::from(*byte)];
        let found = match (before, class) {
            // the inside of a word, which is most of any text
            (Class::Word, Class::Word) | (_, Class::Gap) => None,
            (_, Class::Sign) if at > word_start => after_name(text, word_start, at),
            (_, Class::Slash) if text[..at].ends_with(":/") => {
                value::userinfo(&text[at + 1..]).map(|f| (at + 1 + f.keep, f.cut, f.rule))
            }
            (before, Class::Word | Class::Dash) if before != class => {
                word_start = at;
                value::find(&text[at..]).map(|f| (at + f.keep, f.cut, f.rule))
            }
            _ => None,
        };
        before = class;
        if let Some((start, len, rule)) = found {
            out.push_str(&text[copied..start]);
            mark(&mut out, rule, len);
            copied = start + len;
            at = copied;
            word_start = at;
        } else {
            at += 1;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// A header's value, whole if its name is a secret's, else as free text.
#[must_use]
pub fn header<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if value.is_empty() || !is_secret_key(name) {
        return text(value);
    }
    let mut out = String::new();
    mark(&mut out, "key", value.len());
    Cow::Owned(out)
}

/// What a byte means for finding secrets. Bytes of characters beyond ASCII
/// belong to no word, and nothing is looked for where one begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    Gap,
    Dash,
    Slash,
    Sign,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Gap; 256];
    let mut byte = 0;
    while byte < 128u8 {
        classes[byte as usize] = match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' => Class::Word,
            b'-' => Class::Dash,
            b'/' => Class::Slash,
            b'=' | b':' => Class::Sign,
            _ => Class::Gap,
        };
        byte += 1;
    }
    classes
};

/// The value after `name=`, `name: `, `"name": "`: where it begins, its length.
fn after_name(text: &str, name_start: usize, sign: usize) -> Option<(usize, usize, &'static str)> {
    let name = text[name_start..sign].trim_end_matches(['"', '\'', ' ', ']', ')']);
    if name.is_empty() || name.contains(char::is_whitespace) || !is_secret_key(name) {
        return None;
    }
    let rest = &text[sign + 1..];
    let body = rest.trim_start_matches(' ');
    let quote = body.chars().next().filter(|c| matches!(c, '"' | '\''));
    let body = &body[quote.map_or(0, char::len_utf8)..];
    let end = match quote {
        Some(quote) => body.find(quote),
        None => body.find([' ', ',', ';', '&', '\n', '\t', '}', ')', ']', '"', '\'']),
    };
    let len = end.unwrap_or(body.len());
    let start = text.len() - body.len();
    (len > 0 && !body.starts_with("[cut:")).then_some((start, len, "key"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn secrets_in_a_message_are_cut_where_they_stand() {
        for (from, to) in [
            ("login with password=hunter2 ok", "login with password=[cut:key:7] ok"),
            (r#"{"api_key": "abc", "n": 1}"#, r#"{"api_key": "[cut:key:3]", "n": 1}"#),
            ("postgres://me:pw@db/x", "postgres://me:[cut:userinfo:2]@db/x"),
            ("got AKIAIOSFODNN7EXAMPLE.", "got [cut:aws:21]"),
            ("paid with 4111-1111-1111-1111!", "paid with [cut:card:19]!"),
            ("Bearer abcdefgh1234", "Bearer [cut:bearer:12]"),
        ] {
            assert_eq!(text(from), to);
        }
    }

    #[test]
    fn clean_text_is_not_touched() {
        for clean in [
            "Index page requested",
            "order 1234567890123 shipped at 12:30:45",
            "page: 3",
            "GET https://example.org/a?b=c",
            "An exception occurred: division by zero",
        ] {
            assert!(matches!(text(clean), Cow::Borrowed(_)), "{clean}");
        }
    }

    #[test]
    fn a_secret_header_is_cut_whole() {
        assert_eq!(header("Authorization", "Basic dXNlcjpwdw=="), "[cut:key:18]");
        assert_eq!(header("Accept", "text/html"), "text/html");
    }

    proptest! {
        #[test]
        fn any_text_is_taken_without_panic(input in "\\PC{0,80}|[a-z:/@=\"' 0-9-]{0,80}") {
            let once = text(&input).into_owned();
            let _ = super::super::query(&input);
            let _ = super::super::url(&input);
            prop_assert!(once.len() <= input.len() + 40 * (1 + input.len()));
        }
    }
}
