//! One layer of escapes taken off a text, with the way back to where each byte
//! came from: `%70`, `\u0070`, `\x70`, `\"`, `&#112;`, `&quot;`.

/// A text without one layer of its escapes.
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    /// After each escape: here, and where that was in the original. Both grow.
    anchors: Vec<(u32, u32)>,
}

impl Decoded {
    /// Where a place in the decoded bytes was in the original.
    pub(super) fn origin(&self, at: usize) -> usize {
        let place = self.anchors.partition_point(|(here, _)| *here as usize <= at);
        match place.checked_sub(1).and_then(|place| self.anchors.get(place)) {
            Some((here, there)) => *there as usize + (at - *here as usize),
            None => at,
        }
    }
}

/// Takes one layer off; `None` if there is no escape in the text. `plus` says
/// that `+` stands for a blank, as in queries and forms.
pub(super) fn decode(text: &[u8], plus: bool) -> Option<Decoded> {
    let mut out: Option<Decoded> = None;
    let (mut at, mut copied) = (0, 0);
    while let Some(byte) = text.get(at) {
        let rest = &text[at + 1..];
        let found = match byte {
            b'%' => hex(rest, 2).map(|code| (code, 3, true)),
            b'\\' => backslash(rest),
            b'&' => entity(rest),
            b'+' if plus => Some((u32::from(b' '), 1, true)),
            _ => None,
        };
        let Some((code, len, is_byte)) = found else {
            at += 1;
            continue;
        };
        let out = out.get_or_insert_with(|| Decoded {
            bytes: Vec::with_capacity(text.len()),
            anchors: Vec::new(),
        });
        out.bytes.extend_from_slice(&text[copied..at]);
        push(&mut out.bytes, code, is_byte);
        at += len;
        copied = at;
        // texts are bounded long before 4 GiB
        out.anchors.push((out.bytes.len() as u32, at as u32));
    }
    let mut out = out?;
    out.bytes.extend_from_slice(&text[copied..]);
    Some(out)
}

fn push(out: &mut Vec<u8>, code: u32, is_byte: bool) {
    if is_byte {
        out.push(code as u8);
        return;
    }
    let mut buffer = [0; 4];
    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
}

fn hex(digits: &[u8], count: usize) -> Option<u32> {
    let digits = digits.get(..count)?;
    digits.iter().try_fold(0, |code, digit| Some(code * 16 + char::from(*digit).to_digit(16)?))
}

/// What follows a backslash: the code, the length of the whole escape, and
/// whether it stands for one byte.
fn backslash(rest: &[u8]) -> Option<(u32, usize, bool)> {
    match *rest.first()? {
        b'u' => hex(&rest[1..], 4).map(|code| (code, 6, false)),
        b'x' => hex(&rest[1..], 2).map(|code| (code, 4, true)),
        b'n' | b'r' => Some((u32::from(b'\n'), 2, true)),
        b't' => Some((u32::from(b'\t'), 2, true)),
        byte @ (b'"' | b'\'' | b'/' | b'\\') => Some((u32::from(byte), 2, true)),
        _ => None,
    }
}

/// What follows an ampersand.
fn entity(rest: &[u8]) -> Option<(u32, usize, bool)> {
    let end = rest.iter().take(9).position(|byte| *byte == b';')?;
    let name = &rest[..end];
    let code = match name {
        b"amp" => u32::from(b'&'),
        b"lt" => u32::from(b'<'),
        b"gt" => u32::from(b'>'),
        b"quot" => u32::from(b'"'),
        b"apos" => u32::from(b'\''),
        b"nbsp" => u32::from(b' '),
        [b'#', b'x' | b'X', digits @ ..] if !digits.is_empty() => hex(digits, digits.len())?,
        [b'#', digits @ ..] => std::str::from_utf8(digits).ok()?.parse().ok()?,
        _ => return None,
    };
    Some((code, end + 2, code < 128))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(text: &str, plus: bool) -> Option<String> {
        decode(text.as_bytes(), plus).map(|found| String::from_utf8(found.bytes).unwrap())
    }

    #[test]
    fn each_kind_of_escape_is_taken_off_once() {
        for (from, to) in [
            ("p%61ss%3D1", "pass=1"),
            ("%2561", "%61"),
            (r#"{\"p\u0061ss\":\"\x31\"}"#, r#"{"pass":"1"}"#),
            (r"a\\nb", r"a\nb"),
            ("&quot;p&#97;ss&#x3D;&quot;", "\"pass=\""),
        ] {
            assert_eq!(plain(from, false).as_deref(), Some(to), "{from}");
        }
        assert_eq!(plain("a+b", true).as_deref(), Some("a b"));
        for none in ["", "100 % of a+b", "a & b; c", "%zz &unknown; \\d", "&#;"] {
            assert_eq!(plain(none, false), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn every_place_leads_back_into_the_text(text in "[a%2\\\\u0&#;xq\"]{0,40}") {
            if let Some(found) = decode(text.as_bytes(), true) {
                let mut before = 0;
                for at in 0..=found.bytes.len() {
                    let origin = found.origin(at);
                    prop_assert!(origin >= before && origin <= text.len());
                    before = origin;
                }
                prop_assert_eq!(found.origin(found.bytes.len()), text.len());
            }
        }
    }
}
