//! No secret gets through and clean text stays: 500 secrets in 50 places under
//! 7 encodings, made from a seed that is printed (`HAECHI_SEED` replays one),
//! and a corpus of lines as apps write them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]
#![allow(clippy::print_stdout, reason = "the seed must be seen")]

mod clean;
mod encodings;
mod noise;
mod places;
mod planted;
mod secrets;
mod time;
