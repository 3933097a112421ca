//! A quick hash for the maps that every record is looked up in. Seeded per
//! process, so that no one outside can choose texts that collide.

use std::hash::{BuildHasher, Hasher, RandomState};

const MIX: u64 = 0x9fb2_1c65_1e98_df25;

/// A map with the quick hash.
pub(crate) type QuickMap<K, V> = std::collections::HashMap<K, V, Seed>;

/// Makes hashers; different in every process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed(u64);

impl Default for Seed {
    fn default() -> Self {
        Self(RandomState::new().hash_one(MIX) | 1)
    }
}

impl BuildHasher for Seed {
    type Hasher = Quick;

    #[inline]
    fn build_hasher(&self) -> Quick {
        Quick { state: self.0, seed: self.0 }
    }
}

/// Multiplies eight bytes at a time to 128 bits and folds the halves.
#[derive(Debug)]
pub(crate) struct Quick {
    state: u64,
    seed: u64,
}

impl Quick {
    #[inline]
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.seed ^ MIX);
        self.state = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for Quick {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            let mut eight = [0; 8];
            eight.copy_from_slice(word);
            self.mix(u64::from_le_bytes(eight));
        }
        let rest = words.remainder();
        let mut eight = [0; 8];
        eight[..rest.len()].copy_from_slice(rest);
        // the length tells apart texts that differ in trailing zeros
        self.mix(u64::from_le_bytes(eight));
        self.mix(bytes.len() as u64 ^ MIX);
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.mix(u64::from(value));
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.mix(value);
    }

    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.mix(value as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_similar_texts_hardly_collide() {
        let seed = Seed::default();
        let mut hashes: Vec<u64> =
            (0..1_000_000).map(|n| seed.hash_one(format!("route/{n}"))).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert!(hashes.len() > 999_990, "{}", hashes.len());
    }
}
