//! Text from strangers, shown so that it cannot act: no terminal, page or
//! reader of lines takes any of it for a command.

/// Bytes that are, or may begin, a character that acts.
const SUSPECT: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[0x7f] = true;
    table[0xc2] = true; // C1 controls, U+0080 to U+009F
    table[0xd8] = true; // U+061C
    table[0xe2] = true; // line and bidi controls, U+200E to U+2069
    table[0xef] = true; // U+FEFF
    table
};

/// How far ahead text is looked at in one step; the compiler turns it into
/// one vector comparison.
const STRIDE: usize = 16;

/// Appends `text` with every control character (C0, DEL, C1), line separator
/// and direction control written out (`\x1b`, `\t`, `\u202e`), and every line
/// feed replaced by `line_break`.
#[inline]
pub fn push_inert(out: &mut Vec<u8>, text: &str, line_break: &[u8]) {
    let bytes = text.as_bytes();
    let (mut clean_from, mut at) = (0, 0);
    loop {
        at = next_suspect(bytes, at);
        let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) else {
            out.extend_from_slice(&bytes[clean_from..]);
            return;
        };
        let Some((code, width)) = acting(rest) else {
            at += 1;
            continue;
        };
        out.extend_from_slice(&bytes[clean_from..at]);
        push_escape(out, code, line_break);
        at += width;
        clean_from = at;
    }
}

/// `text` as [`push_inert`] shows it, with line feeds written out as `\n`.
#[must_use]
pub fn inert(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    push_inert(&mut out, text, b"\\n");
    // only whole characters were replaced, by ASCII
    String::from_utf8(out).unwrap_or_default()
}

/// Whether a character is one that [`push_inert`] writes out.
#[must_use]
pub fn is_acting(c: char) -> bool {
    acting(c.encode_utf8(&mut [0; 4]).as_bytes()).is_some()
}

#[inline]
fn next_suspect(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        if let Some(stride) = bytes.get(at..at + STRIDE)
            && stride.iter().fold(true, |plain, b| plain & (b.wrapping_sub(0x20) < 0x5f))
        {
            at += STRIDE;
            continue;
        }
        let end = bytes.len().min(at + STRIDE);
        while at < end {
            if SUSPECT[usize::from(bytes[at])] {
                return at;
            }
            at += 1;
        }
    }
    at
}

/// The acting character that `bytes` begin with, and its width in bytes.
fn acting(bytes: &[u8]) -> Option<(u32, usize)> {
    match *bytes {
        [b @ (0..=0x1f | 0x7f), ..] => Some((u32::from(b), 1)),
        [0xc2, b @ 0x80..=0x9f, ..] => Some((u32::from(b), 2)),
        [0xd8, 0x9c, ..] => Some((0x061c, 2)),
        [0xe2, b @ (0x80 | 0x81), c, ..] => {
            let code = 0x2000 | u32::from(b & 0x3f) << 6 | u32::from(c & 0x3f);
            matches!(code, 0x200e | 0x200f | 0x2028..=0x202e | 0x2066..=0x2069).then_some((code, 3))
        }
        [0xef, 0xbb, 0xbf, ..] => Some((0xfeff, 3)),
        _ => None,
    }
}

#[cold]
fn push_escape(out: &mut Vec<u8>, code: u32, line_break: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |shift: u32| DIGITS[(code >> shift & 0xf) as usize];
    match code {
        0x0a => out.extend_from_slice(line_break),
        0x0d => out.extend_from_slice(b"\\r"),
        0x09 => out.extend_from_slice(b"\\t"),
        0..=0xff => out.extend_from_slice(&[b'\\', b'x', digit(4), digit(0)]),
        _ => {
            out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acts(c: char) -> bool {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    }

    #[test]
    fn every_character_stays_as_it_is_unless_it_acts() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let text = format!("a{c}b");
            let shown = inert(&text);
            assert_eq!(is_acting(c), acts(c), "{:x}", c as u32);
            if acts(c) {
                assert!(shown.starts_with("a\\") && shown.ends_with('b'), "{:x}", c as u32);
                assert!(!shown.chars().any(acts), "{:x}", c as u32);
            } else {
                assert_eq!(shown, text);
            }
        }
    }

    #[test]
    fn an_acting_character_is_found_at_every_place() {
        for c in ['\0', '\x1b', '\x7f', '\u{9b}', '\u{202e}', '\u{2028}', '\n'] {
            for (before, after) in (0..40).flat_map(|b| (0..40).map(move |a| (b, a))) {
                for filler in ["z", "가"] {
                    let text = format!("{}{c}{}", filler.repeat(before), filler.repeat(after));
                    let shown = inert(&text);
                    assert!(!shown.chars().any(acts), "{text:?}");
                    assert_eq!(shown.matches(filler).count(), before + after, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn escapes_are_the_usual_ones() {
        assert_eq!(inert("\x1b[31m\r\t\u{9b}\u{202e}\n"), "\\x1b[31m\\r\\t\\x9b\\u202e\\n");
    }
}
