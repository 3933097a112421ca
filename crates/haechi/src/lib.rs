#![doc = include_str!("../README.md")]
//!
//! # What is where
//!
//! * [`Monitor`]: one per app; what a Rust program begins with.
//! * `tower` (feature): the layer that records each request of a service.
//! * `client` (feature): outgoing calls are parts of their request.
//! * `log` (feature): lines of the `log` crate.
//! * `tracing` (feature): its spans are the parts of a request, its events lines.
//! * `axum` (feature, on by default): [`stats()`], extractors.
//! * [`Logger`], [`current`]: the request that the running code belongs to.
//! * [`Recorder`]: what all of it, and other languages' bindings, stand on.
//! * [`RequestGuard`]: a request from its first line to the last byte of its
//!   body; ends exactly once.
//! * [`current::span`], [`RequestGuard::span_begin`]: what a request's time is
//!   spent on.
//! * [`LogLine`], [`Attribute`]: a line on its way to the app's log file and the
//!   spool.
//! * [`OutputLines`]: whole lines out of the pieces a program prints.
//! * [`Captured`]: an exception on its way to the spool.
//! * [`RedactSettings`]: a folder's own rules for what is cut out.
//! * [`Recorder::watch`], [`Recorder::samples`]: requests that have become slow,
//!   and where they were each time they were looked at.
//! * `test` (feature): what an app recorded, for its tests to look at.
//! * [`statistics`]: the numbers of an app over all its processes, as data, as
//!   a page and as text.

#![deny(missing_docs)]

mod app_logs;
mod app_releases;
mod attribute;
#[cfg(feature = "axum")]
pub mod axum;
mod begin;
mod captured;
mod captured_error;
mod clean_text;
#[cfg(feature = "client")]
pub mod client;
mod clock;
mod cpu_time;
pub mod current;
mod guard;
mod guard_pool;
mod heads;
mod kept_heads;
#[cfg(feature = "log")]
pub mod log;
pub mod log_file;
mod log_line;
mod logger;
mod monitor;
mod output_lines;
#[cfg(feature = "panic")]
pub mod panic;
mod queue_time;
mod raw_heads;
mod recorder;
mod redaction;
mod release;
#[cfg_attr(
    not(all(feature = "tower", feature = "tracing", feature = "client")),
    allow(dead_code, reason = "futures and `tracing` say more of spans than others do")
)]
mod request_spans;
mod request_state;
#[cfg_attr(
    not(all(feature = "tower", feature = "tracing", feature = "client")),
    allow(dead_code, reason = "futures and `tracing` say more of spans than others do")
)]
mod request_traced;
mod settings_file;
mod slow;
mod slow_settings;
#[cfg_attr(
    not(all(feature = "tower", feature = "tracing", feature = "client")),
    allow(dead_code, reason = "futures and `tracing` say more of spans than others do")
)]
mod spans;
pub mod statistics;
#[cfg(feature = "test")]
pub mod test;
mod ticks;
#[cfg(any(feature = "client", feature = "tracing"))]
#[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "spans of `tracing` say more"))]
mod tied;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "tracing")]
pub mod tracing;

pub use attribute::{Attribute, Given};
#[cfg(feature = "axum")]
pub use axum::stats;
pub use begin::Begin;
pub use captured::Captured;
pub use captured_error::capture;
pub use current::HeldSpan;
pub use guard::RequestGuard;
pub use haechi_event::{
    Cause, EventError, Flags, Frame, HeadersWriter, Mechanism, Occasion, Part, Quotes, RequestId,
    SampleTree, SampledFrame, Samples, Severity, StackWriter, Tie, Unseen, decode_stack,
    is_own_code, is_own_file, redact, view_lines,
};
pub use haechi_spool::board::Watched;
pub use heads::{HeaderSettings, Heads};
pub use log_line::LogLine;
pub use logger::Logger;
pub use monitor::{Monitor, MonitorBuilder};
pub use output_lines::{OutputLine, OutputLines};
pub use recorder::{Recorder, RecorderOptions};
pub use redaction::RedactSettings;
pub use release::{named_release, release_of_folder};
pub use slow_settings::SlowSettings;
pub use spans::{SpanEnd, SpanToken, span_clock_ns};
