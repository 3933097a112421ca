//! CPU time of the running thread. Reading that clock costs a system call,
//! more than all the rest of recording, so it is read for a sample only.

use rustix::time::{ClockId, clock_gettime};

/// On one thread, requests are measured at most this often: all of them where
/// there are few, and a share that costs next to nothing where there are many.
pub(crate) const SAMPLE_EVERY_NS: u64 = 5_000_000;

/// A reading on one thread; only the same thread can take the difference.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CpuStart {
    thread: usize,
    ns: u64,
}

impl CpuStart {
    pub(crate) fn now() -> Self {
        Self { thread: thread_mark(), ns: thread_ns() }
    }

    /// CPU time since the start; `None` on another thread.
    pub(crate) fn elapsed_ns(self) -> Option<u64> {
        (self.thread == thread_mark()).then(|| thread_ns().saturating_sub(self.ns))
    }
}

fn thread_ns() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// The address of a thread-local: differs between threads that live at once.
fn thread_mark() -> usize {
    thread_local! { static MARK: u8 = const { 0 } }
    MARK.try_with(|mark| std::ptr::from_ref(mark).addr()).unwrap_or_default()
}
