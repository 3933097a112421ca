//! What single bytes mean, as tables: texts are looked at byte by byte.

/// What a byte means for finding secrets. Bytes of characters beyond ASCII are
/// gaps: no word begins with one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Gap,
    Word,
    Dash,
    Slash,
    Sign,
    Comma,
    Quote,
    Close,
    Dollar,
    Escape,
}

pub(super) const CLASSES: [Class; 256] = {
    let mut classes = [Class::Gap; 256];
    let mut byte = 0;
    while byte < 128u8 {
        classes[byte as usize] = match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Class::Word,
            b'-' => Class::Dash,
            b'/' => Class::Slash,
            b'=' | b':' => Class::Sign,
            b',' => Class::Comma,
            b'"' | b'\'' => Class::Quote,
            b'>' => Class::Close,
            b'$' => Class::Dollar,
            b'%' | b'\\' | b'&' => Class::Escape,
            _ => Class::Gap,
        };
        byte += 1;
    }
    classes
};

/// Whether a byte may be part of a name.
pub(super) const NAME: [bool; 256] = {
    let mut names = [true; 256];
    let mut byte = 0;
    while byte < 128u8 {
        names[byte as usize] =
            byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'.';
        byte += 1;
    }
    names
};

/// Whether a byte may stand between a name and its sign: quotes, brackets, a
/// blank, other parts of an operator.
pub(super) const BETWEEN: [bool; 256] = {
    let mut between = [false; 256];
    let bytes = b"\"'`\\])* !<>=:";
    let mut index = 0;
    while index < bytes.len() {
        between[bytes[index] as usize] = true;
        index += 1;
    }
    between
};

/// Where the word that goes on at `at` ends.
pub(super) fn word_end(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(|byte| CLASSES[usize::from(*byte)] as u8 == Class::Word as u8) {
        at += 1;
    }
    at
}
