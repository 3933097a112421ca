//! One pass over free text.

use super::class::{CLASSES, Class, word_end};
use super::cut::Cut;
use super::rules::Rules;
use super::userinfo::userinfo;
use super::{markup, named, sql, value};

/// Finds what to cut, in order. Tells whether there may be escapes.
pub(super) fn scan(rules: &Rules, text: &[u8], cuts: &mut Vec<Cut>) -> bool {
    let mut has_escapes = false;
    let mut statement_end = 0;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let found = match CLASSES[usize::from(*byte)] {
            Class::Gap => None,
            Class::Word => {
                if at >= statement_end && is_into(&text[at..]) {
                    let seen = sql::insert(rules, text, at, cuts);
                    statement_end = seen.end;
                    if let Some(behind) = seen.behind_cuts {
                        at = behind;
                        continue;
                    }
                }
                let found = word(text, at);
                if found.is_none() {
                    at = word_end(text, at + 1);
                    continue;
                }
                found
            }
            Class::Sign => named::after_sign(rules, text, at),
            Class::Comma if matches!(before, Some(b'"' | b'\'')) => {
                named::after_comma(rules, text, at)
            }
            Class::Slash if before == Some(&b'/') => userinfo(&text[at + 1..])
                .map(|f| Cut::new(at + 1 + f.keep, at + 1 + f.keep + f.cut, f.rule)),
            Class::Quote if matches!(before, Some(b' ' | b'(')) => {
                named::before_quote(rules, text, at)
            }
            Class::Close => markup::element(rules, text, at),
            Class::Dash if text.get(at + 1) == Some(&b'-') => {
                look(text, at).or_else(|| named::option(rules, text, at))
            }
            Class::Dollar if !before.is_some_and(u8::is_ascii_alphanumeric) => look(text, at),
            Class::Escape => {
                has_escapes = true;
                None
            }
            _ => None,
        };
        match found {
            Some(cut) => {
                // whatever is cut is behind, and longer than nothing
                at = cut.end().max(at + 1);
                cuts.push(cut);
            }
            None => at += 1,
        }
    }
    has_escapes
}

/// A secret known by its look at the beginning of a word.
fn word(text: &[u8], at: usize) -> Option<Cut> {
    let (first, second) = (text[at], *text.get(at + 1)?);
    if !value::may_begin(first, second) {
        return None;
    }
    let is_number = first.is_ascii_digit();
    if is_number && (!is_long_number(&text[at..]) || is_part_of_a_number(&text[..at])) {
        return None;
    }
    look(text, at)
}

fn look(text: &[u8], at: usize) -> Option<Cut> {
    let found = value::find(&text[at..])?;
    Some(Cut::new(at + found.keep, at + found.keep + found.cut, found.rule))
}

/// No number of a secret is shorter than eight digits, or four and four more.
fn is_long_number(rest: &[u8]) -> bool {
    match rest {
        [_, _, _, _, b' ' | b'-' | b'+', five, ..] => five.is_ascii_digit(),
        [_, b'/', b'/', ..] => true,
        [_, _, _, _, _, _, _, eight, ..] => eight.is_ascii_digit(),
        _ => false,
    }
}

/// Digits behind `1.`, or behind `a-` as in a UUID, begin nothing.
fn is_part_of_a_number(before: &[u8]) -> bool {
    match before {
        [.., digit, b'.' | b'-' | b'+' | b'_'] => digit.is_ascii_hexdigit(),
        _ => false,
    }
}

fn is_into(rest: &[u8]) -> bool {
    matches!(rest, [b'i' | b'I', b'n' | b'N', b't' | b'T', b'o' | b'O', b' ', ..])
}
