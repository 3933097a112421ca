use haechi_event::{Occasion, Unseen};

/// Where a slow request was each time it was looked at, as kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredSamples {
    /// When it was told, Unix milliseconds.
    pub time_unix_ms: u64,
    /// Why it was told.
    pub occasion: Occasion,
    /// Why less was seen than there was to see.
    pub unseen: Unseen,
    /// From one look to the next, milliseconds.
    pub interval_ms: u32,
    /// How often it was looked at.
    pub looks: u32,
    /// How often it was found on the stack of its thread.
    pub samples: u32,
    /// The age of the request at the first look, milliseconds.
    pub from_ms: u32,
    /// The age of the request at the last look, milliseconds.
    pub to_ms: u32,
    /// What the looks waited for the interpreter's lock in all, microseconds.
    pub lock_wait_us: u64,
    /// The longest of these waits, microseconds.
    pub lock_wait_max_us: u64,
    /// Where it was found; see [`haechi_event::decode_samples`].
    pub tree: Vec<u8>,
}
