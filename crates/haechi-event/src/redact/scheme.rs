//! `Bearer …` and `Basic …`, wherever they stand.

use super::value::{Found, run};

/// Enough to tell whether it is what it seems.
const LOOK: usize = 512;

/// A scheme's name with its credentials at the beginning of `rest`.
pub(super) fn scheme(rest: &[u8]) -> Option<Found> {
    let (rule, name_len) = if starts(rest, b"bearer") {
        ("bearer", 6)
    } else if starts(rest, b"basic") {
        ("basic", 5)
    } else {
        return None;
    };
    let blanks = rest[name_len..].iter().take(4).take_while(|byte| b" +".contains(byte)).count();
    let keep = name_len + blanks;
    let token = &rest[keep..];
    let look = &token[..run(&token[..token.len().min(LOOK)], is_token)];
    let is_secret = match rule {
        "bearer" => look.len() >= 8 && is_no_word(look),
        _ => look.len() >= 4 && holds_a_pair(look),
    };
    (blanks > 0 && is_secret).then(|| Found { rule, keep, cut: run(token, is_token) })
}

/// Whether these bytes begin with a name, whatever its case.
pub(super) fn starts(rest: &[u8], name: &[u8]) -> bool {
    rest.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.=+/~".contains(&byte)
}

/// "Bearer authentication failed" holds no token.
fn is_no_word(token: &[u8]) -> bool {
    token.len() >= 20
        || token.iter().any(u8::is_ascii_digit)
        || token[1..].iter().any(u8::is_ascii_uppercase)
}

/// Whether base64 of `name:password` stands here.
fn holds_a_pair(token: &[u8]) -> bool {
    let Some(plain) = base64(token) else { return false };
    let acts = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    plain.contains(&b':') && !plain.iter().any(acts)
}

/// The bytes behind base64, the standard alphabet's or the one for URLs.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0);
    for byte in text.iter().take_while(|byte| **byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_found_and_prose_is_not() {
        let cut = |text: &str| scheme(text.as_bytes()).map(|f| (f.rule, f.keep, f.cut));
        assert_eq!(cut("Bearer abcdefgh1234 x"), Some(("bearer", 7, 12)));
        assert_eq!(cut("bearer  mF_9.B5f-4.1JqM"), Some(("bearer", 8, 15)));
        assert_eq!(cut("Bearer+abcdefgh1234&x"), Some(("bearer", 7, 12)));
        assert_eq!(cut("Basic dXNlcjpwdw=="), Some(("basic", 6, 12)));
        for prose in [
            "Bearer authentication required",
            "bearer token expired",
            "Basic authentication failed",
            "basic income",
            "Basic",
            "Bearer",
            "basically done",
        ] {
            assert_eq!(cut(prose), None, "{prose}");
        }
    }
}
