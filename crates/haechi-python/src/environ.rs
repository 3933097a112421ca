//! A WSGI environment (PEP 3333) as the beginning of a request.

use crate::{sampling, utf8};
use haechi::{Recorder, RequestGuard};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use std::borrow::Cow;
use std::net::IpAddr;

/// Begins a request from what the server says of it. What is missing or of
/// another type counts as empty.
pub(crate) fn begin<'py>(
    recorder: &Recorder,
    environ: &Bound<'py, PyAny>,
    app: &str,
) -> RequestGuard {
    let py = environ.py();
    let Ok(environ) = environ.cast::<PyDict>() else {
        let thread = sampling::this_thread();
        return recorder.begin(&haechi::Begin { app, thread, ..haechi::Begin::default() });
    };
    let get = |key: &Bound<'py, PyString>| environ.get_item(key).ok().flatten();
    let method = get(intern!(py, "REQUEST_METHOD"));
    let path = get(intern!(py, "PATH_INFO"));
    let query = get(intern!(py, "QUERY_STRING"));
    let peer = get(intern!(py, "REMOTE_ADDR"));
    let agent = get(intern!(py, "HTTP_USER_AGENT"));
    let referrer = get(intern!(py, "HTTP_REFERER"));
    let trace = get(intern!(py, "HTTP_TRACEPARENT"));
    let length = get(intern!(py, "CONTENT_LENGTH"));
    let peer = text(peer.as_ref());
    let forwarded = get(intern!(py, "HTTP_X_FORWARDED_FOR")).filter(|_| is_proxy(&peer));
    let forwarded = forwarded.and_then(|list| first_address(&list));
    let mut guard = recorder.begin(&haechi::Begin {
        app,
        route: "",
        method: &text(method.as_ref()),
        path: &from_latin1(text(path.as_ref())),
        query: &from_latin1(text(query.as_ref())),
        client: forwarded.as_deref().unwrap_or(&peer),
        user_agent: &from_latin1(text(agent.as_ref())),
        referrer: &from_latin1(text(referrer.as_ref())),
        traceparent: &text(trace.as_ref()),
        bytes_in: length.map_or(0, |length| utf8::or_empty(&length).parse().unwrap_or(0)),
        thread: sampling::this_thread(),
    });
    if let Some(taken) = get(intern!(py, "HTTP_X_REQUEST_START")).filter(|_| is_near(&peer)) {
        guard.set_request_start(&text(Some(&taken)));
    }
    // who the server itself has let in
    if let Some(user) = get(intern!(py, "REMOTE_USER")) {
        guard.set_user(&from_latin1(text(Some(&user))));
    }
    guard
}

fn text<'a>(value: Option<&'a Bound<'_, PyAny>>) -> Cow<'a, str> {
    value.map(utf8::or_empty).unwrap_or_default()
}

/// WSGI hands over bytes as text, one character a byte; what they spell is
/// UTF-8 nearly always. ASCII is its own answer.
pub(crate) fn from_latin1(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.is_ascii() {
        return text;
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    match bytes {
        Some(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        None => text,
    }
}

/// Whether the peer may be a proxy of ours, so that its word on the client
/// counts: this machine, or a Unix socket, which has no address.
fn is_proxy(peer: &str) -> bool {
    peer.is_empty() || peer.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether the peer may be a server of ours, which says when it took the request:
/// one with a public address is a visitor.
fn is_near(peer: &str) -> bool {
    let is_local = |address| match address {
        IpAddr::V4(address) => address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    };
    is_proxy(peer) || peer.parse().is_ok_and(is_local)
}

#[cold]
fn first_address(forwarded: &Bound<'_, PyAny>) -> Option<String> {
    let list = utf8::or_empty(forwarded);
    let first = list.split(',').next()?.trim();
    first.parse::<IpAddr>().is_ok().then(|| first.to_owned())
}
