//! Texts of requests, redacted. What clients send repeats: paths, agents and
//! referrers. Each thread remembers some that had nothing to cut, and need not
//! look for it again.

use haechi_event::{RequestFacts, redact};
use std::borrow::Cow;
use std::cell::RefCell;

/// More of any one text is never stored.
const TEXT_MAX: usize = 1024;
/// Places for texts that were clean, a power of two, and how long one may be.
const PLACES: usize = 64;
const REMEMBERED_MAX: usize = 256;

/// How a text is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Text,
    Query,
    Url,
}

struct Clean {
    rule: Rule,
    text: String,
}

thread_local! { static KNOWN: RefCell<Vec<Clean>> = const { RefCell::new(Vec::new()) } }

/// Puts path, query, client, user agent and referrer there, without their
/// secrets.
#[inline]
pub(crate) fn fill(
    facts: &mut RequestFacts,
    [path, query, client, user_agent, referrer]: [&str; 5],
) {
    let texts =
        [(Rule::Text, path), (Rule::Query, query), (Rule::Text, user_agent), (Rule::Url, referrer)];
    let is_clean = texts.iter().all(|(rule, text)| is_clean(*rule, text));
    if is_clean {
        facts.fill([path, query, bounded(client), user_agent, referrer]);
    } else {
        let [path, query, agent, referrer] = texts.map(|(rule, text)| look(rule, bounded(text)));
        facts.fill([&path, &query, bounded(client), &agent, &referrer]);
    }
}

/// Whether it is known that nothing is to cut.
#[inline]
fn is_clean(rule: Rule, text: &str) -> bool {
    text.is_empty()
        || text.len() <= REMEMBERED_MAX
            && KNOWN.try_with(|known| is_known(known, rule, text)).unwrap_or(false)
}

#[inline]
fn is_known(known: &RefCell<Vec<Clean>>, rule: Rule, text: &str) -> bool {
    let Ok(known) = known.try_borrow() else { return false };
    known.get(place_of(text)).is_some_and(|clean| clean.text == text && clean.rule == rule)
}

#[cold]
fn look(rule: Rule, text: &str) -> Cow<'_, str> {
    let redacted = match rule {
        Rule::Text => redact::text(text),
        Rule::Query => redact::query(text),
        Rule::Url => redact::url(text),
    };
    if matches!(redacted, Cow::Borrowed(_)) && (1..=REMEMBERED_MAX).contains(&text.len()) {
        let _ = KNOWN.try_with(|known| {
            if let Ok(mut known) = known.try_borrow_mut() {
                remember(&mut known, rule, text);
            }
        });
    }
    redacted
}

fn remember(known: &mut Vec<Clean>, rule: Rule, text: &str) {
    if known.is_empty() {
        known.resize_with(PLACES, || Clean { rule: Rule::Text, text: String::new() });
    }
    if let Some(place) = known.get_mut(place_of(text)) {
        place.rule = rule;
        text.clone_into(&mut place.text);
    }
}

/// Where a text is remembered: by its length, its first and its last bytes.
#[inline]
fn place_of(text: &str) -> usize {
    let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let bytes = text.as_bytes();
    let (first, last) = (word(bytes.first_chunk()), word(bytes.last_chunk()));
    let byte = |byte: Option<&u8>| byte.map_or(0, |byte| u64::from(*byte));
    let short = byte(bytes.first()) << 8 | byte(bytes.last());
    let sum = first ^ last.rotate_left(29) ^ short << 32 ^ bytes.len() as u64;
    (sum.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - PLACES.ilog2())) as usize
}

/// What is kept of a text and looked at for secrets.
#[inline]
pub(crate) fn bounded(text: &str) -> &str {
    redact::head(text, TEXT_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Path and query as they are recorded.
    fn recorded(path: &str, query: &str) -> (String, String) {
        let mut facts = RequestFacts::default();
        fill(&mut facts, [path, query, "", "", ""]);
        let mut bytes = Vec::new();
        let names = haechi_event::RequestNames::new("", "", "");
        let numbers = haechi_event::RequestNumbers::default();
        numbers.encode_request(&names, &facts, &haechi_event::RequestEnd::default(), &mut bytes);
        let Ok(haechi_event::Record::Request(request)) = haechi_event::Record::decode(&bytes)
        else {
            panic!("not a request")
        };
        (request.path.to_owned(), request.query.to_owned())
    }

    #[test]
    fn a_text_known_to_be_clean_under_one_rule_is_looked_at_under_another() {
        let text = "sort=asc&pin=1234";
        for _ in 0..3 {
            assert_eq!(recorded(text, "").0, redact::text(text));
            assert_eq!(recorded("", text).1, redact::query(text));
        }
    }

    #[test]
    fn more_texts_than_places_are_each_redacted_as_if_alone() {
        for round in 0..3 {
            for n in 0..1000 {
                let clean = format!("/item/{n}");
                let secret = format!("/item/{n}/password=hunter{n}");
                let path = |path| recorded(path, "").0;
                assert_eq!(path(&clean), clean, "{round}");
                assert_eq!(path(&secret), redact::text(&secret), "{round}");
                assert!(!path(&secret).contains("hunter"));
            }
        }
    }
}
