//! Panics are recorded where they happen, with the stack that is still there.
//!
//! * `hook`: stands before the program's own panic hook, once a program.
//! * `frames`: the stack, demangled, the app's own frames told from others.
//! * `catch` (with `tower`): answers a request that panicked.

#[cfg(feature = "tower")]
mod catch;
mod frames;
mod hook;

#[cfg(feature = "tower")]
pub use catch::{CatchPanicBody, CatchPanicFuture, CatchPanicLayer, CatchPanicService};
pub(crate) use hook::install;
