//! The SDK that apps link: it records requests and log lines into the spool
//! and answers `statistics()` from the scoreboards of all processes.
//!
//! Nothing here blocks, panics, grows without bound or touches a network. If
//! files cannot be written the app runs on and a counter says so.
//!
//! * [`Recorder`]: one per program; cheap to clone.
//! * [`RequestGuard`]: a request from its first line to the last byte of its
//!   body; ends exactly once.
//! * [`LogLine`]: a line on its way to the app's log file and the spool.
//! * [`Captured`]: an exception on its way to the spool.
//! * [`statistics`]: the numbers of an app over all its processes, as data, as
//!   a page and as text.

mod app_logs;
mod captured;
mod clock;
mod cpu_time;
mod guard;
pub mod log_file;
mod log_line;
mod recorder;
pub mod statistics;

pub use captured::Captured;
pub use guard::{Begin, RequestGuard};
pub use haechi_event::{
    Cause, Flags, Frame, Mechanism, RequestId, Severity, StackWriter, Tie, decode_stack, redact,
};
pub use log_line::LogLine;
pub use recorder::{Recorder, RecorderOptions};
