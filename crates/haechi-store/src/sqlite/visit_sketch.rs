//! Who visited in some minutes, in bounded space.

use super::distinct::Distinct;
use super::visit_names::{TopNames, United};
use haechi_event::{EventError, put_varint, take_varint};
use std::collections::BTreeMap;

/// The lists of names, in the order of their bytes.
pub(crate) const LISTS: usize = 7;
pub(crate) const CLIENTS: usize = 0;
pub(crate) const AGENTS: usize = 1;
pub(crate) const REFERRERS: usize = 2;
pub(crate) const NOT_FOUND: usize = 3;
pub(crate) const USERS: usize = 4;
pub(crate) const STATIC_FILES: usize = 5;
pub(crate) const COUNTRIES: usize = 6;

/// Different status codes that are kept apart; what comes after counts as 0.
const MOST_STATUSES: usize = 256;
const WHAT: &str = "visits";

/// Numbers of a set of requests, all of people or all of programs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct VisitSketch {
    pub(crate) requests: u64,
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// The client addresses there were.
    pub(crate) clients: Distinct,
    pub(crate) lists: [TopNames; LISTS],
}

impl VisitSketch {
    /// The byte form: requests, status codes with theirs, hashes of clients (8
    /// bytes each), then the lists; numbers are varints.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_varint(&mut out, self.requests);
        put_varint(&mut out, self.statuses.len() as u64);
        for (status, requests) in &self.statuses {
            put_varint(&mut out, u64::from(*status));
            put_varint(&mut out, *requests);
        }
        let clients = self.clients.to_bytes();
        put_varint(&mut out, clients.len() as u64);
        out.extend_from_slice(&clients);
        self.lists.iter().for_each(|list| list.encode(&mut out));
        out
    }

    /// Reads what [`Self::to_bytes`] gave.
    pub(crate) fn from_bytes(mut bytes: &[u8]) -> Result<Self, EventError> {
        let requests = take_varint(&mut bytes, WHAT)?;
        let mut statuses = BTreeMap::new();
        for _ in 0..take_varint(&mut bytes, WHAT)? {
            let status = take_varint(&mut bytes, WHAT)?;
            let status = u16::try_from(status).map_err(|_| EventError::OutOfRange(WHAT))?;
            statuses.insert(status, take_varint(&mut bytes, WHAT)?);
        }
        let length = usize::try_from(take_varint(&mut bytes, WHAT)?).unwrap_or(usize::MAX);
        let (clients, rest) = bytes.split_at_checked(length).ok_or(EventError::Truncated(WHAT))?;
        bytes = rest;
        let mut lists = [const { None }; LISTS];
        for list in &mut lists {
            *list = Some(TopNames::take(&mut bytes)?);
        }
        Ok(Self {
            requests,
            statuses,
            clients: Distinct::from_bytes(clients),
            lists: lists.map(Option::unwrap_or_default),
        })
    }
}

/// Sketches being united.
#[derive(Debug, Default)]
pub(crate) struct UnitedSketch {
    requests: u64,
    statuses: BTreeMap<u16, u64>,
    clients: Distinct,
    lists: [United; LISTS],
}

impl UnitedSketch {
    pub(crate) const fn is_empty(&self) -> bool {
        self.requests == 0
    }

    pub(crate) fn add(&mut self, sketch: &VisitSketch) {
        self.requests = self.requests.saturating_add(sketch.requests);
        for (status, requests) in &sketch.statuses {
            let is_kept = self.statuses.len() < MOST_STATUSES || self.statuses.contains_key(status);
            let sum = self.statuses.entry(if is_kept { *status } else { 0 }).or_default();
            *sum = sum.saturating_add(*requests);
        }
        self.clients.unite(&sketch.clients);
        for (mine, more) in self.lists.iter_mut().zip(&sketch.lists) {
            mine.add(more);
        }
    }

    /// With the `most` names of each list.
    pub(crate) fn finish(self, most: usize) -> VisitSketch {
        VisitSketch {
            requests: self.requests,
            statuses: self.statuses,
            clients: self.clients,
            lists: self.lists.map(|list| list.top(most)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::visit_names::Counted;
    use proptest::prelude::*;

    fn sketch(names: &[u64]) -> VisitSketch {
        let counted = |name: &u64| (*name, Counted { requests: 1, bytes_out: *name, over: 0 });
        let mut sketch = VisitSketch {
            requests: names.len() as u64,
            statuses: names.iter().map(|name| (*name as u16, 1)).collect(),
            ..VisitSketch::default()
        };
        names.iter().for_each(|name| sketch.clients.add_hash(*name));
        let mut apart = names.to_vec();
        apart.sort_unstable();
        apart.dedup();
        sketch.lists = std::array::from_fn(|_| TopNames::exact(apart.iter().map(counted)));
        sketch
    }

    proptest! {
        #[test]
        fn the_byte_form_comes_back_and_any_bytes_are_read_without_harm(
            names in prop::collection::vec(any::<u64>(), 0..99),
            bytes in prop::collection::vec(any::<u8>(), 0..99),
        ) {
            let mut united = UnitedSketch::default();
            united.add(&sketch(&names));
            let sketch = united.finish(50);
            let out = sketch.to_bytes();
            prop_assert_eq!(VisitSketch::from_bytes(&out), Ok(sketch));
            prop_assert!(out.is_empty() || VisitSketch::from_bytes(&out[..out.len() - 1]).is_err());
            let _ = VisitSketch::from_bytes(&bytes);
        }
    }

    /// Everything of a sketch, whatever order its names are in.
    fn told(sketch: VisitSketch) -> (VisitSketch, [Vec<(u64, Counted)>; LISTS]) {
        let sorted = sketch.lists.each_ref().map(|list| {
            let mut names = list.names().to_vec();
            names.sort_unstable_by_key(|(name, _)| *name);
            names
        });
        (VisitSketch { lists: Default::default(), ..sketch }, sorted)
    }

    proptest! {
        #[test]
        fn sketches_united_in_any_order_and_in_any_parts_are_the_same(
            parts in prop::collection::vec(prop::collection::vec(0u64..40, 0..30), 1..9),
            cut in any::<prop::sample::Index>(),
        ) {
            let united = |parts: &mut dyn Iterator<Item = VisitSketch>| {
                let mut united = UnitedSketch::default();
                parts.for_each(|part| united.add(&part));
                united.finish(40)
            };
            let sketches = || parts.iter().map(|part| sketch(part));
            let whole = told(united(&mut sketches()));
            prop_assert_eq!(&told(united(&mut sketches().rev())), &whole);
            // as five minutes are, and then the day they belong to
            let cut = cut.index(parts.len());
            let first = united(&mut sketches().take(cut));
            let rest = united(&mut sketches().skip(cut));
            prop_assert_eq!(told(united(&mut [rest, first].into_iter())), whole);
        }
    }

    #[test]
    fn status_codes_past_the_cap_count_as_none() {
        let mut united = UnitedSketch::default();
        united.add(&sketch(&(1..1000).collect::<Vec<u64>>()));
        let statuses = united.finish(1).statuses;
        assert_eq!(statuses.len(), MOST_STATUSES + 1);
        assert_eq!(statuses.values().sum::<u64>(), 999);
    }
}
