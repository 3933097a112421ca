//! Names and values that stand apart: `<password>…</password>`, a part of a
//! form (`name="password"` and then the value), `{"name": "password", "value": …}`.

use super::code::is_harmless;
use super::cut::Cut;
use super::key::Secrecy;
use super::rules::Rules;
use super::value::run;

/// A value is looked for this far behind its name.
const LOOK: usize = 240;

/// The text of an element whose name is a secret's, with the `>` at `at`.
pub(super) fn element(rules: &Rules, text: &[u8], at: usize) -> Option<Cut> {
    let head = &text[at.saturating_sub(80)..at];
    let open = head.iter().rposition(|byte| *byte == b'<')?;
    let name = &head[open + 1..];
    let name = &name[..run(name, |byte| byte.is_ascii_alphanumeric() || b"_-:.".contains(&byte))];
    let secrecy = rules.secrecy(name);
    if secrecy <= Secrecy::Many {
        return None;
    }
    let rest = &text[at + 1..];
    let len = run(rest, |byte| byte != b'<');
    let value = &rest[..len];
    let is_blank = value.iter().all(u8::is_ascii_whitespace);
    let no_secret = is_blank || is_harmless(rules, value, secrecy, true);
    (!no_secret).then(|| Cut::new(at + 1, at + 1 + len, "key"))
}

/// With the sign at `at` behind a word such as `name`: the value that belongs to
/// the name in quotes behind the sign.
pub(super) fn field(rules: &Rules, text: &[u8], at: usize, word: &[u8]) -> Option<Cut> {
    if !matches!(word, b"name" | b"key" | b"field" | b"param" | b"header" | b"Name" | b"Key") {
        return None;
    }
    let from = at + 1 + run(&text[at + 1..text.len().min(at + 4)], |byte| byte == b' ');
    let quote = *text.get(from).filter(|byte| b"\"'".contains(byte))?;
    let name = &text[from + 1..text.len().min(from + 66)];
    let name = &name[..name.iter().position(|byte| *byte == quote)?];
    let secrecy = rules.secrecy(name);
    if secrecy <= Secrecy::Many {
        return None;
    }
    let behind = from + name.len() + 2;
    let found = part(text, behind).or_else(|| attribute(text, behind));
    let (start, end) = found?;
    let no_secret = is_harmless(rules, &text[start..end], secrecy, false);
    (!no_secret).then(|| Cut::new(start, end, "key"))
}

/// The body of a part of `multipart/form-data`: behind an empty line, up to the
/// line with the boundary.
fn part(text: &[u8], from: usize) -> Option<(usize, usize)> {
    let head = text.get(from..text.len().min(from + LOOK))?;
    let empty = |at: &usize| head[*at..].starts_with(b"\n\n") || head[*at..].starts_with(b"\n\r\n");
    let blank = (0..head.len()).find(empty)?;
    let start = from + blank + run(&head[blank..], |byte| matches!(byte, b'\n' | b'\r'));
    let rest = &text[start..];
    let end = rest.windows(3).position(|part| part == b"\n--").unwrap_or(rest.len());
    Some((start, start + rest[..end].trim_ascii_end().len()))
}

/// The quoted contents behind `value=` or `"value":` in the same tag or object.
fn attribute(text: &[u8], from: usize) -> Option<(usize, usize)> {
    let head = text.get(from..text.len().min(from + LOOK))?;
    let head = &head[..run(head, |byte| !b">}\n".contains(&byte))];
    let word = head.windows(5).position(|part| part.eq_ignore_ascii_case(b"value"))? + 5;
    let between = run(&head[word..], |byte| b"\"': =".contains(&byte));
    let quote = *head.get((word + between).checked_sub(1)?)?;
    let sign = &head[word..word + between];
    if !sign.iter().any(|byte| b"=:".contains(byte)) || !b"\"'".contains(&quote) {
        return None;
    }
    let start = from + word + between;
    let rest = &text[start..];
    Some((start, start + run_to(rest, quote)))
}

fn run_to(rest: &[u8], quote: u8) -> usize {
    rest.iter().position(|byte| *byte == quote || *byte == b'\n').unwrap_or(rest.len())
}
