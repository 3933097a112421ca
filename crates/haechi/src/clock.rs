//! Clocks for measuring requests.

use rustix::time::{ClockId, clock_gettime};

/// The time of day, Unix nanoseconds.
#[inline]
pub(crate) fn unix_ns() -> u64 {
    let now = clock_gettime(ClockId::Realtime);
    now.tv_sec.max(0) as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Nanoseconds since some fixed moment; never goes back.
#[inline]
pub(crate) fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}
