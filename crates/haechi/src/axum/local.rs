//! Tells whether a request really comes from this machine: its peer, its Host
//! and every client that a proxy named must be loopback.

use crate::tower::peer;
use http::header::{FORWARDED, HOST, HeaderName};
use http::request::Parts;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Headers in which proxies name the client.
const CLIENTS: [&str; 7] = [
    "x-forwarded-for",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
];

pub(crate) fn is_local(parts: &Parts) -> bool {
    peer(&parts.extensions).is_some_and(is_loopback) && names_us(parts) && names_no_other(parts)
}

/// After DNS rebinding a page of another site asks with that site's name.
fn names_us(parts: &Parts) -> bool {
    let named = parts.headers.get_all(HOST).iter().map(|value| value.to_str().unwrap_or_default());
    let named: Vec<_> = named.chain(parts.uri.authority().map(|whole| whole.as_str())).collect();
    !named.is_empty() && named.iter().all(|host| is_loopback_name(host))
}

fn names_no_other(parts: &Parts) -> bool {
    let clients = CLIENTS.iter().flat_map(|name| {
        let values = parts.headers.get_all(HeaderName::from_static(name));
        values.iter().flat_map(|value| value.to_str().unwrap_or_default().split(','))
    });
    let hops = parts.headers.get_all(FORWARDED).iter();
    let mut hops = hops.flat_map(|value| value.to_str().unwrap_or_default().split(','));
    clients.map(str::trim).all(is_loopback_name) && hops.all(hop_is_loopback)
}

/// Whether a hop of `Forwarded` names one client, and that a loopback one.
fn hop_is_loopback(hop: &str) -> bool {
    let named = hop.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"'))
    });
    matches!(named.collect::<Vec<_>>()[..], [client] if is_loopback_name(client))
}

/// A name or address with or without a port.
fn is_loopback_name(text: &str) -> bool {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return is_loopback(address.ip());
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return is_loopback(ip);
    }
    let name = text.rsplit_once(':').map_or(text, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { text }
    });
    name.eq_ignore_ascii_case("localhost")
}

fn is_loopback(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_loopback(),
        IpAddr::V6(v6) => {
            v6 == Ipv6Addr::LOCALHOST || v6.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tower::Peer;
    use http::Request;

    fn local(peer: &str, headers: &[(&str, &str)]) -> bool {
        let mut request =
            Request::builder().extension(Peer(SocketAddr::new(peer.parse().unwrap(), 9)));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        is_local(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn only_a_loopback_peer_that_names_no_other_client_is_local() {
        for (peer, host) in [
            ("127.0.0.1", "localhost:8000"),
            ("127.9.9.9", "127.0.0.1"),
            ("::1", "[::1]:80"),
            ("::ffff:127.0.0.1", "LOCALHOST"),
        ] {
            assert!(local(peer, &[("host", host)]), "{peer} {host}");
        }
        assert!(local(
            "127.0.0.1",
            &[("host", "localhost"), ("x-forwarded-for", "::1, 127.0.0.1")]
        ));
        assert!(local(
            "127.0.0.1",
            &[("host", "localhost"), ("forwarded", "for=\"[::1]:9\"; proto=http")]
        ));
        for (peer, headers) in [
            ("192.0.2.7", &[("host", "localhost")][..]),
            ("192.0.2.7", &[("host", "localhost"), ("x-forwarded-for", "127.0.0.1")]),
            ("127.0.0.1", &[]),
            ("127.0.0.1", &[("host", "evil.example")]),
            ("127.0.0.1", &[("host", "localhost.evil.example")]),
            ("127.0.0.1", &[("host", "localhost"), ("x-forwarded-for", "192.0.2.7, 127.0.0.1")]),
            ("127.0.0.1", &[("host", "localhost"), ("x-real-ip", "")]),
            ("127.0.0.1", &[("host", "localhost"), ("forwarded", "for=192.0.2.7")]),
            ("127.0.0.1", &[("host", "localhost"), ("forwarded", "by=proxy")]),
            ("127.0.0.1", &[("host", "localhost"), ("forwarded", "for=127.0.0.1;for=192.0.2.7")]),
        ] {
            assert!(!local(peer, headers), "{peer} {headers:?}");
        }
    }
}
