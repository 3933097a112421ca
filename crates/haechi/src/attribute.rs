//! What a log line was given beside its text, and how much of it is kept.

use haechi_event::{AttributesWriter, redact};
use std::borrow::Cow;

/// Bytes of a value that are looked at: more than is kept, so that a secret
/// that begins within what is kept is seen whole.
const LOOKED_AT: usize = 4 * 1024;
/// Where something was cut out of the message, shorter arguments are not kept:
/// what little they are stands in any text.
const TELLING: usize = 4;

/// Where an attribute of a log line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Given {
    /// Given beside the message (`extra=`).
    #[default]
    Beside,
    /// A text put into the message.
    Text,
    /// A number, or anything else that is not a text, put into the message.
    Value,
}

/// A named value of a log line; redacted on the way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attribute<'a> {
    /// Its name; for an argument without one its place: `0`, `1`, …
    pub key: Cow<'a, str>,
    /// Its value as text.
    pub value: Cow<'a, str>,
    /// Where it comes from.
    pub given: Given,
}

/// The byte form of the attributes of a line, without their secrets.
///
/// A text argument is kept as far as the redacted message shows it: whoever
/// logs `token %.4s…`, or has a password cut out of `password=%s`, does not
/// want it to stand beside the message. Other arguments are left out where the
/// message does not show them and something was cut out of it.
pub(crate) fn encode(
    attributes: &[Attribute<'_>],
    message: &str,
    is_cut: bool,
) -> AttributesWriter {
    let mut writer = AttributesWriter::default();
    // a folder's own patterns may fit any word
    let is_harmless = |text: &str| !redact::rules().has_patterns() && is_short_word(text);
    for Attribute { key, value, given } in attributes {
        let value = redact::head(value, LOOKED_AT);
        let is_place = *given != Given::Beside && key.bytes().all(|byte| byte.is_ascii_digit());
        let value = if !is_place {
            redact::pair(key, value)
        } else if is_harmless(value) {
            Cow::Borrowed(value)
        } else {
            redact::text(value)
        };
        // nothing left but the mark: what was cut is not said again in another way
        let is_mark = matches!(&value, Cow::Owned(cut)
            if cut.starts_with("[cut:") && cut.find(']') == Some(cut.len() - 1));
        let is_shown = || message.contains(&*value) && !(is_cut && value.len() < TELLING);
        let is_kept = match given {
            Given::Beside => true,
            Given::Text => is_mark || is_shown(),
            Given::Value => !is_cut || is_mark || is_shown(),
        };
        let key = if is_harmless(key) {
            Cow::Borrowed(&**key)
        } else {
            redact::text(redact::head(key, LOOKED_AT))
        };
        if is_kept {
            writer.push(&key, &value);
        } else {
            writer.push(&key, &format!("[cut:message:{}]", value.len()));
        }
    }
    writer
}

/// Whether a text is one short word, as most are: every secret that is known by
/// its look is longer, or has a sign in it.
fn is_short_word(text: &str) -> bool {
    text.len() < 12 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use haechi_event::decode_attributes;

    fn kept(message: &str, attributes: &[(&str, &str, Given)]) -> Vec<(String, String)> {
        let attributes: Vec<_> = attributes
            .iter()
            .map(|(key, value, given)| Attribute {
                key: (*key).into(),
                value: (*value).into(),
                given: *given,
            })
            .collect();
        let redacted = redact::text(message);
        let is_cut = matches!(redacted, Cow::Owned(_));
        let written = encode(&attributes, &redacted, is_cut);
        decode_attributes(written.as_bytes()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    fn one(message: &str, value: &str, given: Given) -> String {
        kept(message, &[("0", value, given)]).remove(0).1
    }

    #[test]
    fn what_the_message_shows_is_kept() {
        assert_eq!(one("user anna came", "anna", Given::Text), "anna");
        assert_eq!(one("took 1.50 s", "1.5", Given::Value), "1.5");
        assert_eq!(one("took 1.50 s", "1.49999", Given::Value), "1.49999");
        let long = "v".repeat(3000);
        assert_eq!(one(&format!("got {long}"), &long, Given::Text).len(), 1024);
    }

    #[test]
    fn an_argument_says_no_more_than_the_redacted_message() {
        assert_eq!(one("password=hunter2", "hunter2", Given::Text), "[cut:message:7]");
        assert_eq!(one("password=q", "q", Given::Text), "[cut:message:1]");
        assert_eq!(one("otp: 123456", "123456", Given::Value), "[cut:message:6]");
        assert_eq!(one("cvv: 1", "1", Given::Value), "[cut:message:1]");
        assert_eq!(one("token abcd…", "abcdefghijkl", Given::Text), "[cut:message:12]");
        assert_eq!(one("at postgres://me:pw12@db/x", "pw12", Given::Text), "[cut:message:4]");
        let of_another = one("order 77123 of user, password=x", "77123", Given::Value);
        assert_eq!(of_another, "77123");
    }

    proptest::proptest! {
        #[test]
        fn what_passes_as_harmless_has_nothing_to_cut(text in "[A-Za-z0-9._]{0,14}|\\PC{0,14}") {
            if is_short_word(&text) {
                proptest::prop_assert!(matches!(redact::text(&text), Cow::Borrowed(_)), "{}", text);
            }
        }
    }

    #[test]
    fn secrets_are_cut_by_name_and_by_look() {
        let given = [
            ("password", "hunter2", Given::Beside),
            ("note", "got AKIAIOSFODNN7EXAMPLE", Given::Beside),
            ("api_key", "k-1", Given::Text),
            ("AKIAIOSFODNN7EXAMPLE", "a secret for a name", Given::Beside),
            ("order", "77", Given::Beside),
        ];
        let found = kept("with k-1", &given);
        let values: Vec<_> = found.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values[..3], ["[cut:key:7]", "got [cut:aws:20]", "[cut:key:3]"]);
        assert_eq!(found[3].0, "[cut:aws:20]");
        assert_eq!(found[4], ("order".to_owned(), "77".to_owned()));
    }
}
