use crate::{EventError, put_varint, take_varint};
use std::sync::LazyLock;

/// Buckets per doubling: OpenTelemetry's exponential histogram at scale 4.
/// A bucket's bounds differ by 2^(1/16), so its middle is within 2.2 % of any
/// value in it.
const PER_DOUBLING: usize = 16;
/// Values below 2^6 ns share the first bucket.
const FIRST_DOUBLING: usize = 6;
/// Values of 2^40 ns (18 minutes) and more share the last bucket.
const LAST_DOUBLING: usize = 40;
/// How many buckets there are.
pub const BUCKETS: usize = (LAST_DOUBLING - FIRST_DOUBLING) * PER_DOUBLING;

/// 2^(i/16) as a fraction of 2^16, rounded to nearest: where bucket i of a
/// doubling begins.
const BOUNDS: [u32; PER_DOUBLING] = [
    65536, 68438, 71468, 74632, 77936, 81386, 84990, 88752, 92682, 96785, 101_070, 105_545,
    110_218, 115_098, 120_194, 125_515,
];

/// The bucket a duration falls in.
#[inline]
#[must_use]
pub fn bucket_of(ns: u64) -> usize {
    if ns < 1 << FIRST_DOUBLING {
        return 0;
    }
    let doubling = 63 - ns.leading_zeros() as usize;
    if doubling >= LAST_DOUBLING {
        return BUCKETS - 1;
    }
    // the value scaled so that its leading one is bit 16
    let mantissa =
        if doubling >= 16 { ns >> (doubling - 16) } else { ns << (16 - doubling) } as u32;
    // a linear guess is at most two buckets too low, never too high
    let mut step = ((mantissa - 65536) as usize * PER_DOUBLING) >> 16;
    while step + 1 < PER_DOUBLING && mantissa >= BOUNDS[step + 1] {
        step += 1;
    }
    (doubling - FIRST_DOUBLING) * PER_DOUBLING + step
}

/// The smallest duration, in nanoseconds, above everything in the bucket.
#[must_use]
pub fn bucket_upper_ns(bucket: usize) -> f64 {
    2f64.powf(FIRST_DOUBLING as f64 + (bucket + 1) as f64 / PER_DOUBLING as f64)
}

/// The duration, in nanoseconds, that stands for the bucket: the one whose
/// relative distance to both bounds is equal.
#[must_use]
pub fn bucket_value_ns(bucket: usize) -> f64 {
    let doubling = FIRST_DOUBLING + bucket / PER_DOUBLING;
    (1u64 << doubling.min(63)) as f64 * MIDDLES[bucket % PER_DOUBLING]
}

/// 2^((i+1)/16) * 2 / (1 + 2^(1/16)): where the middle of bucket i of a doubling
/// lies, as a multiple of the doubling's beginning.
static MIDDLES: LazyLock<[f64; PER_DOUBLING]> = LazyLock::new(|| {
    let growth = 2f64.powf(1.0 / PER_DOUBLING as f64);
    std::array::from_fn(|step| growth.powi(step as i32 + 1) * 2.0 / (1.0 + growth))
});

/// How often each latency occurred. Adding and merging are exact; a quantile
/// is within 2.2 % of the value a full sort would give.
#[derive(Clone)]
pub struct Histogram {
    counts: Box<[u64; BUCKETS]>,
    /// Every used bucket lies in `low..high`: latencies of one route or minute
    /// use a small part of all.
    low: usize,
    high: usize,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: Box::new([0; BUCKETS]), low: BUCKETS, high: 0 }
    }
}

impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        self.counts == other.counts
    }
}

impl Eq for Histogram {}

impl std::fmt::Debug for Histogram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.buckets()).finish()
    }
}

impl Histogram {
    /// Counts one duration in nanoseconds.
    #[inline]
    pub fn add(&mut self, ns: u64) {
        self.add_bucket(bucket_of(ns), 1);
    }

    /// Counts `count` durations of one bucket; buckets out of range are ignored.
    #[inline]
    pub fn add_bucket(&mut self, bucket: usize, count: u64) {
        if let Some(slot) = self.counts.get_mut(bucket) {
            *slot = slot.saturating_add(count);
            self.low = self.low.min(bucket);
            self.high = self.high.max(bucket + 1);
        }
    }

    /// The counts of the used range, where every used bucket is.
    #[inline]
    fn used(&self) -> &[u64] {
        self.counts.get(self.low..self.high).unwrap_or_default()
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        let theirs = other.used();
        let mine = self.counts.get_mut(other.low..other.high).unwrap_or_default();
        for (mine, theirs) in mine.iter_mut().zip(theirs) {
            *mine = mine.saturating_add(*theirs);
        }
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
    }

    /// What was counted since `earlier`, an older state of the same histogram.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut out = self.clone();
        for (mine, theirs) in out.counts.iter_mut().zip(earlier.counts.iter()) {
            *mine = mine.saturating_sub(*theirs);
        }
        out
    }

    /// How many durations were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.used().iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The used buckets in order, each with its count.
    pub fn buckets(&self) -> impl Iterator<Item = (usize, u64)> {
        let used = self.used().iter().copied().enumerate();
        used.map(|(at, count)| (self.low + at, count)).filter(|(_, count)| *count > 0)
    }

    /// Forgets everything, keeping the memory.
    pub fn clear(&mut self) {
        self.counts.get_mut(self.low..self.high).unwrap_or_default().fill(0);
        (self.low, self.high) = (BUCKETS, 0);
    }

    /// The duration, in nanoseconds, that a share `q` (0 to 1) of all is at or
    /// below (nearest rank); `None` if nothing was counted.
    #[must_use]
    pub fn quantile_ns(&self, q: f64) -> Option<f64> {
        self.quantiles_ns([q])[0]
    }

    /// Several quantiles in one pass; `qs` must ascend.
    #[must_use]
    pub fn quantiles_ns<const N: usize>(&self, qs: [f64; N]) -> [Option<f64>; N] {
        let total = self.count();
        let mut found = [None; N];
        if total == 0 {
            return found;
        }
        let ranks = qs.map(|q| rank(q, total));
        let (mut seen, mut next) = (0u64, 0);
        for (at, count) in self.used().iter().enumerate() {
            seen = seen.saturating_add(*count);
            while next < N && seen >= ranks[next] {
                found[next] = Some(bucket_value_ns(self.low + at));
                next += 1;
            }
            if next == N {
                break;
            }
        }
        found
    }

    /// Appends the sparse byte form: for each used bucket in order, the
    /// distance to the one before and its count, both LEB128.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut previous = 0;
        for (bucket, count) in self.buckets() {
            put_varint(out, (bucket - previous) as u64);
            put_varint(out, count);
            previous = bucket;
        }
    }

    /// Adds a byte form made by [`Self::encode`].
    ///
    /// # Errors
    /// [`EventError`] if the bytes end early or name a bucket that cannot be;
    /// what came before the damage has been added.
    #[inline]
    pub fn merge_encoded(&mut self, mut bytes: &[u8]) -> Result<(), EventError> {
        let mut bucket = 0usize;
        while !bytes.is_empty() {
            // nearly every pair is a byte each
            let (step, count) = match bytes {
                [step, count, rest @ ..] if (step | count) & 0x80 == 0 => {
                    let pair = (u64::from(*step), u64::from(*count));
                    bytes = rest;
                    pair
                }
                _ => (take_varint(&mut bytes, "histogram")?, take_varint(&mut bytes, "histogram")?),
            };
            bucket = usize::try_from(step)
                .ok()
                .and_then(|step| bucket.checked_add(step))
                .filter(|bucket| *bucket < BUCKETS)
                .ok_or(EventError::OutOfRange("histogram bucket"))?;
            self.add_bucket(bucket, count);
        }
        Ok(())
    }
}

/// Nearest rank: the smallest whole number of values that is a share `q` of all.
fn rank(q: f64, total: u64) -> u64 {
    ((q.clamp(0.0, 1.0) * total as f64).ceil() as u64).clamp(1, total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exact(sorted: &[u64], q: f64) -> f64 {
        sorted[rank(q, sorted.len() as u64) as usize - 1] as f64
    }

    proptest! {
        #[test]
        fn quantiles_are_within_two_and_a_half_percent_of_exact(
            mut values in prop::collection::vec(64u64..(1 << 39), 1..400),
        ) {
            let mut histogram = Histogram::default();
            values.iter().for_each(|v| histogram.add(*v));
            values.sort_unstable();
            for q in [0.0, 0.25, 0.5, 0.9, 0.95, 0.99, 1.0] {
                let (got, want) = (histogram.quantile_ns(q).unwrap(), exact(&values, q));
                prop_assert!((got - want).abs() / want <= 0.025, "q {} got {} want {}", q, got, want);
            }
        }

        #[test]
        fn merging_byte_forms_equals_counting_together(
            a in prop::collection::vec(any::<u64>(), 0..200),
            b in prop::collection::vec(any::<u64>(), 0..200),
        ) {
            let (mut left, mut right, mut both) = <(Histogram, Histogram, Histogram)>::default();
            a.iter().for_each(|v| { left.add(*v); both.add(*v) });
            b.iter().for_each(|v| { right.add(*v); both.add(*v) });
            let mut bytes = Vec::new();
            right.encode(&mut bytes);
            left.merge_encoded(&bytes).unwrap();
            prop_assert_eq!(&left, &both);
            prop_assert_eq!(left.since(&right).count(), a.len() as u64);
        }

        #[test]
        fn any_bytes_are_refused_or_merged_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Histogram::default().merge_encoded(&bytes);
        }

        #[test]
        fn a_value_lies_within_its_buckets_bounds(ns in 64u64..(1 << 40)) {
            let bucket = bucket_of(ns);
            // BOUNDS are rounded to 2^-17, so a value on a bound may fall on either side
            prop_assert!((ns as f64) < bucket_upper_ns(bucket) * 1.00002);
            prop_assert!(bucket == 0 || ns as f64 >= bucket_upper_ns(bucket - 1) * 0.99998);
        }
    }

    #[test]
    fn nothing_counted_has_no_quantile() {
        assert_eq!(Histogram::default().quantile_ns(0.5), None);
    }

    #[test]
    fn extremes_fall_in_the_first_and_last_bucket() {
        assert_eq!(bucket_of(0), 0);
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    }
}
