//! A layer for every tower service: axum, hyper, tonic.
//!
//! * `layer`, `service`: put around a service.
//! * `facts`: what is known of a request when it begins.
//! * `future`: until the response is there; the request is current while polled.
//! * `heads`: headers, copied where they are wanted.
//! * `grpc`: how a call ended, which its headers or its trailers say.
//! * `body`: until the last byte; whoever holds the request when it is dropped
//!   ends it as aborted.

mod body;
mod facts;
mod future;
mod grpc;
mod heads;
mod layer;
mod service;

pub use body::MonitorBody;
pub use facts::Peer;
#[cfg(feature = "axum")]
pub(crate) use facts::peer;
pub use future::MonitorFuture;
pub use layer::MonitorLayer;
pub use service::MonitorService;
