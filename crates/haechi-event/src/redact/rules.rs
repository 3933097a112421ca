//! The rules: those every folder has, and those of its own.

use super::code::is_harmless;
use super::cut::{Cut, Rule, apply, settle};
use super::decode::decode;
use super::key::{Secrecy, secrecy};
use super::query::Parts;
use super::scan::scan;
use super::words::{Words, trim_digits};
use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use std::borrow::Cow;
use thiserror::Error;

/// Keys or patterns of one list.
const LIST_MAX: usize = 64;
/// Bytes of one key or pattern.
const LENGTH_MAX: usize = 512;
/// Bytes that a pattern may take once made ready.
const SIZE_MAX: usize = 1 << 20;
/// How often escapes are taken off.
const LAYERS: u32 = 3;

/// Why a rule cannot be used.
#[derive(Debug, Error)]
pub enum RuleError {
    /// A list is too long.
    #[error("there are {0} {1}, but at most {LIST_MAX} can be used")]
    TooMany(usize, &'static str),
    /// A key without a letter or digit would fit everything, or nothing.
    #[error("the key {0:?} must have a letter or a digit and at most {LENGTH_MAX} bytes")]
    Key(String),
    /// A pattern is no regular expression, or too large.
    #[error("the pattern {pattern:?} is not understood: {why}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong, in one line.
        why: String,
    },
    /// A pattern that fits the empty text fits everywhere.
    #[error("the pattern {0:?} fits an empty text; let it name at least one character")]
    Empty(String),
}

/// What is cut. Immutable; one for the whole program, see
/// [`install`](super::install).
#[derive(Debug, Default, Clone)]
pub struct Rules {
    keys: Vec<Vec<Vec<u8>>>,
    allowed: Vec<Vec<Vec<u8>>>,
    patterns: Vec<Regex>,
    /// All patterns at once, so that a text that fits none is gone through once;
    /// none if there are less than two, or too much for one.
    any_pattern: Option<RegexSet>,
    allowed_values: Vec<Regex>,
}

impl Rules {
    /// The rules every folder has, and no others.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            keys: Vec::new(),
            allowed: Vec::new(),
            patterns: Vec::new(),
            any_pattern: None,
            allowed_values: Vec::new(),
        }
    }

    /// Cuts the values of these names too, however they are spelled:
    /// `internal_ref` is also `internalRef` and `X-Internal-Ref`.
    ///
    /// # Errors
    /// [`RuleError`] for a key that cannot be used.
    pub fn with_keys(mut self, keys: &[String]) -> Result<Self, RuleError> {
        self.keys = words_of(keys, "keys")?;
        Ok(self)
    }

    /// Cuts what fits these regular expressions too. They match bytes: `\d`, `\w`
    /// and `(?i)` are about ASCII. Matching takes linear time.
    ///
    /// # Errors
    /// [`RuleError`] for a pattern that cannot be used.
    pub fn with_patterns(mut self, patterns: &[String]) -> Result<Self, RuleError> {
        self.patterns = compiled(patterns, "patterns")?;
        self.any_pattern = if patterns.len() > 1 { all_of(patterns) } else { None };
        Ok(self)
    }

    /// Leaves the values of these names, spelled whole, although they sound like
    /// secrets. Values that look like secrets are cut all the same.
    ///
    /// # Errors
    /// [`RuleError`] for a name that cannot be used.
    pub fn with_allowed(mut self, names: &[String]) -> Result<Self, RuleError> {
        self.allowed = words_of(names, "allowed names")?;
        Ok(self)
    }

    /// Leaves what fits one of these regular expressions from end to end,
    /// whatever rule would cut it.
    ///
    /// # Errors
    /// [`RuleError`] for a pattern that cannot be used.
    pub fn with_allowed_patterns(mut self, patterns: &[String]) -> Result<Self, RuleError> {
        let whole: Vec<String> = patterns.iter().map(|p| format!("^(?:{p})$")).collect();
        self.allowed_values = compiled(&whole, "allowed patterns")?;
        Ok(self)
    }

    /// Whether the folder has patterns of its own: without them a short word is
    /// no secret, whatever it is.
    #[must_use]
    pub const fn has_patterns(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// Whether values of this name are cut for it: all, or all collections, but
    /// for those that say nothing, such as `None`. The name is taken apart at case
    /// changes, `_`, `-`, `.`, brackets and spaces, so `userPassword`, `api-key` and
    /// `X_AUTH_TOKEN` are found and `keyboard`, `passage` or `token_count` are not.
    #[must_use]
    pub fn is_secret_key(&self, name: &str) -> bool {
        self.secrecy(name.as_bytes()) != Secrecy::No
    }

    /// See [`text`](super::text).
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        apply(text, &self.cuts(text))
    }

    /// What [`Self::text`] cuts, in order, no byte twice.
    #[must_use]
    pub fn cuts(&self, text: &str) -> Vec<Cut> {
        let mut cuts = Vec::new();
        self.look(text.as_bytes(), false, LAYERS, &mut cuts);
        self.settled(text, cuts)
    }

    /// See [`query`](super::query).
    #[must_use]
    pub fn query<'a>(&self, query: &'a str) -> Cow<'a, str> {
        let mut parts = Parts::of(self, query);
        parts.query(0, query.len());
        apply(query, &self.settled(query, parts.cuts))
    }

    /// See [`url`](super::url).
    #[must_use]
    pub fn url<'a>(&self, url: &'a str) -> Cow<'a, str> {
        let mut parts = Parts::of(self, url);
        parts.url();
        apply(url, &self.settled(url, parts.cuts))
    }

    /// See [`pair`](super::pair).
    #[must_use]
    pub fn pair<'a>(&self, name: &str, value: &'a str) -> Cow<'a, str> {
        let secrecy = self.secrecy(name.as_bytes());
        let is_secret = match secrecy {
            Secrecy::No => false,
            Secrecy::Many => value.starts_with(['[', '{', '(']),
            Secrecy::Likely | Secrecy::Sure => true,
        };
        if !is_secret || is_harmless(self, value.as_bytes(), secrecy, false) {
            return self.text(value);
        }
        apply(value, &self.settled(value, vec![Cut::new(0, value.len(), "key")]))
    }

    /// How secret the values of a name are.
    pub(super) fn secrecy(&self, name: &[u8]) -> Secrecy {
        if self.allowed.iter().any(|allowed| fits(allowed, name, true)) {
            return Secrecy::No;
        }
        if self.keys.iter().any(|key| fits(key, name, false)) {
            return Secrecy::Sure;
        }
        secrecy(name)
    }

    /// Finds what to cut in a text and in what its escapes stand for.
    pub(super) fn look(&self, text: &[u8], plus: bool, layers: u32, cuts: &mut Vec<Cut>) {
        let has_escapes = scan(self, text, cuts) || (plus && text.contains(&b'+'));
        if self.any_pattern.as_ref().is_none_or(|any| any.is_match(text)) {
            self.fit_patterns(text, cuts);
        }
        if !has_escapes || layers == 0 {
            return;
        }
        let Some(below) = decode(text, plus) else { return };
        let first = cuts.len();
        self.look(&below.bytes, false, layers - 1, cuts);
        for cut in &mut cuts[first..] {
            let end = below.origin(cut.end());
            cut.start = below.origin(cut.start);
            cut.len = end - cut.start;
        }
    }

    fn fit_patterns(&self, text: &[u8], cuts: &mut Vec<Cut>) {
        for (index, pattern) in self.patterns.iter().enumerate() {
            cuts.extend(pattern.find_iter(text).map(|found| Cut {
                start: found.start(),
                len: found.len(),
                rule: Rule::Pattern(index + 1),
            }));
        }
    }

    fn settled(&self, text: &str, mut cuts: Vec<Cut>) -> Vec<Cut> {
        if cuts.is_empty() {
            return cuts;
        }
        settle(text, &mut cuts);
        if !self.allowed_values.is_empty() {
            let bytes = text.as_bytes();
            cuts.retain(|cut| {
                let found = &bytes[cut.start..cut.end()];
                !self.allowed_values.iter().any(|allowed| allowed.is_match(found))
            });
        }
        cuts
    }
}

/// Query strings and texts of the parts of URLs are looked at this deep.
pub(super) const DEEP: u32 = LAYERS;
/// Bytes of a name that may stand behind a separator.
pub(super) const NAME_LOOK: usize = 64;

fn words_of(names: &[String], what: &'static str) -> Result<Vec<Vec<Vec<u8>>>, RuleError> {
    if names.len() > LIST_MAX {
        return Err(RuleError::TooMany(names.len(), what));
    }
    let of_one = |name: &String| {
        let mut words = Words::of(name.as_bytes());
        let mut found = Vec::new();
        while let Some(word) = words.next_word() {
            found.push(word.bytes().to_owned());
        }
        let usable = !found.is_empty() && name.len() <= LENGTH_MAX;
        if usable { Ok(found) } else { Err(RuleError::Key(name.clone())) }
    };
    names.iter().map(of_one).collect()
}

/// Whether the words stand in the name one after the other; `whole` if there
/// may be no others.
fn fits(wanted: &[Vec<u8>], name: &[u8], whole: bool) -> bool {
    let mut words = Words::of(name);
    let (mut matched, mut count) = (0, 0);
    let mut complete = false;
    while let Some(word) = words.next_word() {
        count += 1;
        let same = |index: usize| {
            wanted
                .get(index)
                .is_some_and(|wanted| wanted == word.bytes() || wanted == trim_digits(word.bytes()))
        };
        matched = if same(matched) { matched + 1 } else { usize::from(same(0)) };
        if matched == wanted.len() {
            complete = true;
            matched = 0;
        }
    }
    complete && (!whole || count == wanted.len())
}

fn compiled(patterns: &[String], what: &'static str) -> Result<Vec<Regex>, RuleError> {
    if patterns.len() > LIST_MAX {
        return Err(RuleError::TooMany(patterns.len(), what));
    }
    let ready = patterns.iter().map(|pattern| one(pattern)).collect::<Result<Vec<_>, _>>()?;
    match ready.iter().zip(patterns).find(|(regex, _)| regex.is_match(b"")) {
        Some((_, pattern)) => Err(RuleError::Empty(pattern.clone())),
        None => Ok(ready),
    }
}

fn all_of(patterns: &[String]) -> Option<RegexSet> {
    RegexSetBuilder::new(patterns)
        .unicode(false)
        .size_limit(SIZE_MAX)
        .dfa_size_limit(SIZE_MAX)
        .build()
        .ok()
}

fn one(pattern: &str) -> Result<Regex, RuleError> {
    let refused = |why: &str| RuleError::Pattern {
        pattern: pattern.to_owned(),
        why: why.split_whitespace().collect::<Vec<_>>().join(" "),
    };
    if pattern.len() > LENGTH_MAX {
        return Err(refused("it is too long"));
    }
    let built = RegexBuilder::new(pattern)
        .unicode(false)
        .size_limit(SIZE_MAX)
        .dfa_size_limit(SIZE_MAX)
        .nest_limit(64)
        .build();
    built.map_err(|error| {
        let text = error.to_string();
        refused(text.lines().last().unwrap_or(&text).trim_start_matches("error: "))
    })
}
