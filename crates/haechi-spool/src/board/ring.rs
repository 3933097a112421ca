//! Requests per second and per minute of the recent past: 64 words, each the
//! low 32 bits of a time and a count.

use super::layout::RING;
use crate::map::Map;
use std::sync::atomic::Ordering::Relaxed;

/// Counts one at `time` (seconds or minutes since the Unix epoch).
#[inline]
pub(super) fn count(map: &Map, ring: usize, time: u64) {
    add(map, ring, time, 1);
}

/// The same in a ring that nobody else writes.
#[inline]
pub(super) fn count_alone(map: &Map, ring: usize, time: u64) {
    let word = map.word(ring + (time as usize % RING) * 8);
    let stamp = (time & u64::from(u32::MAX)) << 32;
    let seen = word.load(Relaxed);
    match seen & !u64::from(u32::MAX) {
        same if same == stamp => word.store(seen.wrapping_add(1), Relaxed),
        newer if newer > stamp => {}
        _ => word.store(stamp | 1, Relaxed),
    }
}

/// Counts several at `time`; older than what stands in its place is ignored.
pub(super) fn add(map: &Map, ring: usize, time: u64, requests: u32) {
    let word = map.word(ring + (time as usize % RING) * 8);
    let stamp = (time & u64::from(u32::MAX)) << 32;
    let mut seen = word.load(Relaxed);
    loop {
        let next = match seen & !u64::from(u32::MAX) {
            same if same == stamp => seen.wrapping_add(u64::from(requests)),
            newer if newer > stamp => return,
            _ => stamp | u64::from(requests),
        };
        match word.compare_exchange_weak(seen, next, Relaxed, Relaxed) {
            Ok(_) => return,
            Err(other) => seen = other,
        }
    }
}

/// Every place that holds a count, as (time, count), unordered.
pub(super) fn read(bytes: &[u8], ring: usize) -> Vec<(u64, u32)> {
    let words = (0..RING).map(|place| crate::segment::u64_at(bytes, ring + place * 8));
    words.filter(|word| *word != 0).map(|word| (word >> 32, (word & 0xffff_ffff) as u32)).collect()
}
