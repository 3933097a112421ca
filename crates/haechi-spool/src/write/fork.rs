//! Notices forks. Python's own hooks are not called by uWSGI, `pthread_atfork`
//! always is; and asking for the pid costs a system call each time.

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

static GENERATION: AtomicU64 = AtomicU64::new(1);
static HOOK: Once = Once::new();

extern "C" fn in_child() {
    // only an atomic: nothing else is safe between fork and exec
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Asks to be told of forks; call once before anything is recorded.
pub(super) fn watch() {
    HOOK.call_once(|| {
        // SAFETY: registers a function that only touches an atomic, which is
        // allowed in a child of a process with threads.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}

/// Goes up by one in every child; what was made under another number belongs
/// to an ancestor and must not be written to.
#[inline]
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Relaxed)
}
