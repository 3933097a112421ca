//! Over any kind of atomic pointer, so that tests can try all orders in which
//! memory may tell of it.

use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed};

/// What many threads hand to one that takes all of it at times, until it is
/// closed. Nobody waits for anybody, and nothing gets lost: what is put in is
/// taken, or comes back.
#[derive(Debug)]
pub(super) struct Handed<T, H: Head<Node<T>> = AtomicPtr<Node<T>>> {
    /// The node put in last; null if there is none, [`closed`] from the end on.
    head: H,
    /// It owns the nodes.
    nodes: PhantomData<T>,
}

/// An atomic pointer.
pub(super) trait Head<N> {
    fn null() -> Self;
    fn load(&self, order: Ordering) -> *mut N;
    /// May fail without a reason; a failure gives what is there, relaxed.
    fn exchange(&self, from: *mut N, to: *mut N, order: Ordering) -> Result<(), *mut N>;
    fn swap(&self, to: *mut N, order: Ordering) -> *mut N;
}

impl<N> Head<N> for AtomicPtr<N> {
    fn null() -> Self {
        Self::new(ptr::null_mut())
    }

    fn load(&self, order: Ordering) -> *mut N {
        Self::load(self, order)
    }

    fn exchange(&self, from: *mut N, to: *mut N, order: Ordering) -> Result<(), *mut N> {
        self.compare_exchange_weak(from, to, order, Relaxed).map(drop)
    }

    fn swap(&self, to: *mut N, order: Ordering) -> *mut N {
        Self::swap(self, to, order)
    }
}

#[derive(Debug)]
pub(super) struct Node<T> {
    next: *mut Self,
    value: T,
}

/// An address that no node has.
const fn closed<T>() -> *mut Node<T> {
    ptr::without_provenance_mut(1)
}

impl<T, H: Head<Node<T>>> Default for Handed<T, H> {
    fn default() -> Self {
        Self { head: H::null(), nodes: PhantomData }
    }
}

// SAFETY: a node belongs to who made it until it is put in, then to who takes it
// out; both happen by one exchange of `head`, with release and acquire. Nobody
// looks into one that is inside.
unsafe impl<T: Send, H: Head<Node<T>> + Send> Send for Handed<T, H> {}
// SAFETY: see above.
unsafe impl<T: Send, H: Head<Node<T>> + Sync> Sync for Handed<T, H> {}

impl<T, H: Head<Node<T>>> Handed<T, H> {
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
            match self.head.exchange(next, node, AcqRel) {
                Ok(()) => return Ok(()),
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
            match self.head.exchange(head, ptr::null_mut(), AcqRel) {
                Ok(()) => return Self::unfold(head, each),
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
        self.head = H::null();
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

impl<T, H: Head<Node<T>>> Drop for Handed<T, H> {
    fn drop(&mut self) {
        // so that whoever used it before is done with it
        let _ = self.head.load(Acquire);
        self.close(drop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loom::cell::UnsafeCell;
    use loom::sync::Arc;
    use loom::sync::atomic as model;
    use loom::thread;
    use std::sync::Mutex;

    impl<N> Head<N> for model::AtomicPtr<N> {
        fn null() -> Self {
            Self::new(ptr::null_mut())
        }

        fn load(&self, order: Ordering) -> *mut N {
            Self::load(self, order)
        }

        fn exchange(&self, from: *mut N, to: *mut N, order: Ordering) -> Result<(), *mut N> {
            self.compare_exchange_weak(from, to, order, Relaxed).map(drop)
        }

        fn swap(&self, to: *mut N, order: Ordering) -> *mut N {
            Self::swap(self, to, order)
        }
    }

    /// What is looked into by one thread at a time, or loom says so.
    type Given = Box<UnsafeCell<u32>>;
    type Model = Handed<Given, model::AtomicPtr<Node<Given>>>;

    /// Something to give, just written.
    fn given(number: u32) -> Given {
        let given = Box::new(UnsafeCell::new(0));
        // SAFETY: see `look`.
        given.with_mut(|place| unsafe { *place = number });
        given
    }

    /// What stands in it; changed by the way, as its owner may.
    fn look(given: &Given) -> u32 {
        // SAFETY: nothing else points there while this does; loom checks it.
        given.with_mut(|number| unsafe {
            *number += 1;
            *number - 1
        })
    }

    #[test]
    fn in_every_order_what_is_handed_over_is_taken_whole_or_comes_back() {
        let mut orders = loom::model::Builder::new();
        // more take minutes and, it is known, hardly ever find more
        orders.preemption_bound = Some(3);
        orders.check(|| {
            let handed = Arc::new(Model::default());
            let givers = [1, 2].map(|number| {
                let handed = Arc::clone(&handed);
                thread::spawn(move || handed.put(given(number)).err().map(|back| look(&back)))
            });
            let mut seen = Vec::new();
            handed.take(|given| seen.push(look(&given)));
            handed.close(|given| seen.push(look(&given)));
            seen.extend(givers.into_iter().filter_map(|giver| giver.join().unwrap()));
            seen.sort_unstable();
            assert_eq!(seen, [1, 2]);
            assert!(handed.is_empty());
        });
    }

    #[test]
    fn in_every_order_what_is_taken_before_the_end_is_whole() {
        loom::model(|| {
            let handed = Arc::new(Model::default());
            let giver = {
                let handed = Arc::clone(&handed);
                thread::spawn(move || handed.put(given(7)).is_ok())
            };
            let mut seen = None;
            while seen.is_none() {
                handed.take(|given| seen = Some(look(&given)));
                thread::yield_now();
            }
            assert_eq!(seen, Some(7));
            assert!(giver.join().unwrap());
        });
    }

    #[test]
    fn what_threads_hand_over_is_taken_once_or_comes_back() {
        for _ in 0..50 {
            let handed: Handed<_> = Handed::default();
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
