use crate::Monitor;
use crate::begin::Begin;
use crate::guard::RequestGuard;
use crate::raw_heads::Side;
use http::Request;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, REFERER, USER_AGENT};
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Who sent a request: put it among the request's extensions where the server
/// is not axum's `into_make_service_with_connect_info::<SocketAddr>()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// The peer of a connection, if whoever accepted it said so.
pub(crate) fn peer(extensions: &http::Extensions) -> Option<IpAddr> {
    if let Some(Peer(address)) = extensions.get::<Peer>() {
        return Some(address.ip());
    }
    #[cfg(feature = "axum")]
    if let Some(info) = extensions.get::<axum::extract::ConnectInfo<SocketAddr>>() {
        return Some(info.0.ip());
    }
    None
}

/// The template of the route, if a router has matched one.
fn route(extensions: &http::Extensions) -> &str {
    #[cfg(feature = "axum")]
    if let Some(matched) = extensions.get::<axum::extract::MatchedPath>() {
        return matched.as_str();
    }
    let _ = extensions;
    ""
}

pub(crate) fn begin<B>(monitor: &Monitor, request: &Request<B>) -> RequestGuard {
    let headers = request.headers();
    let mut client = Address { bytes: [0; 48], len: 0 };
    let mut begin = Begin {
        app: monitor.app(),
        method: request.method().as_str(),
        path: request.uri().path(),
        query: request.uri().query().unwrap_or_default(),
        ..Begin::default()
    };
    if !request.extensions().is_empty() {
        begin.route = route(request.extensions());
        if let Some(ip) = peer(request.extensions()) {
            let _ = write!(client, "{ip}");
            begin.client = client.as_str();
        }
    }
    if !headers.is_empty() {
        begin.user_agent = text(headers, &USER_AGENT);
        begin.referrer = text(headers, &REFERER);
        begin.traceparent = text(headers, &TRACEPARENT);
        begin.bytes_in = text(headers, &CONTENT_LENGTH).parse().unwrap_or_default();
    }
    let mut guard = monitor.recorder().begin(&begin);
    if monitor.keeps_headers() {
        guard.copy_head(Side::Request, headers);
    }
    guard
}

/// A header's text; one that is no text is as good as none.
#[inline]
fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> &'h str {
    let value = headers.get(name).map_or(&[][..], |value| value.as_bytes());
    std::str::from_utf8(value).unwrap_or_default()
}

/// An address as text, without an allocation: none is longer than 45 bytes.
struct Address {
    bytes: [u8; 48],
    len: usize,
}

impl Address {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl Write for Address {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.len + text.len();
        let room = self.bytes.get_mut(self.len..end).ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}
