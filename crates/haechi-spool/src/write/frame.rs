//! In which order a record is put behind the last one, so that a reader in
//! another process sees it whole or not at all, whenever it looks and whenever
//! the writer dies. Over any kind of memory of atomic numbers, so that tests can
//! try all orders in which it may tell of them.

use crate::map::Map;
use crate::segment::{ALIGN, FRAME_LEN, SEQUENCE_AT, SUM_AT};
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{self, Relaxed, Release};

/// Where records are put.
pub(super) trait Memory {
    type Half: Half;
    fn len(&self) -> usize;
    /// So many from a multiple of 4 on, all inside of it.
    fn halves(&self, at: usize, count: usize) -> &[Self::Half];
}

/// Four bytes of it.
pub(super) trait Half {
    fn store(&self, value: u32, order: Ordering);
}

impl Memory for Map {
    type Half = AtomicU32;

    #[inline]
    fn len(&self) -> usize {
        Self::len(self)
    }

    #[inline]
    fn halves(&self, at: usize, count: usize) -> &[AtomicU32] {
        Self::halves(self, at, count)
    }
}

impl Half for AtomicU32 {
    #[inline]
    fn store(&self, value: u32, order: Ordering) {
        // the bytes of the file are little-endian
        Self::store(self, value.to_le(), order);
    }
}

/// Where a record stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Its frame; the payload comes behind that.
    pub(super) at: usize,
    /// Bytes of the payload.
    pub(super) len: u32,
    /// The next record's frame.
    pub(super) next: usize,
    pub(super) sequence: u32,
    /// The payload's checksum.
    pub(super) sum: u32,
}

/// Puts a record there; `write` puts the payload.
#[inline]
pub(super) fn put<M: Memory>(memory: &M, place: Place, write: impl FnOnce()) {
    let Place { at, len, next, sequence, sum } = place;
    // the file may have been used before: who sees this record sees none behind it
    clear(memory, next);
    let frame = memory.halves(at, FRAME_LEN / 4);
    // from here on it is a record that was begun and, if we die, never finished
    frame[SUM_AT / 4].store(sum, Relaxed);
    frame[SEQUENCE_AT / 4].store(sequence, Relaxed);
    write();
    // readers believe the record only once this is there
    frame[0].store(len, Release);
}

/// Puts zeros where a frame will be, as far as there is room for one.
#[inline]
fn clear<M: Memory>(memory: &M, at: usize) {
    // up to the next multiple of 8, where the payload goes on
    let room = memory.len().saturating_sub(at).min(FRAME_LEN.next_multiple_of(ALIGN));
    for half in memory.halves(at, room / 4) {
        half.store(0, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loom::sync::Arc;
    use loom::sync::atomic as model;
    use loom::thread;
    use std::sync::atomic::Ordering::Acquire;

    impl Half for model::AtomicU32 {
        fn store(&self, value: u32, order: Ordering) {
            Self::store(self, value, order);
        }
    }

    /// What an earlier use of the file left.
    const OLD: u32 = 77;
    /// Bytes of a record with a payload of four bytes, up to the next.
    const RECORD: usize = FRAME_LEN + 4;

    /// Room for two records and the frame behind them; the first frame is empty,
    /// as when a segment has been made.
    struct Segment([model::AtomicU32; 2 * RECORD / 4 + 4]);

    impl Segment {
        fn new() -> Self {
            let old = |n: usize| if n < 4 { 0 } else { OLD };
            Self(std::array::from_fn(|n| model::AtomicU32::new(old(n))))
        }

        fn append(&self, sequence: u32) {
            let at = (sequence as usize - 1) * RECORD;
            let place = Place { at, len: 4, next: at + RECORD, sequence, sum: sum(sequence) };
            put(self, place, || self.0[(at + FRAME_LEN) / 4].store(payload(sequence), Relaxed));
        }

        fn load(&self, at: usize, order: Ordering) -> u32 {
            self.0[at / 4].load(order)
        }
    }

    impl Memory for Segment {
        type Half = model::AtomicU32;

        fn len(&self) -> usize {
            self.0.len() * 4
        }

        fn halves(&self, at: usize, count: usize) -> &[model::AtomicU32] {
            &self.0[at / 4..at / 4 + count]
        }
    }

    fn payload(sequence: u32) -> u32 {
        sequence * 1000
    }

    fn sum(sequence: u32) -> u32 {
        sequence * 7
    }

    #[test]
    fn in_every_order_a_reader_sees_records_whole_and_nothing_of_an_earlier_use() {
        loom::model(|| {
            let segment = Arc::new(Segment::new());
            let writer = {
                let segment = Arc::clone(&segment);
                thread::spawn(move || (1..=2).for_each(|sequence| segment.append(sequence)))
            };
            for sequence in 1..=2 {
                let at = (sequence as usize - 1) * RECORD;
                let len = segment.load(at, Acquire);
                if len == 0 {
                    break;
                }
                let seen = [SEQUENCE_AT, SUM_AT, FRAME_LEN].map(|n| segment.load(at + n, Relaxed));
                assert_eq!((len, seen), (4, [sequence, sum(sequence), payload(sequence)]));
                // behind it stands the next one, or zeros
                let next = segment.load(at + RECORD, Relaxed);
                assert!([0, 4].contains(&next), "{next}");
            }
            writer.join().unwrap();
            let ends = [0, 1, 2].map(|n| segment.load(n * RECORD, Relaxed));
            assert_eq!(ends, [4, 4, 0]);
        });
    }
}
