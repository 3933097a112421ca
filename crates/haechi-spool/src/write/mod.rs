//! A process's side of the spool. Nothing here blocks, panics on what a file
//! system does, or grows without bound; what cannot be kept is counted.

mod budget;
mod clock;
mod config;
mod files;
mod fork;
mod frame;
mod lane;
#[cfg(test)]
mod overwriting_tests;
mod process;
mod spool;
mod warm;

pub use config::SpoolConfig;
pub use spool::{LaneContext, Spool};
