//! Rust programs that use the crate as anybody would: what they recorded is read
//! back from their spool.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
#![cfg(all(feature = "axum", feature = "panic"))]

#[cfg(all(feature = "client", feature = "test"))]
mod calls;
mod endings;
#[cfg(feature = "tracing")]
mod events;
mod failures;
mod handlers;
mod heads;
#[cfg(feature = "test")]
mod helpers;
#[cfg(all(feature = "log", feature = "test"))]
mod lines;
mod recorded;
#[cfg(all(feature = "test", feature = "tracing"))]
mod spans;
