//! Clocks for measuring requests.

use crate::ticks;
use rustix::time::{ClockId, clock_gettime};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// The time of day, Unix nanoseconds.
#[inline]
pub(crate) fn unix_ns() -> u64 {
    let now = clock_gettime(ClockId::Realtime);
    now.tv_sec.max(0) as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Nanoseconds since some fixed moment; never goes back on a thread by more than
/// two processors' counters differ, and follows the kernel's monotonic clock
/// within some millionths.
#[inline]
pub(crate) fn monotonic_ns() -> u64 {
    ticks::now_ns().unwrap_or_else(|| ticks::learn(kernel_ns))
}

fn kernel_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// The time of day from the monotonic clock, so that one reading gives both.
/// How far they are apart is looked up again ten times a second, so a clock that
/// was set is followed within that.
#[derive(Debug, Default)]
pub(crate) struct Wall {
    offset_ns: AtomicU64,
    looked_ns: AtomicU64,
}

const LOOK_EVERY_NS: u64 = 100_000_000;

impl Wall {
    /// Unix nanoseconds at a monotonic time just read, and whether the clock was
    /// looked up for it.
    #[inline]
    pub(crate) fn at(&self, monotonic_ns: u64) -> (u64, bool) {
        let looked = self.looked_ns.load(Relaxed);
        // one that another thread has just stored may be later than ours
        let since = monotonic_ns.wrapping_sub(looked) as i64;
        let due = looked == 0 || !(-(LOOK_EVERY_NS as i64)..LOOK_EVERY_NS as i64).contains(&since);
        if due {
            self.offset_ns.store(unix_ns().wrapping_sub(monotonic_ns), Relaxed);
            self.looked_ns.store(monotonic_ns.max(1), Relaxed);
        }
        (monotonic_ns.wrapping_add(self.offset_ns.load(Relaxed)), due)
    }
}
