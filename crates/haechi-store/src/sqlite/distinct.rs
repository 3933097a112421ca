//! How many different names there were, in bounded space: the smallest of their
//! hashes. Sets of them can be united in any order and as often as one likes, so
//! that days, groupings again and replays never count a user or a client twice.

use std::collections::BTreeSet;

/// Hashes that are kept. With fewer names the count is exact; with more its
/// standard error is 4.4 %.
const MOST: usize = 512;

/// The different names, such as the users of an issue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Distinct {
    smallest: BTreeSet<u64>,
}

impl Distinct {
    /// From its byte form: hashes, 8 bytes each. What is left over is ignored.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let mut sketch = Self::default();
        let (words, _) = bytes.as_chunks::<8>();
        words.iter().take(MOST).for_each(|word| sketch.add_hash(u64::from_le_bytes(*word)));
        sketch
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.smallest.iter().flat_map(|hash| hash.to_le_bytes()).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.smallest.is_empty()
    }

    /// Adds a name; the empty one is nobody's.
    pub(crate) fn add(&mut self, name: &str) {
        if !name.is_empty() {
            self.add_hash(name_hash(name));
        }
    }

    /// Adds all names of another.
    pub(crate) fn unite(&mut self, other: &Self) {
        other.smallest.iter().for_each(|hash| self.add_hash(*hash));
    }

    /// How many names there are.
    pub(crate) fn count(&self) -> u64 {
        match self.smallest.last() {
            Some(largest) if self.smallest.len() == MOST => {
                // so many hashes lie in this part of all there can be
                let part = (*largest as f64 + 1.0) / 2_f64.powi(64);
                ((MOST - 1) as f64 / part).round() as u64
            }
            _ => self.smallest.len() as u64,
        }
    }

    /// Adds a name by its [`name_hash`].
    pub(crate) fn add_hash(&mut self, hash: u64) {
        if self.smallest.len() < MOST {
            self.smallest.insert(hash);
        } else if self.smallest.last().is_some_and(|largest| hash < *largest)
            && self.smallest.insert(hash)
        {
            self.smallest.pop_last();
        }
    }
}

/// FNV-1a, then mixed so that every bit depends on every letter: the estimate
/// needs hashes that are spread evenly. Never changed: files hold it.
pub(crate) fn name_hash(name: &str) -> u64 {
    let fold = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let mut sum = name.bytes().fold(0xcbf2_9ce4_8422_2325, fold);
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53_u64] {
        sum = (sum ^ sum >> 33).wrapping_mul(factor);
    }
    sum ^ sum >> 33
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(users: impl Iterator<Item = u32>) -> Distinct {
        let mut sketch = Distinct::default();
        users.for_each(|user| sketch.add(&user.to_string()));
        sketch
    }

    #[test]
    fn few_users_are_counted_exactly_and_nobody_is_none() {
        assert_eq!(of(0..511).count(), 511);
        let mut sketch = of((0..100).chain(0..100));
        sketch.add("");
        assert_eq!(sketch.count(), 100);
        assert_eq!(Distinct::default().count(), 0);
    }

    #[test]
    fn many_users_are_counted_within_a_few_percent() {
        for users in [1_000, 20_000, 300_000] {
            let error = of(0..users).count() as f64 / f64::from(users) - 1.0;
            assert!(error.abs() < 0.13, "{users} users: off by {error}");
        }
    }

    #[test]
    fn parts_united_in_any_order_are_the_whole() {
        let whole = of(0..5_000);
        let (one, two) = (of(0..3_000), of(2_000..5_000));
        let mut a = one.clone();
        a.unite(&two);
        a.unite(&one);
        let mut b = two;
        b.unite(&Distinct::from_bytes(&one.to_bytes()));
        assert_eq!((&a, &b), (&whole, &whole));
        assert_eq!(Distinct::from_bytes(&[7; 8 * 600 + 3]).count(), 1);
    }
}
