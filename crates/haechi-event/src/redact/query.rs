//! Query strings and addresses.

use super::code::is_harmless;
use super::cut::Cut;
use super::decode::decode;
use super::key::Secrecy;
use super::rules::{DEEP, Rules};
use super::value::run;
use std::borrow::Cow;

/// Shorter names hold no secret themselves.
const NAME_MIN: usize = 16;

/// The parts of a text that is an address or a query.
pub(super) struct Parts<'a> {
    rules: &'a Rules,
    text: &'a [u8],
    pub(super) cuts: Vec<Cut>,
}

impl<'a> Parts<'a> {
    pub(super) const fn of(rules: &'a Rules, text: &'a str) -> Self {
        Self { rules, text: text.as_bytes(), cuts: Vec::new() }
    }

    /// The whole is an address.
    pub(super) fn url(&mut self) {
        let end = self.text.len();
        let fragment = place(self.text, b'#').unwrap_or(end);
        let question = place(&self.text[..fragment], b'?').unwrap_or(fragment);
        self.free(0, question, false);
        for (from, to) in [(question, fragment), (fragment, end)] {
            if from + 1 < to {
                self.query(from + 1, to);
            }
        }
        // a password in the user's place may have any of the two signs in it
        if self.text[question..].contains(&b'@') && !self.text[..question].contains(&b'@') {
            self.free(0, end, false);
        }
    }

    /// From here to there stand pairs. A semicolon parts them only if a name
    /// follows.
    pub(super) fn query(&mut self, from: usize, to: usize) {
        let mut start = from;
        for at in from..=to {
            let parts = match self.text.get(at) {
                _ if at == to => true,
                Some(b'&') => true,
                Some(b';') => is_named(&self.text[at + 1..to]),
                _ => false,
            };
            if parts {
                self.pair(start, at);
                start = at + 1;
            }
        }
    }

    fn pair(&mut self, from: usize, to: usize) {
        let pair = &self.text[from..to];
        let Some(name_len) = pair.iter().position(|byte| *byte == b'=') else {
            return self.free(from, to, true);
        };
        let (name, value) = (&pair[..name_len], &pair[name_len + 1..]);
        let plain = plain(name);
        let secrecy = self.rules.secrecy(&plain);
        let start = from + name_len + 1;
        let is_secret = secrecy > Secrecy::Many || is_a_code(&plain, value);
        if is_secret && !is_harmless(self.rules, value, secrecy, false) {
            self.cuts.push(Cut::new(start, to, "key"));
            return;
        }
        if name_len >= NAME_MIN {
            self.free(from, start - 1, true);
        }
        self.free(start, to, true);
    }

    /// From here to there stands free text; `plus` is a blank in it.
    fn free(&mut self, from: usize, to: usize, plus: bool) {
        if to - from < 4 {
            return;
        }
        let first = self.cuts.len();
        self.rules.look(&self.text[from..to], plus, DEEP, &mut self.cuts);
        self.cuts[first..].iter_mut().for_each(|cut| cut.start += from);
    }
}

/// Most addresses have none: looking whether there is one is the fast way.
fn place(text: &[u8], wanted: u8) -> Option<usize> {
    if text.contains(&wanted) { text.iter().position(|byte| *byte == wanted) } else { None }
}

/// Percent signs are taken off a name, so that `p%61ssword` hides nothing.
fn plain(name: &[u8]) -> Cow<'_, [u8]> {
    let mut found = Cow::Borrowed(name);
    for _ in 0..DEEP {
        match decode(&found, true) {
            Some(below) => found = Cow::Owned(below.bytes),
            None => break,
        }
    }
    found
}

/// The code that a login gives back is worth a token until it is used.
fn is_a_code(name: &[u8], value: &[u8]) -> bool {
    name == b"code"
        && value.len() >= 16
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
}

fn is_named(rest: &[u8]) -> bool {
    let look = &rest[..rest.len().min(64)];
    let name = run(look, |byte| byte.is_ascii_alphanumeric() || b"_-.[]%".contains(&byte));
    name > 0 && rest.get(name) == Some(&b'=')
}
