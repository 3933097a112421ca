//! Noise that can be had again from its seed (splitmix64).

pub(crate) struct Noise(u64);

pub(crate) const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
pub(crate) const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
pub(crate) const DIGITS: &str = "0123456789";
pub(crate) const HEX: &str = "0123456789abcdef";

impl Noise {
    /// From `HAECHI_SEED`, else a fixed seed; printed either way.
    pub(crate) fn seeded() -> Self {
        let seed = std::env::var("HAECHI_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or(20_261_123);
        println!("HAECHI_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    /// So many characters of these alphabets; each occurs at least once.
    pub(crate) fn text(&mut self, alphabets: &[&str], len: usize) -> String {
        let all: Vec<char> = alphabets.iter().flat_map(|alphabet| alphabet.chars()).collect();
        let mut out: Vec<char> = (0..len).map(|_| all[self.below(all.len())]).collect();
        for (place, alphabet) in alphabets.iter().enumerate().take(len) {
            let chars: Vec<char> = alphabet.chars().collect();
            // spread, so that a beginning still looks like noise
            out[place * len / alphabets.len()] = chars[self.below(chars.len())];
        }
        out.into_iter().collect()
    }
}
