//! The event types of Haechi and everything about them that is pure: their
//! byte form, the latency histogram, identifiers and redaction.
//!
//! No file, socket, clock or thread is touched here; an event is made from
//! values the caller already has.
//!
//! * [`Request`], [`Log`], [`Exception`]: one handled request, one log line, one
//!   occurrence of an exception; borrowed views that encode into and decode from
//!   bytes without copying text.
//! * [`Span`], [`Split`], [`Repeat`]: what a request's time was spent on;
//!   [`normalise_sql`]: a query without its data.
//! * [`Samples`], [`SampleTree`]: where a slow request was each time it was looked
//!   at.
//! * [`Headers`], [`HeadersWriter`]: what the heads of a request and of its answer
//!   said.
//! * [`Record`]: any event, with its kind and version byte.
//! * [`Histogram`]: base-2 exponential latency histogram, quantiles within 2.2 %.
//! * [`StackWriter`], [`decode_stack`]: an exception's chain of causes;
//!   [`is_own_code`]: which of its frames are the app's.
//! * [`Grouping`]: which exceptions are one issue; [`template`]: a text without
//!   its data.
//! * [`RequestId`], [`IdLane`]: identifiers ordered by time.
//! * [`put_varint`], [`take_varint`]: numbers in as few bytes as they need.
//! * [`inert`]: text from strangers, shown so that it cannot act.
//! * [`redact`]: cuts secrets out of query strings, headers and text.

mod attributes;
mod error;
mod exception;
mod flags;
mod grouping;
#[cfg(test)]
mod grouping_tests;
mod headers;
mod histogram;
mod id;
mod inert;
mod log;
mod method;
mod own_code;
mod part;
mod record;
pub mod redact;
mod request;
mod sample_tree;
mod samples;
mod severity;
mod span;
mod split;
mod sql;
mod stack;
mod template;
mod trace;
mod varint;
mod view_lines;
mod wire;

pub use attributes::{ATTRIBUTES_MAX, AttributesWriter, decode_attributes};
pub use error::EventError;
pub use exception::{Exception, Mechanism, STACK_MAX};
pub use flags::Flags;
pub use grouping::Grouping;
pub use headers::{HEADERS_MAX, Header, Headers, HeadersWriter, decode_headers};
pub use histogram::{BUCKETS, Histogram, bucket_of, bucket_upper_ns, bucket_value_ns};
pub use id::{IdLane, RequestId};
pub use inert::{inert, is_acting, push_inert};
pub use log::{Log, MESSAGE_MAX};
pub use method::known_method;
pub use own_code::{is_own_code, is_own_file};
pub use part::Part;
pub use record::{RECORD_MAX, Record};
pub use request::{PATH_MAX, Request, RequestEnd, RequestFacts, RequestNames, RequestNumbers};
pub use sample_tree::{
    SampleTree, SampledFrame, SampledNode, SampledTree, TREE_MAX, decode_samples,
};
pub use samples::{Occasion, Samples, Unseen};
pub use severity::Severity;
pub use span::{SPAN_NAME_MAX, SPANS_MAX, Span};
pub use split::{
    PartTime, REPEAT_FROM, REPEATS_MAX, Repeat, RepeatsWriter, SPLIT_MAX, Split, decode_repeats,
};
pub use sql::{Quotes, normalise_sql};
pub use stack::{Cause, Frame, StackWriter, Tie, decode_stack};
pub use template::template;
pub use trace::{Traceparent, generated_trace_id};
pub use varint::{put_varint, take_varint};
pub use view_lines::view_lines;
