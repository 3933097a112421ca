//! A text as a pickle writes it, decoded only where it is wanted.

/// How the bytes stand for characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// UTF-8, or bytes that most likely are.
    Plain,
    /// Python 2's `repr` of a byte string: quoted, with backslashes (`S`).
    Quoted,
    /// Latin-1 with `\uXXXX` for the rest (`V`).
    Escaped,
}

/// A text in a pickle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text<'a> {
    pub(crate) form: Form,
    pub(crate) bytes: &'a [u8],
}

impl Text<'_> {
    /// The characters; what is none is replaced by U+FFFD. Never longer than
    /// three times the bytes.
    pub(crate) fn decode(&self) -> String {
        match self.form {
            Form::Plain => String::from_utf8_lossy(self.bytes).into_owned(),
            Form::Quoted => unquoted(self.bytes),
            Form::Escaped => unescaped(self.bytes),
        }
    }

    /// Whether it is this name. Names of keys have no escapes in any protocol.
    pub(crate) fn is(&self, name: &str) -> bool {
        let bytes = match self.form {
            Form::Plain | Form::Escaped => self.bytes,
            Form::Quoted => within_quotes(self.bytes),
        };
        bytes == name.as_bytes()
    }
}

fn within_quotes(bytes: &[u8]) -> &[u8] {
    match bytes {
        [open @ (b'\'' | b'"'), inner @ .., close] if open == close => inner,
        _ => bytes,
    }
}

fn unquoted(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = within_quotes(bytes);
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some((&kind, after)) = rest.split_first() else { break };
        rest = after;
        match kind {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'x' => match hex(rest, 2) {
                Some(value) => {
                    out.push(value as u8);
                    rest = &rest[2..];
                }
                None => out.extend_from_slice(b"\\x"),
            },
            b'\\' | b'\'' | b'"' => out.push(kind),
            other => out.extend_from_slice(&[b'\\', other]),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn unescaped(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        let digits = match after.first() {
            Some(b'u') if byte == b'\\' => 4,
            Some(b'U') if byte == b'\\' => 8,
            _ => 0,
        };
        match hex(after.get(1..).unwrap_or_default(), digits).filter(|_| digits > 0) {
            Some(value) => {
                out.push(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
                rest = &after[1 + digits..];
            }
            None => {
                out.push(char::from(byte));
                rest = after;
            }
        }
    }
    out
}

/// The value of exactly so many hexadecimal digits at the beginning.
fn hex(bytes: &[u8], digits: usize) -> Option<u32> {
    let digits = std::str::from_utf8(bytes.get(..digits)?).ok()?;
    let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    all.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(form: Form, bytes: &[u8]) -> String {
        Text { form, bytes }.decode()
    }

    #[test]
    fn each_form_is_decoded_as_python_does() {
        assert_eq!(decoded(Form::Plain, "é\u{1f600}".as_bytes()), "é\u{1f600}");
        assert_eq!(decoded(Form::Plain, b"a\xff"), "a\u{fffd}");
        assert_eq!(decoded(Form::Quoted, br"'it\'s\n\xc3\xa9 \\ \q'"), "it's\né \\ \\q");
        assert_eq!(decoded(Form::Quoted, b"\"don't\""), "don't");
        assert_eq!(
            decoded(Form::Escaped, b"a\\u000ab\xe9\\U0001f600\\ud800\\x"),
            "a\nbé\u{1f600}\u{fffd}\\x"
        );
        assert_eq!(decoded(Form::Escaped, b"\\u+123 \\u12"), "\\u+123 \\u12");
        assert!(Text { form: Form::Quoted, bytes: b"'layer'" }.is("layer"));
    }

    proptest! {
        #[test]
        fn any_bytes_become_text_of_bounded_length(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for form in [Form::Plain, Form::Quoted, Form::Escaped] {
                prop_assert!(decoded(form, &bytes).len() <= 3 * bytes.len());
            }
        }
    }
}
