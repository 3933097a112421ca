//! Text in a scoreboard, written and read a word at a time with atomics: a
//! reader that meets a writer sees old and new letters mixed, never undefined
//! behaviour, and the slot's version tells it to look again.

use crate::map::Map;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Writes `text`, cut at `max` bytes (a multiple of 8) between characters.
#[inline]
pub(super) fn put(map: &Map, at: usize, max: usize, text: &str) {
    put_words(map.words(at, 1 + max / 8), text.as_bytes());
}

/// Writes UTF-8, cut between characters, into a word for its length and words
/// for its bytes.
#[inline]
pub(super) fn put_words(words: &[AtomicU64], text: &[u8]) {
    let Some((len, words)) = words.split_first() else { return };
    let mut rest = cut(text, words.len() * 8);
    len.store(rest.len() as u64, Relaxed);
    for word in words {
        let Some((chunk, more)) = rest.split_first_chunk() else {
            if !rest.is_empty() {
                word.store(last_word(rest), Relaxed);
            }
            return;
        };
        word.store(u64::from_le_bytes(*chunk), Relaxed);
        rest = more;
    }
}

/// Whether `text`, cut as [`put`] cuts it, stands there.
pub(super) fn is(map: &Map, at: usize, max: usize, text: &str) -> bool {
    let text = cut(text.as_bytes(), max);
    let (chunks, rest) = text.as_chunks();
    let expected = chunks.iter().map(|chunk| u64::from_le_bytes(*chunk));
    let expected = expected.chain((!rest.is_empty()).then(|| last_word(rest)));
    let words = map.words(at, 1 + text.len().div_ceil(8)).iter().map(|word| word.load(Relaxed));
    words.eq(std::iter::once(text.len() as u64).chain(expected))
}

#[inline]
fn cut(text: &[u8], max: usize) -> &[u8] {
    if text.len() <= max {
        return text;
    }
    let mut end = max;
    // the later bytes of a character
    while end > 0 && text[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    &text[..end]
}

/// Less than 8 bytes as a word, without a loop or a call.
#[inline]
pub(super) fn last_word(rest: &[u8]) -> u64 {
    let half = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
    let byte = |index: usize| u64::from(rest[index]) << (index * 8);
    match (rest.first_chunk(), rest.last_chunk()) {
        (Some(first), Some(last)) => half(first) | half(last) << ((rest.len() - 4) * 8),
        _ if rest.is_empty() => 0,
        // of three bytes all, of two and one some twice
        _ => byte(0) | byte(rest.len() / 2) | byte(rest.len() - 1),
    }
}

/// Whether two short texts are equal; for them a call costs more than it does.
#[inline]
pub(super) fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    if one.len() > 16 {
        return one == other;
    }
    if one.len() < 8 {
        return last_word(one) == last_word(other);
    }
    // of less than 16 bytes some are compared twice
    let ends = |text: &[u8]| {
        let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
        (word(text.first_chunk()), word(text.last_chunk()))
    };
    ends(one) == ends(other)
}

/// Reads a text from the board itself; one that changes meanwhile is mixed.
pub(super) fn read(map: &Map, at: usize, max: usize) -> String {
    let words = map.words(at, 1 + max / 8);
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.load(Relaxed).to_le_bytes()).collect();
    get(&bytes, 0, max)
}

/// Reads a text from the bytes of a board; damage gives replacement characters.
pub(super) fn get(bytes: &[u8], at: usize, max: usize) -> String {
    let len = crate::segment::u64_at(bytes, at).min(max as u64) as usize;
    let bytes = bytes.get(at + 8..at + 8 + len).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_word_is_its_bytes_and_zeros() {
        for len in 0..8 {
            let bytes: Vec<u8> = (1..=len as u8).map(|n| n * 31).collect();
            let mut whole = [0; 8];
            whole[..len].copy_from_slice(&bytes);
            assert_eq!(last_word(&bytes), u64::from_le_bytes(whole), "{len}");
        }
    }

    #[test]
    fn texts_are_the_same_if_every_byte_is() {
        let text = "/a/route/of/some/length";
        for len in 0..text.len() {
            assert!(same(&text[..len], &text[..len]));
            assert!(!same(&text[..len], &text[..len + 1]));
            for changed in 0..len {
                let mut other = text[..len].to_owned().into_bytes();
                other[changed] = b'?';
                assert!(!same(&text[..len], &String::from_utf8(other).unwrap()), "{len} {changed}");
            }
        }
    }
}
