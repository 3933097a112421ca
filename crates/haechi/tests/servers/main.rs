//! Servers in processes of their own, over sockets: what they recorded is held
//! against what their clients, outside, know to have happened.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
#![cfg(all(feature = "axum", feature = "panic", feature = "test"))]

mod client;
mod grpc;
mod ledger;
mod server;
