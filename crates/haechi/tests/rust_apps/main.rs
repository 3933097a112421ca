//! Rust programs that use the crate as anybody would: what they recorded is read
//! back from their spool.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
#![cfg(feature = "axum")]

mod endings;
mod handlers;
mod recorded;
