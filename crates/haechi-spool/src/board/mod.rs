//! Scoreboards: one file per process with its counters, its latency histograms
//! and the requests it is in. The owner writes with plain atomics, anyone may
//! read at any time, and what a killed process was doing stays readable.

mod cache;
mod doing;
mod end;
mod in_flight;
mod layout;
mod live;
mod own;
mod retire;
mod ring;
mod slowest;
mod snapshot;
#[cfg(test)]
mod tests;
mod text;
mod versioned;
mod witness;

pub use cache::{RouteCache, RouteSlot};
pub use doing::{Doing, Watched, ask_for_stack};
pub use end::End;
pub use in_flight::{Entered, InFlightSlot};
pub(crate) use layout::SUFFIX;
pub(crate) use live::About;
pub use live::{Board, Finished};
pub(crate) use retire::retire_old;
pub(crate) use snapshot::look;
pub use snapshot::{AppSnapshot, BoardSnapshot, InFlight, RouteSnapshot, Slow, snapshots};
pub use witness::{BoardsHeld, Ended, Witness};
