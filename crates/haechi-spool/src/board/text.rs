//! Text in a scoreboard, written and read a word at a time with atomics: a
//! reader that meets a writer sees old and new letters mixed, never undefined
//! behaviour, and the slot's version tells it to look again.

use crate::map::Map;
use std::sync::atomic::Ordering::Relaxed;

/// Writes `text`, cut at `max` bytes (a multiple of 8) between characters.
pub(super) fn put(map: &Map, at: usize, max: usize, text: &str) {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    map.word(at).store(end as u64, Relaxed);
    for (index, chunk) in text.as_bytes()[..end].chunks(8).enumerate() {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        map.word(at + 8 + index * 8).store(u64::from_le_bytes(word), Relaxed);
    }
}

/// Whether `text`, cut as [`put`] cuts it, stands there.
pub(super) fn is(map: &Map, at: usize, max: usize, text: &str) -> bool {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let same_word = |(index, chunk): (usize, &[u8])| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        map.word(at + 8 + index * 8).load(Relaxed) == u64::from_le_bytes(word)
    };
    map.word(at).load(Relaxed) == end as u64
        && text.as_bytes()[..end].chunks(8).enumerate().all(same_word)
}

/// Reads a text from the bytes of a board; damage gives replacement characters.
pub(super) fn get(bytes: &[u8], at: usize, max: usize) -> String {
    let len = crate::segment::u64_at(bytes, at).min(max as u64) as usize;
    let bytes = bytes.get(at + 8..at + 8 + len).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}
