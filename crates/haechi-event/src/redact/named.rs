//! A value that stands behind its name: `name=value`, `name: value`,
//! `"name": "value"`, `('name', 'value')`, `--name value`, `name LIKE 'value'`.

use super::class::{BETWEEN, NAME};
use super::code::{is_harmless, is_placeholder, is_type};
use super::cut::{Cut, mark_len};
use super::key::Secrecy;
use super::rules::Rules;
use super::scheme::starts;
use super::value::{self, run};
use super::{markup, rules};

/// Names are looked for this far before a sign.
const NAME_MAX: usize = 64;
/// Ends of quotes and brackets are looked for this far.
const QUOTED_MAX: usize = 16 * 1024;

/// A name and where it begins.
struct Name<'a> {
    start: usize,
    text: &'a [u8],
}

/// The value after the sign (`=` or `:`) at `at`.
pub(super) fn after_sign(rules: &Rules, text: &[u8], at: usize) -> Option<Cut> {
    if text[at] == b':' && matches!(text.get(at + 1..at + 3), Some(b"//") | Some([b':', _])) {
        return None;
    }
    let name = name_before(text, at)?;
    let secrecy = rules.secrecy(name.text);
    if secrecy != Secrecy::No && is_in_a_mark(text, name.start) {
        return None;
    }
    if secrecy == Secrecy::No {
        return markup::field(rules, text, at, name.text);
    }
    let sign = 1 + run(&text[at + 1..(at + 3).min(text.len())], |byte| b"=>~".contains(&byte));
    let known = Known { rules, text, secrecy, name };
    known.value(at + sign, true)
}

/// The second of a pair such as `('name', 'value')`, with the comma at `at`;
/// also `['--name', 'value']`.
pub(super) fn after_comma(rules: &Rules, text: &[u8], at: usize) -> Option<Cut> {
    let name = name_before(text, at)?;
    let secrecy = rules.secrecy(name.text);
    let opening = name.start.checked_sub(2).and_then(|before| text.get(before));
    let is_option = name.text.starts_with(b"--");
    if secrecy <= Secrecy::Many || !(is_option || matches!(opening, Some(b'(' | b'['))) {
        return None;
    }
    let from = at + 1 + run(&text[at + 1..], |byte| byte == b' ');
    let from = from + text[from..].strip_prefix(b"None, ").map_or(0, |_| 6);
    let known = Known { rules, text, secrecy, name };
    let cut = known.quoted(from)?;
    // a value that was shortened is followed by an ellipsis
    let closes = match text.get(cut.end() + 1..) {
        None | Some([] | [b')' | b']', ..]) => true,
        Some(rest) => rest.starts_with("…".as_bytes()),
    };
    (closes || is_option).then_some(cut)
}

/// `--name value`, with the dashes at `at`.
pub(super) fn option(rules: &Rules, text: &[u8], at: usize) -> Option<Cut> {
    let start = at + 2;
    let rest = &text[start..text.len().min(start + NAME_MAX)];
    let len = run(rest, |byte| NAME[usize::from(byte)]);
    if len == 0 || rest.get(len) != Some(&b' ') {
        return None;
    }
    let name = Name { start, text: &rest[..len] };
    let secrecy = rules.secrecy(name.text);
    let from = start + len + 1;
    let next = *text.get(from)?;
    let rest = &text[from..];
    // `--password PASSWORD`, as a program explains itself
    let is_example =
        run(rest, |byte| byte.is_ascii_uppercase() || byte == b'_') == loose_end(rest, 0);
    if secrecy <= Secrecy::Many || matches!(next, b'-' | b' ') || is_example {
        return None;
    }
    Known { rules, text, secrecy, name }.value(from, false)
}

/// `name 'value'`, `name LIKE 'value'`, `name IN ('value'`, with the quote at `at`.
pub(super) fn before_quote(rules: &Rules, text: &[u8], at: usize) -> Option<Cut> {
    let mut end = at;
    let mut least = Secrecy::Sure;
    for _ in 0..4 {
        end -= text[..end].iter().rev().take(3).take_while(|b| b" (".contains(b)).count();
        if !matches!(end.checked_sub(1).map(|at| text[at]), Some(last) if is_end(last)) {
            return None;
        }
        let name = name_before(text, end)?;
        let between = [&b"like"[..], b"ilike", b"in", b"is", b"not", b"to", b"was", b"by"];
        let is_between = between.iter().any(|word| name.text.eq_ignore_ascii_case(word));
        let secrecy = match name.text {
            // CREATE USER … IDENTIFIED BY '…'
            word if word.eq_ignore_ascii_case(b"identified") => Secrecy::Sure,
            word => rules.secrecy(word),
        };
        if secrecy >= least {
            return Known { rules, text, secrecy, name }.quoted(at);
        }
        if !is_between {
            return None;
        }
        if matches!(name.text.to_ascii_lowercase().as_slice(), b"like" | b"ilike" | b"in") {
            least = Secrecy::Likely;
        }
        end = name.start;
    }
    None
}

/// Rules are called like secrets: `[cut:jwt:128]`.
fn is_in_a_mark(text: &[u8], at: usize) -> bool {
    at.checked_sub(5).is_some_and(|start| mark_len(&text[start..]) > 0)
}

/// How a name ends before a string.
const fn is_end(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'"' | b'`' | b']')
}

/// The name that ends before `end`, without what may stand between: quotes,
/// brackets, blanks, other parts of an operator.
fn name_before(text: &[u8], end: usize) -> Option<Name<'_>> {
    let mut end = end;
    let least = end.saturating_sub(6);
    while end > least && BETWEEN[usize::from(text[end - 1])] {
        end -= 1;
    }
    let mut start = end;
    let least = end.saturating_sub(NAME_MAX);
    let mut is_name = false;
    while start > least && NAME[usize::from(text[start - 1])] {
        start -= 1;
        is_name |= text[start] > b'9';
    }
    is_name.then_some(Name { start, text: &text[start..end] })
}

/// A name that may be a secret's, on the way to its value.
struct Known<'a> {
    rules: &'a Rules,
    text: &'a [u8],
    secrecy: Secrecy,
    name: Name<'a>,
}

impl Known<'_> {
    /// The value that begins at `from`, blanks left aside. `typed` says that the
    /// name of a type may stand first.
    fn value(&self, from: usize, typed: bool) -> Option<Cut> {
        let from = from + self.text[from..].iter().take(16).take_while(|b| **b == b' ').count();
        let first = *self.text.get(from)?;
        let second = self.text.get(from + 1);
        let is_quote = |byte: Option<&u8>| matches!(byte, Some(b'"' | b'\'' | b'`'));
        match first {
            b'"' | b'\'' | b'`' => self.quoted(from),
            b'b' | b'u' | b'r' | b'f' | b'B' if is_quote(second) => self.quoted(from + 1),
            // without its escapes this is looked at again
            b'\\' if is_quote(second) => None,
            b'{' | b'[' if mark_len(&self.text[from..]) == 0 => self.collection(from),
            _ if self.secrecy == Secrecy::Many => None,
            _ => self.loose(from, typed),
        }
    }

    /// What stands between the quote at `from` and its partner; without one, to
    /// the end of the line.
    fn quoted(&self, from: usize) -> Option<Cut> {
        let quote = *self.text.get(from).filter(|byte| b"\"'`".contains(byte))?;
        let triple = self.text[from..].starts_with(&[quote; 3]);
        let start = from + if triple { 3 } else { 1 };
        let rest = &self.text[start..self.text.len().min(start + QUOTED_MAX)];
        let len = closing(rest, quote, triple).unwrap_or_else(|| run(rest, |b| b != b'\n'));
        let contents = &rest[..len];
        if self.secrecy == Secrecy::Many || is_harmless(self.rules, contents, self.secrecy, false) {
            return None;
        }
        Some(Cut::new(start, start + len, "key"))
    }

    /// A dict or list, whole if the name is surely a secret's or one of several.
    fn collection(&self, from: usize) -> Option<Cut> {
        if self.secrecy == Secrecy::Likely {
            // what is in it has names of its own
            return None;
        }
        let rest = &self.text[from..];
        let len = balanced(rest).unwrap_or(rest.len());
        let whole = &rest[..len];
        let is_empty = is_placeholder(whole) || is_harmless(self.rules, whole, self.secrecy, false);
        (!is_empty).then(|| Cut::new(from, from + len, "key"))
    }

    /// A value without quotes.
    fn loose(&self, from: usize, typed: bool) -> Option<Cut> {
        let rest = &self.text[from..];
        if let Some(len) = self.to_the_end_of_line(from) {
            return Some(Cut::new(from, from + with_key(rest, len), self.line_rule()));
        }
        let mut len = loose_end(rest, mark_len(rest));
        let value = &rest[..len];
        // `Bearer …`, a key of many lines or a card's number go on behind blanks
        let known = value::find(rest);
        if known.is_none() && self.is_harmless(value, from) {
            let follows = rest[len..].iter().take(3).take_while(|byte| **byte == b' ').count();
            let has_default = typed && is_type(value) && rest.get(len + follows) == Some(&b'=');
            return if has_default { self.value(from + len + follows + 1, false) } else { None };
        }
        if let Some(found) = known {
            len = len.max(found.keep + found.cut);
        } else if let Some(credentials) = behind_scheme(rest, value) {
            len = credentials;
        }
        Some(Cut::new(from, from + with_key(rest, len), "key"))
    }

    fn is_harmless(&self, value: &[u8], from: usize) -> bool {
        let rest = &self.text[from + value.len()..];
        let goes_on = matches!(rest, [b' ', next, ..] if next.is_ascii_alphanumeric());
        let is_a_word = value.len() <= 16 && value.iter().all(u8::is_ascii_lowercase);
        let behind_blank = self.text[from - 1] == b' ';
        // "invalid token: signature verification failed"
        let is_prose = self.secrecy == Secrecy::Likely && is_a_word && goes_on && behind_blank;
        let is_folder = self.name.text.eq_ignore_ascii_case(b"pwd")
            && matches!(value.first(), Some(b'/' | b'~' | b'.'));
        is_prose || is_folder || is_harmless(self.rules, value, self.secrecy, true)
    }

    /// Length of what belongs to the name up to the end of its line, for headers
    /// whose values have blanks and for phrases.
    fn to_the_end_of_line(&self, from: usize) -> Option<usize> {
        let rest = &self.text[from..];
        let ends = |end: &[u8]| {
            let at = self.name.text.len().checked_sub(end.len());
            at.is_some_and(|at| self.name.text[at..].eq_ignore_ascii_case(end))
        };
        const SCHEMES: [&[u8]; 11] = [
            b"basic ",
            b"bearer ",
            b"digest ",
            b"token ",
            b"apikey ",
            b"negotiate ",
            b"ntlm ",
            b"hawk ",
            b"oauth ",
            b"signature ",
            b"aws4-hmac-sha256 ",
        ];
        let is_whole = (ends(b"authorization") && SCHEMES.iter().any(|s| starts(rest, s)))
            || (ends(b"cookie") && rest[..loose_end(rest, 0)].contains(&b'='))
            || (ends(b"passphrase") && self.text[from - 1] == b' ' && !self.is_word(rest));
        if !is_whole {
            return None;
        }
        let quote = self.name.start.checked_sub(1).map(|before| self.text[before]);
        let quote = quote.filter(|byte| b"\"'".contains(byte));
        let stops = |byte: &u8| matches!(byte, b'\n' | b'\r') || Some(*byte) == quote;
        Some(rest.iter().position(stops).unwrap_or(rest.len()))
    }

    fn is_word(&self, rest: &[u8]) -> bool {
        is_harmless(self.rules, &rest[..loose_end(rest, 0)], self.secrecy, true)
    }

    fn line_rule(&self) -> &'static str {
        let cookie = b"cookie";
        let tail = self.name.text.len().saturating_sub(cookie.len());
        if self.name.text[tail..].eq_ignore_ascii_case(cookie) { "cookie" } else { "key" }
    }
}

/// Length of a value with the whole of a private key that begins in it.
fn with_key(rest: &[u8], len: usize) -> usize {
    const BEGINS: &[u8] = b"-----BEGIN";
    let Some(at) = rest[..len].windows(BEGINS.len()).position(|part| part == BEGINS) else {
        return len;
    };
    value::find(&rest[at..]).map_or(len, |found| len.max(at + found.keep + found.cut))
}

/// Length of `Scheme credentials` if a value is such a scheme's name.
fn behind_scheme(rest: &[u8], value: &[u8]) -> Option<usize> {
    const NAMES: [&[u8]; 6] = [b"bearer", b"basic", b"token", b"apikey", b"digest", b"negotiate"];
    let is_scheme = NAMES.iter().any(|name| value.eq_ignore_ascii_case(name));
    let credentials = rest.get(value.len() + 1..).filter(|_| rest[value.len()] == b' ')?;
    is_scheme.then(|| value.len() + 1 + loose_end(credentials, 0))
}

/// Where a quote closes: not behind a backslash, and not doubled as in SQL.
fn closing(rest: &[u8], quote: u8, triple: bool) -> Option<usize> {
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte != quote => at += 1,
            _ if triple && !rest[at..].starts_with(&[quote; 3]) => at += 1,
            _ if !triple && at > 0 && rest.get(at + 1) == Some(&quote) => at += 2,
            _ => return Some(at),
        }
    }
    None
}

/// Length of a bracket with all in it, at the beginning of `rest`.
fn balanced(rest: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0u32, 0);
    while let Some(byte) = rest.get(at) {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'"' | b'\'' => at += 1 + closing(&rest[at + 1..], *byte, false)?,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Length of a value without quotes. A separator ends it only if something
/// follows that can stand behind one: passwords have commas and brackets too.
/// `from` is behind what surely belongs to it.
pub(super) fn loose_end(rest: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = rest.get(at) {
        match byte {
            b if b.is_ascii_whitespace() || b.is_ascii_control() => break,
            b'<' if rest.get(at + 1) == Some(&b'/') => break,
            b',' | b';' | b'&' | b')' | b']' | b'}' | b'"' | b'\'' | b'|' | b'>' | b'`'
                if at > 0 && separates(&rest[at + 1..]) =>
            {
                break;
            }
            _ => at += 1,
        }
    }
    at
}

fn separates(rest: &[u8]) -> bool {
    let Some(next) = rest.first() else { return true };
    if let [b':', behind @ ..] = rest {
        return behind.first().is_none_or(u8::is_ascii_whitespace);
    }
    if next.is_ascii_whitespace() || b",;&)]}\"'|>`<".contains(next) {
        return true;
    }
    let look = &rest[..rest.len().min(rules::NAME_LOOK)];
    let name = run(look, |byte| byte.is_ascii_alphanumeric() || b"_-.[]%".contains(&byte));
    name > 0 && matches!(rest.get(name), Some(b'=' | b':'))
}
