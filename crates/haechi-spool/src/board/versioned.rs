//! How a place that others look at is claimed, filled, changed and given back.
//!
//! Its version is 0 while it is free, odd while it is being written, and even, and
//! another one each time, when it can be read. A reader takes what it read for
//! whole if the version was the same even one before and after. Over any kind of
//! atomic word, so that tests can try all orders in which memory may tell of it.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{self, AcqRel, Relaxed, Release};

/// An atomic word, and the fence that goes with it.
pub(super) trait Word {
    fn load(&self, order: Ordering) -> u64;
    fn store(&self, value: u64, order: Ordering);
    /// Whether it was `from` and is `to` now.
    fn exchange(&self, from: u64, to: u64) -> bool;
    fn fence(order: Ordering);
}

impl Word for AtomicU64 {
    #[inline]
    fn load(&self, order: Ordering) -> u64 {
        Self::load(self, order)
    }

    #[inline]
    fn store(&self, value: u64, order: Ordering) {
        Self::store(self, value, order);
    }

    #[inline]
    fn exchange(&self, from: u64, to: u64) -> bool {
        self.compare_exchange(from, to, AcqRel, Relaxed).is_ok()
    }

    #[inline]
    fn fence(order: Ordering) {
        std::sync::atomic::fence(order);
    }
}

/// Takes a free place, to write it.
#[inline]
pub(super) fn claim<W: Word>(version: &W) -> bool {
    let is_ours = version.load(Relaxed) == 0 && version.exchange(0, 1);
    if is_ours {
        // whoever sees what is written from now on sees that it is being written
        W::fence(Release);
    }
    is_ours
}

/// Lets it be read; `even` is none that it had lately.
#[inline]
pub(super) fn publish<W: Word>(version: &W, even: u64) {
    version.store(even, Release);
}

/// Begins to change a place of one's own; gives what [`changed`] is to be given.
#[inline]
pub(super) fn change<W: Word>(version: &W) -> u64 {
    let odd = version.load(Relaxed) | 1;
    version.store(odd, Relaxed);
    // as above: the store alone could be seen after what follows it
    W::fence(Release);
    odd
}

/// The change is done. Never 0, which means free.
#[inline]
pub(super) fn changed<W: Word>(version: &W, odd: u64) {
    publish(version, odd.wrapping_add(1).max(2));
}

/// Gives a place back.
#[inline]
pub(super) fn leave<W: Word>(version: &W) {
    version.store(0, Release);
}

#[cfg(test)]
mod tests {
    use super::*;
    use loom::sync::Arc;
    use loom::sync::atomic as model;
    use loom::thread;
    use std::sync::atomic::Ordering::Acquire;

    impl Word for model::AtomicU64 {
        fn load(&self, order: Ordering) -> u64 {
            Self::load(self, order)
        }

        fn store(&self, value: u64, order: Ordering) {
            Self::store(self, value, order);
        }

        fn exchange(&self, from: u64, to: u64) -> bool {
            self.compare_exchange(from, to, AcqRel, Relaxed).is_ok()
        }

        fn fence(order: Ordering) {
            model::fence(order);
        }
    }

    /// A place with two words that belong together.
    #[derive(Default)]
    struct Place {
        version: model::AtomicU64,
        words: [model::AtomicU64; 2],
    }

    impl Place {
        fn fill(&self, value: u64) {
            for word in &self.words {
                word.store(value, Relaxed);
            }
        }

        /// What a reader takes for whole.
        fn read(&self) -> Option<(u64, [u64; 2])> {
            let before = self.version.load(Acquire);
            let words = [0, 1].map(|n: usize| self.words[n].load(Relaxed));
            model::fence(Acquire);
            let after = self.version.load(Relaxed);
            (before >= 2 && before.is_multiple_of(2) && before == after).then_some((before, words))
        }
    }

    /// All orders with at most two threads stopped against their will: more take
    /// minutes and, it is known, hardly ever find more.
    fn check(model: impl Fn() + Sync + Send + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(2);
        builder.check(model);
    }

    #[test]
    fn a_reader_never_takes_parts_of_two_requests_for_one() {
        check(|| {
            let place = Arc::new(Place::default());
            let writers: Vec<_> = [1, 2]
                .map(|value| {
                    let place = Arc::clone(&place);
                    thread::spawn(move || {
                        if claim(&place.version) {
                            place.fill(value);
                            publish(&place.version, value << 8 | 2);
                            leave(&place.version);
                        }
                    })
                })
                .into();
            if let Some((version, words)) = place.read() {
                assert_eq!([version >> 8; 2], words);
            }
            for writer in writers {
                writer.join().unwrap();
            }
            assert_eq!(place.version.load(Acquire), 0, "given back by whoever had it");
        });
    }

    #[test]
    fn what_the_next_request_writes_is_never_taken_for_the_one_before() {
        check(|| {
            let place = Arc::new(Place::default());
            assert!(claim(&place.version));
            place.fill(1);
            publish(&place.version, 2);
            let next = {
                let place = Arc::clone(&place);
                thread::spawn(move || {
                    leave(&place.version);
                    assert!(claim(&place.version));
                    place.fill(2);
                })
            };
            // the version of the first may be seen long after it was given back
            if let Some((version, words)) = place.read() {
                assert_eq!((version, words), (2, [1, 1]));
            }
            next.join().unwrap();
        });
    }

    #[test]
    fn a_place_that_is_claimed_is_nobody_elses() {
        check(|| {
            let place = Arc::new(Place::default());
            let claims = [1, 2].map(|_| {
                let place = Arc::clone(&place);
                thread::spawn(move || claim(&place.version))
            });
            let ours = claims.map(|claim| claim.join().unwrap());
            assert_eq!(ours.into_iter().filter(|is_ours| *is_ours).count(), 1);
        });
    }

    #[test]
    fn a_change_is_seen_whole_or_not_at_all() {
        check(|| {
            let place = Arc::new(Place::default());
            assert!(claim(&place.version));
            place.fill(1);
            publish(&place.version, 2);
            let writer = {
                let place = Arc::clone(&place);
                thread::spawn(move || {
                    let odd = change(&place.version);
                    place.fill(2);
                    changed(&place.version, odd);
                })
            };
            if let Some((version, words)) = place.read() {
                assert_eq!(words, [if version == 2 { 1 } else { 2 }; 2]);
            }
            writer.join().unwrap();
            assert_eq!(place.read(), Some((4, [2, 2])));
        });
    }
}
