//! gRPC: the HTTP status is 200 however a call ends; what counts stands in its
//! trailers, or, of one that failed at once, in the response's head.

use crate::guard::RequestGuard;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName};

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const UNIMPLEMENTED: u16 = 12;

/// Looks at a response's head; says whether it answers a gRPC call.
#[inline]
pub(crate) fn look_at_head(guard: &mut RequestGuard, headers: &HeaderMap) -> bool {
    let kind = if headers.is_empty() { None } else { headers.get(CONTENT_TYPE) };
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
        && look_at_call(guard, headers)
}

fn look_at_call(guard: &mut RequestGuard, headers: &HeaderMap) -> bool {
    let status = status(headers);
    if let Some(status) = status {
        guard.set_grpc_status(status);
    }
    // what no service implements is a path anybody may have made up
    if status != Some(UNIMPLEMENTED) {
        guard.route_by_path();
    }
    true
}

/// Looks at the trailers of a response.
pub(crate) fn look_at_trailers(guard: &mut RequestGuard, trailers: &HeaderMap) {
    if let Some(status) = status(trailers) {
        guard.set_grpc_status(status);
    }
}

fn status(headers: &HeaderMap) -> Option<u16> {
    headers.get(STATUS)?.to_str().ok()?.parse().ok()
}
