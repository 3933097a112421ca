//! What stands after a secret's name and is no secret: nothing, a placeholder,
//! prose about it, or code that gets it.

use super::cut::mark_len;
use super::key::Secrecy;
use super::rules::Rules;
use super::value::run;

/// Longer values are neither prose nor code.
const LOOK: usize = 96;

/// Words that tell how it is with a secret, and names of types.
const WORDS: &[&str] = &[
    "a",
    "accepted",
    "activated",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "await",
    "blank",
    "blob",
    "bool",
    "boolean",
    "by",
    "bytes",
    "can",
    "cannot",
    "changed",
    "char",
    "closed",
    "could",
    "created",
    "default",
    "deleted",
    "denied",
    "dict",
    "did",
    "disabled",
    "does",
    "empty",
    "enabled",
    "error",
    "expected",
    "expired",
    "fail",
    "failed",
    "failure",
    "false",
    "for",
    "forbidden",
    "found",
    "from",
    "generated",
    "granted",
    "has",
    "hidden",
    "if",
    "in",
    "incorrect",
    "int",
    "integer",
    "invalid",
    "is",
    "issued",
    "it",
    "lambda",
    "list",
    "malformed",
    "masked",
    "may",
    "mismatch",
    "missing",
    "must",
    "n/a",
    "new",
    "nil",
    "no",
    "none",
    "not",
    "null",
    "object",
    "of",
    "off",
    "ok",
    "on",
    "optional",
    "or",
    "please",
    "redacted",
    "refreshed",
    "rejected",
    "removed",
    "renewed",
    "required",
    "reset",
    "revoked",
    "rotated",
    "self",
    "sent",
    "set",
    "should",
    "started",
    "str",
    "string",
    "success",
    "text",
    "the",
    "to",
    "too",
    "true",
    "undefined",
    "unexpected",
    "unknown",
    "unset",
    "updated",
    "valid",
    "varchar",
    "verified",
    "was",
    "will",
    "wrong",
];

/// Types that a default value may follow: `password: str = "…"`.
const TYPES: [&str; 8] = ["str", "string", "bytes", "int", "any", "object", "text", "integer"];

/// Whether the value is a type's name.
pub(super) fn is_type(value: &[u8]) -> bool {
    TYPES.iter().any(|name| value.eq_ignore_ascii_case(name.as_bytes()))
}

/// Whether a value is no secret. `loose` says that it stands in free text
/// without quotes, where it may be prose or code.
pub(super) fn is_harmless(rules: &Rules, value: &[u8], secrecy: Secrecy, loose: bool) -> bool {
    if value.is_empty() || mark_len(value) == value.len() {
        return true;
    }
    if value.len() > LOOK {
        return false;
    }
    let is_small = value.len() <= 3 && value.iter().all(u8::is_ascii_digit);
    if is_nothing(value) || is_placeholder(value) || (is_small && secrecy < Secrecy::Sure) {
        return true;
    }
    loose && (is_word(value) || is_code(rules, value))
}

/// Values that say only whether there is a secret.
fn is_nothing(value: &[u8]) -> bool {
    matches!(
        value,
        b"None"
            | b"null"
            | b"NULL"
            | b"nil"
            | b"undefined"
            | b"True"
            | b"False"
            | b"true"
            | b"false"
            | b"''"
            | b"\"\""
            | b"b''"
            | b"[]"
            | b"{}"
            | b"()"
    )
}

fn is_word(value: &[u8]) -> bool {
    let mut lower = [0u8; 12];
    let value = value.strip_suffix(b".").or_else(|| value.strip_suffix(b":")).unwrap_or(value);
    let Some(place) = lower.get_mut(..value.len()) else { return false };
    place.copy_from_slice(value);
    place.make_ascii_lowercase();
    let word = std::str::from_utf8(place).unwrap_or_default();
    WORDS.binary_search(&word).is_ok()
}

/// `%s`, `?`, `{token}`, `${TOKEN}`, `<token>`, `****`.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let is_name = |name: &[u8]| run(name, is_dotted) == name.len();
    match value {
        b"?" | b"%s" | b"%r" | b"%d" | b"..." | b"-" => true,
        [b'{', name @ .., b'}'] => run(name, is_dotted) == name.len(),
        [b'$', b'{', name @ .., b'}'] | [b'%', b'(', name @ .., b')', b's'] => is_name(name),
        [b'$', name @ ..] => {
            name.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
                || (name.len() <= 2 && name.iter().all(u8::is_ascii_digit))
        }
        [b'<', name @ .., b'>'] => is_name(name),
        _ => value.len() >= 3 && value.iter().all(|byte| *byte == b'*'),
    }
}

fn is_dotted(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.".contains(&byte)
}

/// `get_token(request)`, `os.environ['TOKEN']`, `form.vars.password`.
fn is_code(rules: &Rules, value: &[u8]) -> bool {
    let len = run(value, is_dotted);
    let (name, rest) = value.split_at(len);
    if !name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
        return false;
    }
    match rest {
        [] | [b':' | b')' | b',', ..] => {
            let last = name.rsplit(|byte| *byte == b'.').next().unwrap_or(name);
            let all_letters = last.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_');
            rest.len() <= 2 && all_letters && rules.secrecy(last) > Secrecy::Many
        }
        [b'(', ..] => !name.iter().any(u8::is_ascii_digit) || name.contains(&b'.'),
        [b'[', b'\'' | b'"', ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_in_order() {
        assert!(WORDS.is_sorted());
        assert!(WORDS.iter().all(|word| word.len() <= 12));
    }

    #[test]
    fn secrets_are_told_from_what_is_said_about_them() {
        let rules = Rules::standard();
        let harmless = |value: &str| is_harmless(&rules, value.as_bytes(), Secrecy::Sure, true);
        for value in [
            "",
            "None",
            "expired",
            "required.",
            "%s",
            "{token}",
            "${DB_PASSWORD}",
            "$1",
            "****",
            "get_token(request)",
            "os.environ['DB_PASSWORD']",
            "form.vars.password",
            "password",
            "[cut:key:7]",
            "<hidden>",
        ] {
            assert!(harmless(value), "{value}");
        }
        for value in ["hunter2", "[cut:key:7]x", "s3cr3t(x", "Password1", "abc", "$ecret", "123"] {
            assert!(!harmless(value), "{value}");
        }
    }
}
