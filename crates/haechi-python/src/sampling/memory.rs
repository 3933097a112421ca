//! Whether the process may have the memory that looking takes.

use haechi::Unseen;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

/// With the first allocation of a thread the C library sets this much of the
/// process's addresses aside for a moment, and keeps half of it.
const WANTED: u64 = 160 << 20;

/// Whether this process, or one it was forked from, has looked before: what it
/// took then is used again.
static LOOKED: AtomicBool = AtomicBool::new(false);

/// [`Unseen::Memory`] if the first look would come near the process's limit.
pub(super) fn why_not() -> Unseen {
    if LOOKED.load(Relaxed) || left().is_none_or(|left| left >= WANTED) {
        return Unseen::None;
    }
    Unseen::Memory
}

pub(super) fn looked() {
    LOOKED.store(true, Relaxed);
}

/// Bytes of addresses that the process may still take; `None` if no limit is set.
fn left() -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: writes to a live struct.
    if unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) } != 0
        || limit.rlim_cur == libc::RLIM_INFINITY
    {
        return None;
    }
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let used = pages.split(' ').next()?.parse::<u64>().ok()?.saturating_mul(page_size());
    Some(limit.rlim_cur.saturating_sub(used))
}

fn page_size() -> u64 {
    // SAFETY: has no conditions.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(size).unwrap_or(4096)
}
