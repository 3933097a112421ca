//! Events of `tracing` — and of `log`, through `tracing-log` — become log lines
//! of the request they were written in.
//!
//! ```
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! let monitor = haechi::Monitor::new("your_app");
//! let subscriber = tracing_subscriber::registry().with(monitor.tracing());
//! # tracing::subscriber::with_default(subscriber, || {
//! tracing::info!(order = 7, "ordered");
//! # });
//! # std::fs::remove_dir_all(".haechi").ok();
//! # std::fs::remove_dir_all("logs").ok();
//! ```
//!
//! * `layer`: what `tracing` calls.
//! * `table`: the open spans, and what ties them to their requests.
//! * `span_fields`, `scratch`: what a span says of itself.
//! * `query`: queries of `sqlx`.
//! * `fields`: an event's message and its other fields.

mod fields;
mod layer;
mod query;
mod scratch;
mod span_fields;
mod table;

pub use layer::TracingLayer;
