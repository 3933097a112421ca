/// Why a record was not kept. Each reason has a counter in the scoreboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum DropReason {
    /// The disk, or the quota, is full.
    DiskFull = 0,
    /// The spool has reached its byte budget and the collector is behind.
    SpoolFull = 1,
    /// The record is longer than any may be.
    TooLong = 2,
    /// Recording was asked for from inside recording, as a signal handler may.
    Reentrant = 3,
    /// The data folder cannot be made or written.
    NoDirectory = 4,
    /// The flight recorder overwrote it while no collector ran.
    Overwritten = 5,
    /// The process died in the request, and so many more did that there was no
    /// room to remember it until a server could tell.
    Untold = 6,
}

impl DropReason {
    /// All, in the order of their counters.
    pub const ALL: [Self; 7] = [
        Self::DiskFull,
        Self::SpoolFull,
        Self::TooLong,
        Self::Reentrant,
        Self::NoDirectory,
        Self::Overwritten,
        Self::Untold,
    ];

    /// The name shown to people and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DiskFull => "disk_full",
            Self::SpoolFull => "spool_full",
            Self::TooLong => "too_long",
            Self::Reentrant => "reentrant",
            Self::NoDirectory => "no_directory",
            Self::Overwritten => "overwritten",
            Self::Untold => "untold",
        }
    }
}
