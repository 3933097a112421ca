//! The event types of Haechi and everything about them that is pure: their
//! byte form, the latency histogram, identifiers and redaction.
//!
//! No file, socket, clock or thread is touched here; an event is made from
//! values the caller already has.
//!
//! * [`Request`], [`Log`]: one handled request, one log line; borrowed views
//!   that encode into and decode from bytes without copying text.
//! * [`Record`]: any event, with its kind and version byte.
//! * [`Histogram`]: base-2 exponential latency histogram, quantiles within 2.2 %.
//! * [`RequestId`], [`IdLane`]: identifiers ordered by time.
//! * [`redact`]: cuts secrets out of query strings, headers and text.

mod error;
mod flags;
mod histogram;
mod id;
mod log;
mod method;
mod record;
pub mod redact;
mod request;
mod severity;
mod trace;
mod wire;

pub use error::EventError;
pub use flags::Flags;
pub use histogram::{BUCKETS, Histogram, bucket_of, bucket_upper_ns, bucket_value_ns};
pub use id::{IdLane, RequestId};
pub use log::{Log, MESSAGE_MAX};
pub use method::known_method;
pub use record::{RECORD_MAX, Record};
pub use request::{PATH_MAX, Request};
pub use severity::Severity;
pub use trace::{Traceparent, generated_trace_id};
