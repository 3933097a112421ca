use crate::tied::Tied;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Spans that are tied to requests at once, about; more are not tied.
const SLOTS: usize = 8192;
/// As many as share a cache line of the processor's, or two.
const ROW: usize = 4;
const FREE: u64 = 0;
/// Being filled or emptied.
const BUSY: u64 = u64::MAX;

/// The open spans that belong to requests, by their ids. Finding, adding and
/// taking out wait for nobody; what a slot has allocated stays for its next span.
#[derive(Debug, Default)]
pub(super) struct Table {
    // made with the first span of a request
    slots: OnceLock<Box<[Slot]>>,
}

#[derive(Debug, Default)]
struct Slot {
    key: AtomicU64,
    tied: OnceLock<Box<Tied>>,
}

impl Table {
    /// Adds a span and lets `fill` say what it is tied to; whether there was room.
    pub(super) fn add(&self, id: u64, fill: impl FnOnce(&Tied) -> bool) {
        let slots = self.slots.get_or_init(|| (0..SLOTS).map(|_| Slot::default()).collect());
        let free = rows(slots, id).find(|slot| {
            slot.key.load(Relaxed) == FREE
                && slot.key.compare_exchange(FREE, BUSY, Acquire, Relaxed).is_ok()
        });
        let Some(slot) = free else { return };
        let is_tied = fill(slot.tied.get_or_init(Box::default));
        slot.key.store(if is_tied { id } else { FREE }, Release);
    }

    /// What a span is tied to.
    #[inline]
    pub(super) fn get(&self, id: u64) -> Option<&Tied> {
        let slot = rows(self.slots.get()?, id).find(|slot| slot.key.load(Acquire) == id)?;
        slot.tied.get().map(|tied| &**tied)
    }

    /// Takes a span out once `last` has been done with it.
    pub(super) fn take(&self, id: u64, last: impl FnOnce(&Tied)) {
        let Some(slots) = self.slots.get() else { return };
        let is_it = |slot: &&Slot| slot.key.compare_exchange(id, BUSY, Acquire, Relaxed).is_ok();
        let Some(slot) = rows(slots, id).find(is_it) else { return };
        if let Some(tied) = slot.tied.get() {
            last(tied);
        }
        slot.key.store(FREE, Release);
    }
}

/// The two rows in which a span may stand.
fn rows(slots: &[Slot], id: u64) -> impl Iterator<Item = &Slot> {
    // low bits count up from one span to the next, high ones tell threads and
    // generations: a registry's next span gets a slot that is warm
    let row = (id ^ (id >> 38).wrapping_mul(0x9e37_79b9)) as usize;
    let at = |row: usize| (row * ROW) % SLOTS;
    let (first, second) = (at(row), at(row ^ 0x155));
    let slots = slots.get(first..first + ROW).into_iter().chain(slots.get(second..second + ROW));
    slots.flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn what_was_added_is_found_until_it_is_taken_out(
            steps in prop::collection::vec((any::<bool>(), 1u64..40), 0..200),
        ) {
            let table = Table::default();
            let mut inside = HashSet::new();
            for (add, id) in steps {
                if add && inside.insert(id) {
                    table.add(id, |_| true);
                } else if !add {
                    let mut seen = 0;
                    table.take(id, |_| seen += 1);
                    prop_assert_eq!(seen == 1, inside.remove(&id));
                }
                for id in 1..40 {
                    prop_assert_eq!(table.get(id).is_some(), inside.contains(&id));
                }
            }
        }
    }

    #[test]
    fn many_spans_find_room_and_too_many_do_no_harm() {
        let table = Table::default();
        for id in 1..=100_000 {
            table.add(id, |_| true);
        }
        let found = (1..=100_000).filter(|id| table.get(*id).is_some()).count();
        assert_eq!(found, SLOTS);
        for id in 1..=100_000 {
            table.take(id, |_| ());
            assert!(table.get(id).is_none());
        }
    }
}
