//! Names taken apart into words, in place.

const WORD_MAX: usize = 24;

/// One lower-case word without an allocation.
#[derive(Clone, Copy)]
pub(super) struct Word {
    bytes: [u8; WORD_MAX],
    len: usize,
}

impl Default for Word {
    fn default() -> Self {
        Self { bytes: [0; WORD_MAX], len: 0 }
    }
}

impl Word {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Longer words than any in the lists need only their beginning kept.
    fn push(&mut self, byte: u8) {
        if self.len < self.bytes.len() {
            self.bytes[self.len] = byte.to_ascii_lowercase();
            self.len += 1;
        }
    }
}

/// The words of a name: cut at case changes and at whatever is no letter or digit.
pub(super) struct Words<'a> {
    rest: &'a [u8],
}

impl<'a> Words<'a> {
    pub(super) const fn of(name: &'a [u8]) -> Self {
        Self { rest: name }
    }

    pub(super) fn next_word(&mut self) -> Option<Word> {
        let bytes = self.rest;
        let start = bytes.iter().position(u8::is_ascii_alphanumeric)?;
        let mut word = Word::default();
        let mut end = start;
        while end < bytes.len() && bytes[end].is_ascii_alphanumeric() {
            let starts_new = end > start
                && bytes[end].is_ascii_uppercase()
                && (bytes[end - 1].is_ascii_lowercase()
                    || bytes.get(end + 1).is_some_and(u8::is_ascii_lowercase));
            if starts_new {
                break;
            }
            word.push(bytes[end]);
            end += 1;
        }
        self.rest = &bytes[end..];
        Some(word)
    }
}

/// `password2` is a password.
pub(super) fn trim_digits(mut word: &[u8]) -> &[u8] {
    while let [head @ .., b'0'..=b'9'] = word {
        word = head;
    }
    word
}
