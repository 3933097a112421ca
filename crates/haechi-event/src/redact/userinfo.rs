//! `//user:password@host`.

use super::cut::mark_len;
use super::value::Found;

/// Longer ones are none.
const LOOK: usize = 300;

/// The password, or a long user name without one, which is a token. `rest`
/// begins after the two slashes.
pub(super) fn userinfo(rest: &[u8]) -> Option<Found> {
    let look = &rest[..rest.len().min(LOOK)];
    if !look.contains(&b'@') {
        return None;
    }
    let stops = |byte: &u8| byte.is_ascii_whitespace() || b"\"'<>`".contains(byte);
    let look = &look[..look.iter().position(stops).unwrap_or(look.len())];
    found(look).filter(|found| mark_len(&look[found.keep..]) != found.cut)
}

fn found(look: &[u8]) -> Option<Found> {
    let authority = look.iter().position(|byte| b"/?#".contains(byte)).unwrap_or(look.len());
    let head = &look[..authority];
    let colon = head.iter().position(|byte| *byte == b':');
    let at = head.iter().rposition(|byte| *byte == b'@');
    match (colon, at) {
        (Some(colon), Some(at)) if colon + 1 < at => Some(cut(colon + 1, at)),
        (None, Some(at)) if is_token(&head[..at]) => Some(cut(0, at)),
        // a password with a slash in it, unless a port stands there
        (Some(colon), None) if !head[colon + 1..].iter().all(u8::is_ascii_digit) => {
            let at = look[authority..].iter().position(|byte| *byte == b'@')?;
            (!head.starts_with(b"[")).then(|| cut(colon + 1, authority + at))
        }
        _ => None,
    }
}

fn cut(from: usize, to: usize) -> Found {
    Found { rule: "userinfo", keep: from, cut: to - from }
}

fn is_token(user: &[u8]) -> bool {
    user.len() >= 16 && user.iter().any(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::userinfo;

    #[test]
    fn passwords_are_found_before_a_host_and_nothing_else_is() {
        for (text, password) in [
            ("me:pw@host/path", "pw"),
            (":only@host:6379/0", "only"),
            ("me:p@ss@host", "p@ss"),
            ("me:p/w?x@host/path", "p/w?x"),
            ("0123456789abcdef0123@sentry.example/1", "0123456789abcdef0123"),
        ] {
            let found = userinfo(text.as_bytes()).unwrap();
            assert_eq!(&text[found.keep..found.keep + found.cut], password, "{text}");
        }
        for none in [
            "host/path",
            "git@host:repo",
            "host:8080/a@b",
            "me@host/",
            "host me:pw@x",
            "[::1]:80/@x",
            "",
        ] {
            assert!(userinfo(none.as_bytes()).is_none(), "{none}");
        }
    }
}
