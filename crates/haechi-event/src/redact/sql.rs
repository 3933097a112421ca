//! `INSERT INTO t (a, password) VALUES (1, '…')`.

use super::code::is_harmless;
use super::cut::Cut;
use super::key::Secrecy;
use super::rules::Rules;
use super::scheme::starts;
use super::value::run;

/// Columns that are told apart; later ones count as no secrets.
const COLUMNS: usize = 128;
/// Bytes of a table's name.
const TABLE_MAX: usize = 200;
/// Bytes of the list of columns.
const LIST_MAX: usize = 4096;

/// What was seen of a statement.
pub(super) struct Seen {
    /// Up to here nothing need be looked at as a statement again.
    pub(super) end: usize,
    /// The end of the last cut, if there was one.
    pub(super) behind_cuts: Option<usize>,
}

/// Cuts the values of secret columns of the statement whose `INTO` or `INSERT`
/// begins at `at`.
pub(super) fn insert(rules: &Rules, text: &[u8], at: usize, cuts: &mut Vec<Cut>) -> Seen {
    let unseen = Seen { end: at, behind_cuts: None };
    let Some((columns, from)) = columns(rules, text, at) else { return unseen };
    if columns == 0 {
        return unseen;
    }
    let first = cuts.len();
    let mut at = from;
    while text.get(at) == Some(&b'(') {
        at = tuple(rules, text, at + 1, columns, cuts);
        let next = at + run(&text[at..], |byte| b" \r\n\t".contains(&byte));
        if text.get(next) != Some(&b',') {
            break;
        }
        at = next + 1 + run(&text[next + 1..], |byte| b" \r\n\t".contains(&byte));
    }
    Seen { end: at, behind_cuts: cuts[first..].last().map(Cut::end) }
}

/// Which columns are secret, as bits, and where the first tuple begins.
fn columns(rules: &Rules, text: &[u8], at: usize) -> Option<(u128, usize)> {
    if !starts(&text[at..], b"into ") {
        return None;
    }
    let table = &text[at..text.len().min(at + TABLE_MAX)];
    let open = at + table.iter().position(|byte| *byte == b'(')? + 1;
    let list = &text[open..text.len().min(open + LIST_MAX)];
    let list = &list[..list.iter().position(|byte| *byte == b')')?];
    let behind = open + list.len() + 1;
    let blanks = run(&text[behind..], |byte| b" \r\n\t".contains(&byte));
    let values = behind + blanks;
    if !starts(&text[values..], b"values") {
        return None;
    }
    let from = values + 6;
    let from = from + run(&text[from..], |byte| b" \r\n\t".contains(&byte));
    let names = list.split(|byte| *byte == b',').take(COLUMNS).enumerate();
    let secret = names.filter(|(_, name)| rules.secrecy(name) > Secrecy::Many);
    Some((secret.fold(0, |bits, (index, _)| bits | 1 << index), from))
}

/// Goes through one tuple from behind its bracket; gives the place behind it.
fn tuple(rules: &Rules, text: &[u8], from: usize, columns: u128, cuts: &mut Vec<Cut>) -> usize {
    let (mut at, mut start, mut index, mut depth) = (from, from, 0u32, 0u32);
    let mut value = |start: usize, end: usize, index: u32| {
        if index < COLUMNS as u32 && columns >> index & 1 == 1 {
            cuts.extend(literal(rules, text, start, end));
        }
    };
    while let Some(byte) = text.get(at) {
        match byte {
            b'\'' | b'"' => {
                at += 1 + string(&text[at + 1..], *byte);
                continue;
            }
            b'(' => depth += 1,
            b')' if depth == 0 => {
                value(start, at, index);
                return at + 1;
            }
            b')' => depth -= 1,
            b',' if depth == 0 => {
                value(start, at, index);
                (start, index) = (at + 1, index + 1);
            }
            _ => {}
        }
        at += 1;
    }
    value(start, text.len(), index);
    text.len()
}

/// Length of a string and its closing quote.
fn string(rest: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte != quote => at += 1,
            _ if rest.get(at + 1) == Some(&quote) => at += 2,
            _ => return at + 1,
        }
    }
    rest.len()
}

/// One value, its quotes left in place.
fn literal(rules: &Rules, text: &[u8], start: usize, end: usize) -> Option<Cut> {
    let value = &text[start..end];
    let blanks = run(value, |byte| byte.is_ascii_whitespace());
    let value = value.trim_ascii();
    let (from, value) = match value {
        [b'\'' | b'"', inner @ .., b'\'' | b'"'] => (start + blanks + 1, inner),
        [b'\'' | b'"', inner @ ..] => (start + blanks + 1, inner),
        _ => (start + blanks, value),
    };
    let no_secret = is_harmless(rules, value, Secrecy::Sure, false);
    (!no_secret).then(|| Cut::new(from, from + value.len(), "sql"))
}
