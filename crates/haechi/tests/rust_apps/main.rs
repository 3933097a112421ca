//! Rust programs that use the crate as anybody would: what they recorded is read
//! back from their spool.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
#![cfg(all(feature = "axum", feature = "panic"))]

mod endings;
#[cfg(feature = "tracing")]
mod events;
mod failures;
mod handlers;
#[cfg(feature = "test")]
mod helpers;
mod recorded;
#[cfg(all(feature = "test", feature = "tracing"))]
mod spans;
