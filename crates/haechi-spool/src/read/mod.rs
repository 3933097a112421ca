//! The collector's side of the spool. Files are read with `pread`, never
//! mapped: one that is cut short meanwhile gives an end, not a signal.

mod dir;
mod reader;

pub use crate::segment::SegmentHeader;
pub use dir::{CollectorLock, SpoolDir};
pub use reader::{Chunk, Raw, SegmentReader, Tail};
