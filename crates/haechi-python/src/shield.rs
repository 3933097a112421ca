//! Nothing of ours raises into the app: an error or a panic inside recording
//! is counted, and the app goes on as if it had not asked.

use pyo3::PyResult;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

static FAILURES: AtomicU64 = AtomicU64::new(0);

/// What `work` gives, or the default if it fails.
pub(crate) fn shield<T: Default>(work: impl FnOnce() -> PyResult<T>) -> T {
    if let Ok(Ok(done)) = catch_unwind(AssertUnwindSafe(work)) {
        return done;
    }
    FAILURES.fetch_add(1, Ordering::Relaxed);
    T::default()
}

/// How often something of ours failed.
pub(crate) fn failures() -> u64 {
    FAILURES.load(Ordering::Relaxed)
}
