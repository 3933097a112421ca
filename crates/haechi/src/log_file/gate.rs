use std::sync::atomic::{AtomicU32, Ordering};

/// Lets one thread in and makes no other wait. What a fork took over half-way
/// is free for the child: the gate remembers whose process it was.
pub(super) struct Gate {
    inside: AtomicU32,
}

/// Leaves the gate when dropped.
pub(super) struct Entered<'a>(&'a Gate);

impl Gate {
    pub(super) const fn open() -> Self {
        Self { inside: AtomicU32::new(0) }
    }

    /// `None` if another thread of this process is inside.
    pub(super) fn enter(&self) -> Option<Entered<'_>> {
        let pid = std::process::id();
        let inside = self.inside.load(Ordering::Relaxed);
        if inside == pid {
            return None;
        }
        self.inside
            .compare_exchange(inside, pid, Ordering::Acquire, Ordering::Relaxed)
            .ok()
            .map(|_| Entered(self))
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.inside.store(0, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_is_inside_at_a_time() {
        let gate = Gate::open();
        let entered = gate.enter();
        assert!(entered.is_some() && gate.enter().is_none());
        drop(entered);
        assert!(gate.enter().is_some());
    }

    #[test]
    fn what_another_process_left_shut_is_open() {
        let gate = Gate { inside: AtomicU32::new(std::process::id().wrapping_add(1)) };
        assert!(gate.enter().is_some());
    }
}
