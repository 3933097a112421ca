//! Little-endian fields one after the other; text is a 16 or 32 bit length and
//! UTF-8.

use crate::EventError;

/// Writes fields into a buffer that the caller made large enough.
pub(crate) struct Writer<'a> {
    pub(crate) out: &'a mut Vec<u8>,
}

impl Writer<'_> {
    #[inline]
    pub(crate) fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    #[inline]
    pub(crate) fn bytes(&mut self, value: &[u8]) {
        self.out.extend_from_slice(value);
    }

    /// Text cut at `max` bytes, on a character boundary.
    #[inline]
    pub(crate) fn text(&mut self, value: &str, max: u16) {
        let value = cut(value, usize::from(max));
        // `cut` leaves at most `max` bytes, which is a u16
        self.bytes(&(value.len() as u16).to_le_bytes());
        if !value.is_empty() {
            self.bytes(value.as_bytes());
        }
    }

    /// At most 65,535 bytes behind their length.
    pub(crate) fn short_bytes(&mut self, value: &[u8]) {
        debug_assert!(value.len() <= usize::from(u16::MAX), "the caller keeps it short");
        self.bytes(&(value.len() as u16).to_le_bytes());
        self.bytes(value);
    }

    #[inline]
    pub(crate) fn long_text(&mut self, value: &str, max: u32) {
        let value = cut(value, max as usize);
        self.bytes(&(value.len() as u32).to_le_bytes());
        self.bytes(value.as_bytes());
    }
}

/// The longest prefix of at most `max` bytes that ends between characters.
#[inline]
pub(crate) fn cut(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let mut end = max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Reads fields; every length is checked against what is there.
pub(crate) struct Reader<'a> {
    pub(crate) rest: &'a [u8],
}

impl<'a> Reader<'a> {
    #[inline]
    pub(crate) fn bytes(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], EventError> {
        let (head, tail) = self.rest.split_at_checked(len).ok_or(EventError::Truncated(what))?;
        self.rest = tail;
        Ok(head)
    }

    #[inline]
    pub(crate) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], EventError> {
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or(EventError::Truncated(what))?;
        self.rest = tail;
        Ok(*head)
    }

    #[inline]
    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, EventError> {
        self.array::<1>(what).map(|b| b[0])
    }

    #[inline]
    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16, EventError> {
        self.array(what).map(u16::from_le_bytes)
    }

    #[inline]
    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, EventError> {
        self.array(what).map(u32::from_le_bytes)
    }

    #[inline]
    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, EventError> {
        self.array(what).map(u64::from_le_bytes)
    }

    #[inline]
    pub(crate) fn text(&mut self, what: &'static str) -> Result<&'a str, EventError> {
        let len = usize::from(self.u16(what)?);
        let bytes = self.bytes(len, what)?;
        std::str::from_utf8(bytes).map_err(|_| EventError::NotUtf8(what))
    }

    pub(crate) fn short_bytes(&mut self, what: &'static str) -> Result<&'a [u8], EventError> {
        let len = usize::from(self.u16(what)?);
        self.bytes(len, what)
    }

    #[inline]
    pub(crate) fn long_text(&mut self, what: &'static str) -> Result<&'a str, EventError> {
        let len = self.u32(what)? as usize;
        let bytes = self.bytes(len, what)?;
        std::str::from_utf8(bytes).map_err(|_| EventError::NotUtf8(what))
    }
}
