use std::ptr;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

/// What many threads hand to one that takes all of it at times, until it is
/// closed. Nobody waits for anybody, and nothing gets lost: what is put in is
/// taken, or comes back.
#[derive(Debug)]
pub(super) struct Handed<T> {
    /// The node put in last; null if there is none, [`closed`] from the end on.
    head: AtomicPtr<Node<T>>,
}

#[derive(Debug)]
struct Node<T> {
    next: *mut Self,
    value: T,
}

/// An address that no node has.
const fn closed<T>() -> *mut Node<T> {
    ptr::without_provenance_mut(1)
}

impl<T> Default for Handed<T> {
    fn default() -> Self {
        Self { head: AtomicPtr::new(ptr::null_mut()) }
    }
}

// SAFETY: a node belongs to who made it until it is put in, then to who takes it
// out; both happen by one exchange of `head`, with release and acquire. Nobody
// looks into one that is inside.
unsafe impl<T: Send> Send for Handed<T> {}
// SAFETY: see above.
unsafe impl<T: Send> Sync for Handed<T> {}

impl<T> Handed<T> {
    /// Puts something in; it comes back if nobody will take it any more.
    pub(super) fn put(&self, value: T) -> Result<(), T> {
        let mut next = self.head.load(Relaxed);
        if next == closed() {
            return Err(value);
        }
        let node = Box::into_raw(Box::new(Node { next, value }));
        loop {
            // SAFETY: the node is ours until the exchange below has succeeded.
            unsafe { (*node).next = next };
            match self.head.compare_exchange_weak(next, node, AcqRel, Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) if now == closed() => {
                    // SAFETY: it is still ours and came from a box.
                    return Err(unsafe { Box::from_raw(node) }.value);
                }
                Err(now) => next = now,
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        let head = self.head.load(Relaxed);
        head.is_null() || head == closed()
    }

    /// Takes all that is inside, what was put in last first.
    pub(super) fn take(&self, each: impl FnMut(T)) {
        let mut head = self.head.load(Relaxed);
        while !head.is_null() && head != closed() {
            match self.head.compare_exchange_weak(head, ptr::null_mut(), AcqRel, Relaxed) {
                Ok(nodes) => return Self::unfold(nodes, each),
                Err(now) => head = now,
            }
        }
    }

    /// Closes it and takes all that is inside.
    pub(super) fn close(&self, each: impl FnMut(T)) {
        Self::unfold(self.head.swap(closed(), AcqRel), each);
    }

    /// Nobody else has it: it is empty and open again.
    pub(super) fn reopen(&mut self) {
        self.close(drop);
        *self.head.get_mut() = ptr::null_mut();
    }

    fn unfold(mut nodes: *mut Node<T>, mut each: impl FnMut(T)) {
        while !nodes.is_null() && nodes != closed() {
            // SAFETY: these nodes were taken out by an exchange, so they are ours,
            // and each came from a box.
            let node = unsafe { Box::from_raw(nodes) };
            nodes = node.next;
            each(node.value);
        }
    }
}

impl<T> Drop for Handed<T> {
    fn drop(&mut self) {
        // so that whoever used it before is done with it
        let _ = self.head.load(Acquire);
        self.close(drop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn what_threads_hand_over_is_taken_once_or_comes_back() {
        for _ in 0..50 {
            let handed = Handed::default();
            let (taken, back) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
            std::thread::scope(|scope| {
                for thread in 0..3 {
                    let (handed, back) = (&handed, &back);
                    scope.spawn(move || {
                        for n in 0..200 {
                            if let Err(value) = handed.put(Box::new(thread * 1000 + n)) {
                                back.lock().unwrap().push(value);
                            }
                        }
                    });
                }
                for _ in 0..20 {
                    handed.take(|value| taken.lock().unwrap().push(value));
                    std::thread::yield_now();
                }
                handed.close(|value| taken.lock().unwrap().push(value));
            });
            let mut all = taken.into_inner().unwrap();
            all.append(&mut back.into_inner().unwrap());
            all.sort();
            all.dedup();
            assert_eq!(all.len(), 600);
            assert!(handed.is_empty());
        }
    }
}
