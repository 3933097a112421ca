//! What a log line was given beside its text: pairs of a name and a value.

use crate::wire::{Reader, Writer, cut};

/// Bytes of all encoded attributes of one line.
pub const ATTRIBUTES_MAX: usize = 4 * 1024;
/// Pairs of one line that are kept.
const PAIRS_MAX: u8 = 32;
const KEY_MAX: u16 = 64;
const VALUE_MAX: u16 = 1024;

/// Collects the attributes of a log line. What is past the limits is left out:
/// 32 pairs, names of 64 bytes, values of 1,024 and [`ATTRIBUTES_MAX`] in all.
#[derive(Debug, Default)]
pub struct AttributesWriter {
    bytes: Vec<u8>,
    pairs: u8,
}

impl AttributesWriter {
    /// Adds a pair; the value must be redacted. Says whether it was kept, whole
    /// or cut.
    pub fn push(&mut self, key: &str, value: &str) -> bool {
        let (key, value) = (cut(key, KEY_MAX.into()), cut(value, VALUE_MAX.into()));
        let room = ATTRIBUTES_MAX - self.bytes.len();
        if key.is_empty() || self.pairs == PAIRS_MAX || room < 4 + key.len() + value.len() {
            return false;
        }
        if self.bytes.is_empty() {
            self.bytes.reserve(256); // most lines have few and short ones
        }
        let mut w = Writer { out: &mut self.bytes };
        w.text(key, KEY_MAX);
        w.text(value, VALUE_MAX);
        self.pairs += 1;
        true
    }

    /// The byte form: for each pair two texts behind their lengths (16 bit).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The pairs in the order they were given, up to the first damage.
pub fn decode_attributes(bytes: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    let mut reader = Reader { rest: bytes };
    std::iter::from_fn(move || {
        let key = reader.text("key").ok()?;
        let value = reader.text("value").ok()?;
        Some((key, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_past_the_limits_is_left_out_and_the_rest_stays() {
        let mut writer = AttributesWriter::default();
        assert!(!writer.push("", "a value without a name"));
        assert!(writer.push(&"k".repeat(70), &"é".repeat(600)));
        let long = "v".repeat(1024);
        for n in 0..40 {
            writer.push(&format!("k{n}"), &long);
        }
        assert!(writer.push("last", "fits"));
        let pairs: Vec<_> = decode_attributes(writer.as_bytes()).collect();
        assert_eq!((pairs[0].0.len(), pairs[0].1.len()), (64, 1024));
        assert_eq!(pairs.len(), 4);
        assert_eq!(pairs[3], ("last", "fits"));
        for n in 0..40 {
            assert_eq!(writer.push(&n.to_string(), "short"), n < 28, "{n}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(pairs in prop::collection::vec((".{1,9}", ".{0,9}"), 0..32)) {
            let mut writer = AttributesWriter::default();
            for (key, value) in &pairs {
                prop_assert!(writer.push(key, value));
            }
            let read: Vec<_> = decode_attributes(writer.as_bytes()).collect();
            let given: Vec<_> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            prop_assert_eq!(read, given);
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..99)) {
            prop_assert!(decode_attributes(&bytes).count() <= bytes.len());
        }
    }
}
