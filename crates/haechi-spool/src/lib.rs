//! The spool: what apps write and the collector reads, without a lock between
//! them and without a server.
//!
//! * [`write::Spool`]: a process's side. Each thread appends to a lane of its
//!   own; a fork starts afresh; nothing here waits, raises or kills.
//! * [`read::SpoolDir`]: the collector's side. Segments are read with `pread`,
//!   never mapped, so a file cut short cannot kill the reader.
//! * [`board`]: scoreboards, one per process: counters, latency histograms and
//!   the requests in flight, readable by anyone while they change.
//! * [`Exits`]: how processes ended, as far as their parents were watched.
//! * [`Control`]: one small file shared by all processes: which apps are
//!   monitored, how full the spool is.
//! * [`leave_site`]: where a program's apps are, for the collector.
//!
//! The byte layouts are described where they are read and written:
//! `segment.rs`, `board/layout.rs`, `control.rs`.

pub mod board;
mod control;
mod drop_reason;
mod error;
mod exits;
mod faulty;
mod map;
mod origin;
pub mod read;
mod segment;
mod sites;
pub mod write;

pub use control::{AppState, Control};
pub use drop_reason::DropReason;
pub use error::SpoolError;
pub use exits::{Exit, ExitStatus, Exits, note_exit};
pub use faulty::SetAside;
pub use origin::WriterState;
pub use sites::leave_site;
