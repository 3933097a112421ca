//! The two clocks of a log file: a cheap one that only goes forward, and the
//! offset of local time.

use std::sync::atomic::{AtomicU64, Ordering};

use rustix::time::{ClockId, clock_gettime};

/// Seconds over which the local offset is taken as fixed. Every change of
/// summer time falls on a multiple of it.
const OFFSET_SECONDS: i64 = 15;

/// The interval the offset was last asked for (high half) and the offset in
/// seconds (low half).
static OFFSET: AtomicU64 = AtomicU64::new(u64::MAX);

/// Seconds of a monotonic clock with a resolution of a few milliseconds;
/// never 0.
#[inline]
pub(super) fn coarse_seconds() -> u64 {
    clock_gettime(ClockId::MonotonicCoarse).tv_sec.unsigned_abs() + 1
}

/// Seconds that local time is ahead of UTC at this Unix time.
///
/// The C library is asked once in 15 seconds, not once per line: it takes a
/// lock, and a fork in that moment would leave the lock shut in the child.
#[inline]
pub(super) fn local_offset(unix_s: i64) -> i64 {
    let interval = (unix_s.div_euclid(OFFSET_SECONDS) as u64) << 32;
    let cached = OFFSET.load(Ordering::Relaxed);
    if cached != u64::MAX && cached & !0xffff_ffff == interval {
        return i64::from(cached as u32 as i32);
    }
    let offset = ask_offset(unix_s);
    OFFSET.store(interval | u64::from(offset as u32), Ordering::Relaxed);
    offset
}

#[cold]
fn ask_offset(unix_s: i64) -> i64 {
    // SAFETY: `tm` is plain data, and all-zero bytes are a value of it.
    let mut broken_down: libc::tm = unsafe { std::mem::zeroed() };
    let seconds = unix_s as libc::time_t;
    // SAFETY: both pointers are valid for the call; the result is one of them or null.
    let answer = unsafe { libc::localtime_r(&raw const seconds, &raw mut broken_down) };
    if answer.is_null() { 0 } else { broken_down.tm_gmtoff }
}
