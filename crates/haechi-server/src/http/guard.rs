//! Who may ask at all. Binding loopback is not enough: after DNS rebinding a
//! web page's request comes from this machine and carries no `Origin`, so the
//! `Host` is what tells; and behind a proxy every client looks local, so a
//! request that says it was forwarded is refused.

use crate::{Allowed, ServerError};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Headers that only a proxy adds; `x-forwarded*` is refused beside them.
const FORWARDING: [&str; 24] = [
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "cf-ray",
    "client-ip",
    "fastly-client-ip",
    "forwarded",
    "forwarded-for",
    "forwarded-for-ip",
    "proxy-client-ip",
    "proxy-connection",
    "true-client-ip",
    "via",
    "wl-proxy-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-envoy-external-address",
    "x-host",
    "x-http-host-override",
    "x-original-forwarded-for",
    "x-original-host",
    "x-originating-ip",
    "x-real-ip",
    "x-remote-addr",
    "x-remote-ip",
];

/// What a changing request must carry. No form, link or picture can, and a
/// script of another origin would have to ask first, which is refused.
const CHANGE_HEADER: HeaderName = HeaderName::from_static("x-haechi");

/// Lets a request through or answers why not. Stands before every path.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    match check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Stands before every path that only shows something.
pub(super) async fn guard_reading(request: Request, next: Next) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD => next.run(request).await,
        _ => refuse_method(request.method(), Allowed::Reading).into_response(),
    }
}

/// Stands before every path that changes something.
pub(super) async fn guard_changing(request: Request, next: Next) -> Response {
    let checked = match *request.method() {
        Method::POST => check_change(request.headers()),
        _ => Err(refuse_method(request.method(), Allowed::Changing)),
    };
    match checked {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn refuse_method(method: &Method, allowed: Allowed) -> ServerError {
    ServerError::Method { method: method.as_str().chars().take(16).collect(), allowed }
}

fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), ServerError> {
    let host = check_host(uri, headers)?;
    check_not_forwarded(headers)?;
    check_origin(host, headers)?;
    check_fetch_site(headers)
}

/// Beside what every request must fulfil.
fn check_change(headers: &HeaderMap) -> Result<(), ServerError> {
    if only(headers, &CHANGE_HEADER)? != Some("1") {
        let message = "a change must carry the header X-Haechi: 1";
        return Err(ServerError::Refused(message.to_owned()));
    }
    let site = only(headers, &HeaderName::from_static("sec-fetch-site"))?;
    if !matches!(site, None | Some("same-origin")) {
        let message = "a change must come from the dashboard itself";
        return Err(ServerError::Refused(message.to_owned()));
    }
    let kind = only(headers, &header::CONTENT_TYPE)?.unwrap_or_default();
    let (kind, parameter) = kind.split_once(';').unwrap_or((kind, ""));
    let parameter = parameter.trim().to_ascii_lowercase();
    let is_json = kind.trim().eq_ignore_ascii_case("application/json");
    if is_json && matches!(parameter.as_str(), "" | "charset=utf-8") {
        return Ok(());
    }
    Err(ServerError::ContentType)
}

/// The one `Host`, which must name this machine.
fn check_host<'a>(uri: &Uri, headers: &'a HeaderMap) -> Result<&'a str, ServerError> {
    let refused = || {
        ServerError::Refused(
            "the host must be localhost, 127.0.0.1 or [::1]; open the dashboard by one of these"
                .to_owned(),
        )
    };
    let host = only(headers, &header::HOST)?.ok_or_else(refused)?;
    // an absolute request line may name another host than the header does
    let named_twice = uri.authority().is_some_and(|named| !is_loopback(named.as_str()));
    if named_twice || !is_loopback(host) {
        return Err(refused());
    }
    Ok(host)
}

fn check_not_forwarded(headers: &HeaderMap) -> Result<(), ServerError> {
    let found = headers.keys().find(|name| {
        // some servers treat `_` in a header's name as `-`
        let name = name.as_str().replace('_', "-");
        name.starts_with("x-forwarded") || FORWARDING.contains(&name.as_str())
    });
    found.map_or(Ok(()), |name| {
        Err(ServerError::Refused(format!(
            "the request came through a proxy ({name}); haechi answers only programs on its own machine"
        )))
    })
}

/// A page of another origin may not ask, also not one on this machine.
fn check_origin(host: &str, headers: &HeaderMap) -> Result<(), ServerError> {
    let Some(origin) = only(headers, &header::ORIGIN)? else { return Ok(()) };
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    if authority.is_some_and(|named| is_loopback(named) && named.eq_ignore_ascii_case(host)) {
        return Ok(());
    }
    Err(ServerError::Refused("the request comes from a page of another origin".to_owned()))
}

/// Browsers say how the asking page is related. A link from another local page
/// (`same-site`) may be followed; its scripts and pictures may not reach in.
fn check_fetch_site(headers: &HeaderMap) -> Result<(), ServerError> {
    let value = |name| only(headers, &HeaderName::from_static(name));
    let allowed = match value("sec-fetch-site")? {
        None | Some("same-origin" | "none") => true,
        Some("same-site") => value("sec-fetch-mode")? == Some("navigate"),
        Some(_) => false,
    };
    if allowed {
        return Ok(());
    }
    Err(ServerError::Refused("the request comes from a page of another site".to_owned()))
}

/// The value of a header that may stand once at the most.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ServerError> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    let text = first.map(|value| value.to_str().ok());
    match (text, values.next()) {
        (None, _) => Ok(None),
        (Some(Some(text)), None) => Ok(Some(text)),
        _ => Err(ServerError::Refused(format!("the header {name} is not one plain value"))),
    }
}

/// Whether `host[:port]` names this machine: `localhost`, 127.0.0.0/8 or
/// `[::1]`, spelt out. Short and octal forms of addresses are not read, since
/// programs disagree on them.
fn is_loopback(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, after)) => {
                let v6 = host.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback());
                return v6 && (after.is_empty() || after.strip_prefix(':').is_some_and(is_port));
            }
            None => return false,
        },
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let named = host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback());
    named && port.is_none_or(is_port)
}

fn is_port(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_this_machine_are_let_in() {
        for good in [
            "localhost",
            "LocalHost:4240",
            "127.0.0.1",
            "127.0.0.1:4240",
            "127.9.8.7:1",
            "[::1]",
            "[::1]:4240",
            "[0:0:0:0:0:0:0:1]:80",
        ] {
            assert!(is_loopback(good), "{good}");
        }
    }

    #[test]
    fn names_of_elsewhere_are_not() {
        for bad in [
            "",
            ":4240",
            "evil.example",
            "localhost.evil.example",
            "evil.localhost",
            "localhost.",
            "127.0.0.1.evil.example",
            "127.0.0.1.",
            "127.1",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "2130706433",
            "128.0.0.1",
            "0.0.0.0",
            "10.0.0.1",
            "192.168.0.1:4240",
            "169.254.169.254",
            "[::]",
            "[::2]",
            "[::ffff:127.0.0.1]",
            "[fe80::1%lo]",
            "[::1",
            "::1",
            "[::1]x",
            "[::1]:",
            "localhost:",
            "localhost:99999",
            "localhost:4240:1",
            "localhost:x",
            "me@localhost",
            "localhost@evil.example",
            "localhost/evil",
            "localhost#evil",
            "localhost evil",
            "localhost,evil.example",
            "http://localhost",
            " localhost",
            "localhost:+80",
            "127.0.0.256",
            "1270.0.0.1",
            "localhost%00",
            "loc\u{430}lhost",
        ] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn only_loopback_addresses_pass_as_addresses(ip in any::<[u8; 4]>(), port in any::<u16>()) {
            let text = format!("{}:{port}", Ipv4Addr::from(ip));
            prop_assert_eq!(is_loopback(&text), ip[0] == 127);
        }

        #[test]
        fn any_host_is_judged_without_panic(host in "\\PC{0,30}|[\\[\\]:0-9a-f.lochst]{0,20}") {
            let _ = is_loopback(&host);
        }
    }
}
