//! Clocks cheap enough for every request.

use rustix::time::{ClockId, clock_gettime};

/// Unix milliseconds, up to 4 ms late: the kernel's coarse clock.
#[inline]
pub(super) fn coarse_unix_ms() -> u64 {
    let now = clock_gettime(ClockId::RealtimeCoarse);
    now.tv_sec.max(0) as u64 * 1000 + now.tv_nsec as u64 / 1_000_000
}
