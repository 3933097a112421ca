//! A process's side of the spool. Nothing here blocks, panics on what a file
//! system does, or grows without bound; what cannot be kept is counted.

mod budget;
mod clock;
mod fork;
mod lane;
mod process;
mod spool;

pub use spool::{LaneContext, Spool, SpoolConfig};
