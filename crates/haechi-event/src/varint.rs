//! Unsigned integers in as few bytes as they need: seven bits each, lowest
//! first (LEB128).

use crate::EventError;

/// Appends a number: 1 byte below 128, 10 at the most.
#[inline]
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Takes the number that the bytes begin with; `what` is what an error names.
///
/// # Errors
/// [`EventError::Truncated`] if they end in it, [`EventError::OutOfRange`] if it
/// has more than 64 bits.
#[inline]
pub fn take_varint(bytes: &mut &[u8], what: &'static str) -> Result<u64, EventError> {
    let (mut value, mut shift) = (0u64, 0);
    loop {
        let (&byte, rest) = bytes.split_first().ok_or(EventError::Truncated(what))?;
        *bytes = rest;
        if shift > 63 {
            return Err(EventError::OutOfRange(what));
        }
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_comes_back_and_any_bytes_are_taken_without_harm(
            value in any::<u64>(), bytes in prop::collection::vec(any::<u8>(), 0..12),
        ) {
            let mut out = Vec::new();
            put_varint(&mut out, value);
            out.extend_from_slice(&bytes);
            let mut rest = &*out;
            prop_assert_eq!(take_varint(&mut rest, "number"), Ok(value));
            prop_assert_eq!(rest, &*bytes);
            let _ = take_varint(&mut &*bytes, "number");
        }
    }

    #[test]
    fn a_number_without_an_end_is_an_error() {
        assert_eq!(take_varint(&mut &[0x80; 3][..], "n"), Err(EventError::Truncated("n")));
        assert_eq!(take_varint(&mut &[0x80; 11][..], "n"), Err(EventError::OutOfRange("n")));
    }
}
