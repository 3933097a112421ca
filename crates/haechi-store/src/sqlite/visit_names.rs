//! The names that were seen most, in bounded space, with what may be missing of
//! each: space-saving summaries, united as in "Mergeable Summaries" (Agarwal and
//! others, 2012). A name is known by its hash; [`super::visit_counts`] keeps the
//! texts.

use super::hash::QuickMap;
use haechi_event::{EventError, put_varint, take_varint};
use std::cmp::Reverse;

/// Names a damaged file may say there are.
const MOST_READ: u64 = 4096;

/// What was counted for one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counted {
    /// Requests that were surely its.
    pub(crate) requests: u64,
    /// Bytes of response bodies of those.
    pub(crate) bytes_out: u64,
    /// Requests it may have had more, before it was among the names.
    pub(crate) over: u64,
}

/// The names with the most requests, by their hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TopNames {
    names: Vec<(u64, Counted)>,
    /// A name that is not here had no more requests than this; 0 if all are here.
    missing: u64,
}

impl TopNames {
    pub(crate) fn names(&self) -> &[(u64, Counted)] {
        &self.names
    }

    /// Whether there may be names that are not here.
    pub(crate) const fn is_capped(&self) -> bool {
        self.missing > 0
    }

    /// All names there are, each once.
    pub(crate) fn exact(names: impl Iterator<Item = (u64, Counted)>) -> Self {
        Self { names: names.collect(), missing: 0 }
    }

    /// Appends the byte form: what may be missing, how many names, and of each its
    /// hash (8 bytes), requests, bytes and what it may have had more (varints).
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_varint(out, self.missing);
        put_varint(out, self.names.len() as u64);
        for (name, counted) in &self.names {
            out.extend_from_slice(&name.to_le_bytes());
            for number in [counted.requests, counted.bytes_out, counted.over] {
                put_varint(out, number);
            }
        }
    }

    /// Takes what [`Self::encode`] wrote.
    pub(crate) fn take(bytes: &mut &[u8]) -> Result<Self, EventError> {
        const WHAT: &str = "names of visits";
        let missing = take_varint(bytes, WHAT)?;
        let count = take_varint(bytes, WHAT)?;
        if count > MOST_READ {
            return Err(EventError::OutOfRange(WHAT));
        }
        let mut names = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let (head, rest) = bytes.split_first_chunk().ok_or(EventError::Truncated(WHAT))?;
            *bytes = rest;
            let counted = Counted {
                requests: take_varint(bytes, WHAT)?,
                bytes_out: take_varint(bytes, WHAT)?,
                over: take_varint(bytes, WHAT)?,
            };
            names.push((u64::from_le_bytes(*head), counted));
        }
        Ok(Self { names, missing })
    }
}

/// [`TopNames`] being united.
#[derive(Debug, Default)]
pub(crate) struct United {
    /// With each what was missing of those it was in.
    names: QuickMap<u64, (Counted, u64)>,
    missing: u64,
}

impl United {
    pub(crate) fn add(&mut self, top: &TopNames) {
        for (name, counted) in &top.names {
            let (sum, seen) = self.names.entry(*name).or_default();
            sum.requests = sum.requests.saturating_add(counted.requests);
            sum.bytes_out = sum.bytes_out.saturating_add(counted.bytes_out);
            sum.over = sum.over.saturating_add(counted.over);
            *seen = seen.saturating_add(top.missing);
        }
        self.missing = self.missing.saturating_add(top.missing);
    }

    /// The `most` names that may have had the most requests.
    pub(crate) fn top(self, most: usize) -> TopNames {
        let all = self.missing;
        let mut names: Vec<(u64, Counted)> = self
            .names
            .into_iter()
            .map(|(name, (sum, seen))| {
                // where it was not among the names, it may have been one that is missing
                let over = sum.over.saturating_add(all.saturating_sub(seen));
                (name, Counted { over, ..sum })
            })
            .collect();
        let at_most = |counted: &Counted| counted.requests.saturating_add(counted.over);
        let mut missing = all;
        if names.len() > most {
            names.sort_unstable_by_key(|(name, counted)| (Reverse(at_most(counted)), *name));
            missing = missing.max(at_most(&names[most].1));
            names.truncate(most);
        }
        TopNames { names, missing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn exact(names: &[u64]) -> TopNames {
        let mut counted: BTreeMap<u64, Counted> = BTreeMap::new();
        for name in names {
            let one = counted.entry(*name).or_default();
            one.requests += 1;
            one.bytes_out += name;
        }
        TopNames::exact(counted.into_iter())
    }

    fn united(parts: &[&TopNames], most: usize) -> TopNames {
        let mut united = United::default();
        parts.iter().for_each(|part| united.add(part));
        united.top(most)
    }

    #[test]
    fn who_asks_most_is_found_among_many_who_ask_once() {
        let mut top = TopNames::default();
        for round in 0..300u64 {
            let strangers = (0..97).map(|n| 1000 + round * 97 + n);
            let part: Vec<u64> = strangers.chain([1, 2, 2, 3, 3, 3]).collect();
            top = united(&[&top, &exact(&part)], 64);
        }
        let found: BTreeMap<u64, Counted> = top.names.iter().copied().collect();
        for name in [2, 3] {
            let counted = found[&name];
            assert!(counted.requests > 280 * name && counted.requests <= 300 * name, "{counted:?}");
        }
        assert!(top.is_capped());
    }

    proptest! {
        #[test]
        fn no_name_has_more_requests_than_its_summary_allows(
            parts in prop::collection::vec(prop::collection::vec(0u64..40, 0..60), 1..12),
            most in 1usize..30,
        ) {
            // added one by one, and in two halves that are united at the end
            let mut one_by_one = TopNames::default();
            let mut halves = [TopNames::default(), TopNames::default()];
            for (at, part) in parts.iter().enumerate() {
                one_by_one = united(&[&one_by_one, &exact(part)], most);
                halves[at % 2] = united(&[&halves[at % 2], &exact(part)], most);
            }
            let all = exact(&parts.concat());
            for top in [one_by_one, united(&[&halves[0], &halves[1]], most)] {
                prop_assert!(top.names.len() <= most);
                let found: BTreeMap<u64, Counted> = top.names.iter().copied().collect();
                for (name, truth) in &all.names {
                    match found.get(name) {
                        Some(counted) => {
                            prop_assert!(counted.requests <= truth.requests);
                            prop_assert!(truth.requests <= counted.requests + counted.over);
                            prop_assert_eq!(counted.bytes_out, counted.requests * name);
                        }
                        None => prop_assert!(truth.requests <= top.missing),
                    }
                }
            }
        }

        #[test]
        fn fewer_names_than_are_kept_are_counted_exactly(
            parts in prop::collection::vec(prop::collection::vec(0u64..20, 0..40), 0..8),
        ) {
            let mut top = TopNames::default();
            for part in &parts {
                top = united(&[&top, &exact(part)], 20);
            }
            prop_assert!(!top.is_capped());
            top.names.sort_unstable_by_key(|(name, _)| *name);
            prop_assert_eq!(top, exact(&parts.concat()));
        }

        #[test]
        fn the_byte_form_comes_back_and_any_bytes_are_read_without_harm(
            names in prop::collection::vec(0u64..50, 0..99),
            bytes in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let top = united(&[&exact(&names)], 9);
            let mut out = Vec::new();
            top.encode(&mut out);
            prop_assert_eq!(TopNames::take(&mut &*out), Ok(top));
            let _ = TopNames::take(&mut &*bytes);
        }
    }
}
