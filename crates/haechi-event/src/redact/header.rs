//! Headers of a request and of its answer: what is known of a name, beside what
//! its words say.

use super::cut::apply;
use super::key::Secrecy;
use super::rules::Rules;
use super::{Cut, Rule};
use std::borrow::Cow;
use std::fmt::Write;

/// Longer names of cookies are no names.
const COOKIE_NAME_MAX: usize = 64;
/// What a header of credentials may begin with.
const SCHEMES: [&str; 10] = [
    "basic",
    "bearer",
    "digest",
    "hoba",
    "negotiate",
    "ntlm",
    "apikey",
    "token",
    "aws4-hmac-sha256",
    "scram-sha-256",
];
/// What a server says of a cookie beside its value.
const COOKIE_ATTRIBUTES: [&str; 9] = [
    "path",
    "domain",
    "expires",
    "max-age",
    "secure",
    "httponly",
    "samesite",
    "partitioned",
    "priority",
];
/// Headers whose value is an address.
const ADDRESSES: [&str; 8] = [
    "referer",
    "origin",
    "location",
    "content-location",
    "x-original-uri",
    "x-original-url",
    "x-rewrite-url",
    "x-forwarded-uri",
];

impl Rules {
    /// See [`header`](super::header).
    #[must_use]
    pub fn header<'a>(&self, name: &str, value: &'a str) -> Cow<'a, str> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("cookie") {
            return Cow::Owned(self.cookies(value, false));
        }
        if is("set-cookie") {
            return Cow::Owned(self.cookies(value, true));
        }
        if ends_with(name, "authorization") {
            return credentials(value);
        }
        if self.secrecy(name.as_bytes()) == Secrecy::No && ADDRESSES.into_iter().any(is) {
            return self.url(value);
        }
        self.pair(name, value)
    }

    /// Names stay, values go. What a server says of a cookie is behind the first
    /// semicolon; a browser's list has nothing but cookies.
    fn cookies(&self, list: &str, has_attributes: bool) -> String {
        let mut out = String::with_capacity(list.len());
        for (at, part) in list.split(';').enumerate() {
            if at > 0 {
                out.push_str("; ");
            }
            let part = part.trim_matches([' ', '\t']);
            if at == 0 || !has_attributes {
                self.cookie(part, &mut out);
            } else if is_attribute(part) {
                out.push_str(&self.text(part));
            } else {
                put_mark(part, &mut out);
            }
        }
        out
    }

    fn cookie(&self, part: &str, out: &mut String) {
        match part.split_once('=') {
            Some((name, value)) if is_token(name) => {
                out.push_str(&self.text(name));
                out.push('=');
                put_mark(value, out);
            }
            _ => put_mark(part, out),
        }
    }
}

/// All but the scheme is cut, whatever a folder's own rules allow.
fn credentials(value: &str) -> Cow<'_, str> {
    let scheme = value.split_once(' ').map_or("", |(scheme, _)| scheme);
    let is_known = SCHEMES.into_iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let keep = if is_known { scheme.len() + 1 } else { 0 };
    let cut = Cut { start: keep, len: value.len() - keep, rule: Rule::Known("key") };
    if cut.len == 0 { Cow::Borrowed(value) } else { apply(value, &[cut]) }
}

fn put_mark(value: &str, out: &mut String) {
    if !value.is_empty() {
        // writing into a String cannot fail
        let _ = write!(out, "[cut:cookie:{}]", value.len());
    }
}

fn is_attribute(part: &str) -> bool {
    let name = part.split_once('=').map_or(part, |(name, _)| name).trim();
    COOKIE_ATTRIBUTES.into_iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// What RFC 9110 lets names be made of.
fn is_token(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.len() <= COOKIE_NAME_MAX && name.bytes().all(fits)
}

fn ends_with(name: &str, end: &str) -> bool {
    let tail = name.len().checked_sub(end.len()).and_then(|from| name.get(from..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(name: &str, value: &str) -> String {
        Rules::standard().header(name, value).into_owned()
    }

    #[test]
    fn of_cookies_only_the_names_stay() {
        for (name, from, to) in [
            (
                "Cookie",
                "session_id_shop=127.0.0.1-9f; theme=dark",
                "session_id_shop=[cut:cookie:12]; theme=[cut:cookie:4]",
            ),
            ("cookie", "lonely; =x;a=", "[cut:cookie:6]; [cut:cookie:2]; a="),
            ("cookie", "a b=c", "[cut:cookie:5]"),
            ("cookie", "a=x; Path=/secret", "a=[cut:cookie:1]; Path=[cut:cookie:7]"),
            (
                "Set-Cookie",
                "sid=abc; Path=/; HttpOnly; SameSite=Lax; extra=no",
                "sid=[cut:cookie:3]; Path=/; HttpOnly; SameSite=Lax; [cut:cookie:8]",
            ),
            ("set-cookie", "Path=/", "Path=[cut:cookie:1]"),
        ] {
            assert_eq!(looks(name, from), to, "{name}: {from}");
        }
        // a name that is a secret itself
        assert!(!looks("cookie", "AKIAIOSFODNN7EXAMPLE=1").contains("IOSFODNN7"));
    }

    #[test]
    fn of_credentials_only_the_scheme_stays_whatever_a_folder_allows() {
        for (name, from, to) in [
            ("Authorization", "Basic dXNlcjpwdw==", "Basic [cut:key:12]"),
            ("proxy-authorization", "bearer x", "bearer [cut:key:1]"),
            ("authorization", "hunter2", "[cut:key:7]"),
            ("authorization", "hunter two", "[cut:key:10]"),
            ("X-Forwarded-Authorization", "None", "[cut:key:4]"),
            ("authorization", "", ""),
        ] {
            assert_eq!(looks(name, from), to, "{name}: {from}");
        }
        let own = Rules::standard().with_allowed(&["Authorization".into(), "Cookie".into()]);
        let own = own.unwrap();
        assert_eq!(own.header("authorization", "Basic abc"), "Basic [cut:key:3]");
        assert_eq!(own.header("cookie", "a=bc"), "a=[cut:cookie:2]");
    }

    #[test]
    fn other_headers_are_cut_by_name_and_look() {
        for (name, from, to) in [
            ("x-api-key", "abc", "[cut:key:3]"),
            ("X-CSRF-Token", "abcdef", "[cut:key:6]"),
            ("x-csrftoken", "abcdef", "[cut:key:6]"),
            ("x-auth-key", "abcdef", "[cut:key:6]"),
            ("x-hub-signature-256", "sha256=ab", "[cut:key:9]"),
            ("host", "shop.example", "shop.example"),
            ("accept", "text/html,*/*;q=0.8", "text/html,*/*;q=0.8"),
            (
                "referer",
                "https://a.example/?token=abc&n=1",
                "https://a.example/?token=[cut:key:3]&n=1",
            ),
            ("location", "/login?next=/&password=x", "/login?next=/&password=[cut:key:1]"),
            ("x-note", "password=hunter2", "password=[cut:key:7]"),
            ("content-length", "123", "123"),
        ] {
            assert_eq!(looks(name, from), to, "{name}: {from}");
        }
        let own = Rules::standard().with_keys(&["internal_ref".into(), "referer".into()]).unwrap();
        assert_eq!(own.header("X-Internal-Ref", "a1"), "[cut:key:2]");
        assert_eq!(own.header("referer", "https://a/"), "[cut:key:10]");
    }
}
