use super::{is_secret_key, mark, text, value};
use std::borrow::Cow;

/// A query string (`a=1&b=2`) with the values of secret names, and values that
/// look like secrets, cut. Borrows when there is nothing to cut.
#[must_use]
pub fn query(query: &str) -> Cow<'_, str> {
    if query.is_empty() || !query.split(['&', ';']).any(|pair| rule_of(pair).is_some()) {
        return Cow::Borrowed(query);
    }
    let mut out = String::with_capacity(query.len());
    let mut rest = query;
    loop {
        let end = rest.find(['&', ';']).unwrap_or(rest.len());
        push_pair(&mut out, &rest[..end]);
        let Some(separator) = rest[end..].chars().next() else { break };
        out.push(separator);
        rest = &rest[end + 1..];
    }
    Cow::Owned(out)
}

/// A URL, as in a `Referer` header: its password and its query's secrets cut.
#[must_use]
pub fn url(url: &str) -> Cow<'_, str> {
    let (before, after) = match url.split_once('?') {
        Some((before, after)) => (before, Some(query(after))),
        None => (url, None),
    };
    let before = text(before);
    match after {
        None => before,
        Some(Cow::Borrowed(_)) if matches!(before, Cow::Borrowed(_)) => Cow::Borrowed(url),
        Some(after) => Cow::Owned(format!("{before}?{after}")),
    }
}

fn push_pair(out: &mut String, pair: &str) {
    match (rule_of(pair), pair.split_once('=')) {
        (Some(rule), Some((name, value))) => {
            out.push_str(name);
            out.push('=');
            mark(out, rule, value.len());
        }
        (Some(rule), None) => mark(out, rule, pair.len()),
        (None, _) => out.push_str(pair),
    }
}

/// Which rule cuts the value of this pair. Percent signs are decoded first, so
/// that `p%61ssword` hides nothing.
fn rule_of(pair: &str) -> Option<&'static str> {
    let (name, found) = pair.split_once('=').unwrap_or(("", pair));
    if !name.is_empty() && !found.is_empty() && is_secret_key(&decoded(name)) {
        return Some("key");
    }
    let plain = decoded(found);
    let looks_secret = value::find(&plain).map(|found| found.rule);
    looks_secret.or_else(|| matches!(text(&plain), Cow::Owned(_)).then_some("value"))
}

fn decoded(part: &str) -> Cow<'_, str> {
    if !part.contains(['%', '+']) {
        return Cow::Borrowed(part);
    }
    let bytes = part.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = || part.get(at + 1..at + 3).and_then(|d| u8::from_str_radix(d, 16).ok());
        match bytes[at] {
            b'%' if escaped().is_some() => {
                out.extend(escaped());
                at += 3;
                continue;
            }
            b'+' => out.push(b' '),
            byte => out.push(byte),
        }
        at += 1;
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_cut_by_its_name_and_the_rest_is_kept() {
        assert_eq!(query("a=1&password=hunter2&b=2"), "a=1&password=[cut:key:7]&b=2");
        assert_eq!(query("p%61ssword=x&&c"), "p%61ssword=[cut:key:1]&&c");
        assert!(matches!(query("a=1&page=2"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_secret_is_cut_by_its_look_also_when_escaped() {
        let jwt = "eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl";
        assert_eq!(query(&format!("x={jwt}")), "x=[cut:jwt:32]");
        assert_eq!(query("n=4111%201111%201111%201111"), "n=[cut:card:25]");
        assert_eq!(query("u=https%3A%2F%2Fme%3Apw%40host%2F"), "u=[cut:value:31]");
    }

    #[test]
    fn a_referrer_loses_its_password_and_its_token() {
        assert_eq!(
            url("http://u:pw@h/p?token=abc"),
            "http://u:[cut:userinfo:2]@h/p?token=[cut:key:3]"
        );
        assert!(matches!(url("http://h/p?q=a"), Cow::Borrowed(_)));
    }
}
