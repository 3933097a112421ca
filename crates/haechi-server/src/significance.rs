//! How sure a difference between two sets of requests is. Pure: numbers in, a
//! probability out. Every `p` is two-sided: how often chance alone would make a
//! difference at least as large, were both sets of one kind.

use haechi_event::Histogram;

/// Below this many expected in a cell, proportions are compared exactly.
const EXACT_BELOW: f64 = 10.0;
/// Factorials up to here are added up, larger ones follow Stirling's series.
const SMALL: u64 = 64;

/// How two sets of durations lie to each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ranks {
    /// How often one drawn from the second is longer than one from the first;
    /// equal ones count half.
    pub(crate) longer: f64,
    /// The probability that chance made it.
    pub(crate) p: f64,
}

/// The Mann–Whitney test over the bins of two histograms, corrected for ties:
/// what lies in one bin counts as equal. `None` if one of them is empty.
pub(crate) fn ranks(first: &Histogram, second: &Histogram) -> Option<Ranks> {
    let (n, m) = (first.count() as f64, second.count() as f64);
    if n == 0.0 || m == 0.0 {
        return None;
    }
    let all = n + m;
    let mut firsts = first.buckets().peekable();
    let mut seconds = second.buckets().peekable();
    let (mut below, mut pairs, mut ties) = (0.0, 0.0, 0.0);
    loop {
        let bucket = match (firsts.peek(), seconds.peek()) {
            (None, None) => break,
            (Some((a, _)), None) => *a,
            (None, Some((b, _))) => *b,
            (Some((a, _)), Some((b, _))) => *a.min(b),
        };
        let here = firsts.next_if(|(at, _)| *at == bucket).map_or(0.0, |(_, count)| count as f64);
        let there = seconds.next_if(|(at, _)| *at == bucket).map_or(0.0, |(_, count)| count as f64);
        pairs += there * (below + here / 2.0);
        below += here;
        let equal = here + there;
        // shares of all, since cubes of counts lose what is small
        ties += (equal / all).powi(3) - equal / all / all / all;
    }
    let longer = pairs / (n * m);
    // (N³ − N − Σ(t³ − t)) / (12 n m N (N − 1)), in shares of N
    let spread = (1.0 - 1.0 / (all * all) - ties) * all * all / (12.0 * n * m * (all - 1.0));
    let away = (longer - 0.5).abs() - 0.5 / (n * m);
    let p = if spread <= 0.0 || away <= 0.0 { 1.0 } else { two_sided(away / spread.sqrt()) };
    Some(Ranks { longer, p })
}

/// Whether `k` of `n` and `l` of `m` may be of one kind: Fisher's exact test
/// where few are expected, else the two-proportion z-test with a pooled share.
pub(crate) fn proportions((k, n): (u64, u64), (l, m): (u64, u64)) -> f64 {
    let (hits, all) = (k + l, n + m);
    if n == 0 || m == 0 || hits == 0 || hits == all {
        return 1.0;
    }
    let expected = hits.min(all - hits) as f64 * n.min(m) as f64 / all as f64;
    if expected < EXACT_BELOW {
        return fisher(k, n, hits, all);
    }
    let (n, m) = (n as f64, m as f64);
    let pooled = hits as f64 / all as f64;
    let error = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    two_sided((k as f64 / n - l as f64 / m).abs() / error)
}

/// The probabilities of all tables with the same sums that are no likelier.
fn fisher(k: u64, n: u64, hits: u64, all: u64) -> f64 {
    let whole = choose(all, n);
    let of = |k: u64| (choose(hits, k) + choose(all - hits, n - k) - whole).exp();
    let limit = of(k) * (1.0 + 1e-9);
    let range = (hits + n).saturating_sub(all)..=hits.min(n);
    range.map(of).filter(|p| *p <= limit).sum::<f64>().min(1.0)
}

/// ln of the ways to take `k` of `n`.
fn choose(n: u64, k: u64) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

fn ln_factorial(n: u64) -> f64 {
    if n <= SMALL {
        return (2..=n).map(|factor| (factor as f64).ln()).sum();
    }
    let x = n as f64;
    let tail = 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3)) + 1.0 / (1260.0 * x.powi(5));
    x * x.ln() - x + (std::f64::consts::TAU * x).ln() / 2.0 + tail
}

/// The share of a normal distribution farther than `z` from its middle.
fn two_sided(z: f64) -> f64 {
    let x = z / std::f64::consts::SQRT_2;
    if x < 2.0 { 1.0 - inner(x) } else { outer(x) }
}

/// The error function by its series; exact enough below 2.
fn inner(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for n in 1..60 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * std::f64::consts::FRAC_2_SQRT_PI
}

/// The rest to 1 by a continued fraction, whose digits all count where the
/// difference to 1 would have none; from 2 on.
fn outer(x: f64) -> f64 {
    let fraction = (1..=80).rev().fold(x, |below, n| x + f64::from(n) / 2.0 / below);
    (-x * x).exp() * std::f64::consts::FRAC_2_SQRT_PI / 2.0 / fraction
}

/// Holm's correction: with it, the chance that any of all these is called
/// different though none is stays below the level one asks for.
pub(crate) fn holm(ps: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ps.len()).collect();
    order.sort_by(|a, b| ps[*a].total_cmp(&ps[*b]));
    let mut corrected = vec![1.0; ps.len()];
    let mut least = 0.0f64;
    for (rank, at) in order.iter().enumerate() {
        least = least.max((ps[*at] * (ps.len() - rank) as f64).min(1.0));
        corrected[*at] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(value: f64, want: f64) -> bool {
        (value - want).abs() <= want.abs() * 1e-4
    }

    fn histogram(durations: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::default();
        durations.into_iter().for_each(|ns| histogram.add(ns));
        histogram
    }

    /// Numbers that look random and are the same in each run.
    fn noise(seed: u64) -> impl FnMut() -> f64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    #[test]
    fn the_normal_distribution_is_that_of_the_tables() {
        for (z, p) in [
            (0.0, 1.0),
            (1.0, 0.317_310_5),
            (1.959_964, 0.05),
            (2.575_829, 0.01),
            (3.290_527, 0.001),
            (6.0, 1.973_175e-9),
            (10.0, 1.523_971e-23),
        ] {
            assert!(near(two_sided(z), p), "{z}: {}", two_sided(z));
        }
    }

    #[test]
    fn few_failures_are_compared_exactly() {
        // the lady tasting tea: 3 of 4 against 1 of 4
        assert!(near(proportions((3, 4), (1, 4)), 0.485_714_3));
        // 1 of 10 against 7 of 10; from the hypergeometric distribution by hand
        let ways = |k: u64| (choose(8, k) + choose(12, 10 - k)).exp();
        let whole = choose(20, 10).exp();
        let want = (0..=8).map(ways).filter(|w| *w <= ways(1) * 1.000_001).sum::<f64>() / whole;
        assert!(near(proportions((1, 10), (7, 10)), want));
        assert!(near(want, 0.019_766_6), "{want}");
    }

    #[test]
    fn many_failures_are_compared_by_their_shares() {
        // 200 of 2,000 against 260 of 2,000: z = 2.97
        let p = proportions((200, 2000), (260, 2000));
        assert!(near(p, 0.002_942), "{p}");
    }

    #[test]
    fn ranks_of_sets_worked_out_by_hand() {
        // all of the second are longer: U = 0 of 25, z = (12.5 - 0.5) / sqrt(22.9166)
        let first = histogram([1_000, 2_000, 4_000, 8_000, 16_000]);
        let second = histogram([100_000, 200_000, 400_000, 800_000, 1_600_000]);
        let found = ranks(&first, &second).unwrap();
        assert!(near(found.longer, 1.0));
        assert!(near(found.p, two_sided(12.0 / (275.0f64 / 12.0).sqrt())), "{}", found.p);
        assert_eq!(ranks(&first, &first).unwrap(), Ranks { longer: 0.5, p: 1.0 });
        let equal = histogram([5_000; 7]);
        assert_eq!(ranks(&equal, &equal).unwrap().p, 1.0);
        assert_eq!(ranks(&equal, &Histogram::default()), None);
    }

    #[test]
    fn sets_of_one_kind_are_called_different_as_seldom_as_said() {
        let mut random = noise(7);
        let draw = |random: &mut dyn FnMut() -> f64| {
            histogram((0..200).map(|_| (2e6 * (1.0 - random()).ln().abs() * 3.0) as u64 + 1000))
        };
        let trials = 2000;
        let wrong = (0..trials)
            .filter(|_| ranks(&draw(&mut random), &draw(&mut random)).unwrap().p < 0.05)
            .count();
        // 100 are expected, give or take 10
        assert!((60..=140).contains(&wrong), "{wrong}");
    }

    #[test]
    fn a_fifth_slower_is_seen_among_a_few_hundred() {
        let mut random = noise(11);
        let mut set =
            |factor: f64| histogram((0..400).map(|_| (5e6 * factor * (0.5 + random())) as u64));
        let (before, after) = (set(1.0), set(1.2));
        let found = ranks(&before, &after).unwrap();
        assert!(found.p < 1e-6 && found.longer > 0.6, "{found:?}");
    }

    #[test]
    fn corrected_by_holm_as_in_the_books() {
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, want) in corrected.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!(near(*found, want), "{corrected:?}");
        }
        assert!(holm(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn a_probability_is_one_whatever_the_counts(
            k in 0u64..5000, n in 0u64..5000, l in 0u64..5000, m in 0u64..5_000_000,
        ) {
            let p = proportions((k.min(n), n), (l.min(m), m));
            prop_assert!((0.0..=1.0).contains(&p), "{}", p);
            let back = proportions((l.min(m), m), (k.min(n), n));
            prop_assert!((p - back).abs() < 1e-6);
        }

        #[test]
        fn the_first_longer_than_the_second_is_the_other_way_round(
            a in prop::collection::vec(1u64..1 << 40, 1..60),
            b in prop::collection::vec(1u64..1 << 40, 1..60),
        ) {
            let (a, b) = (histogram(a), histogram(b));
            let (there, back) = (ranks(&a, &b).unwrap(), ranks(&b, &a).unwrap());
            prop_assert!((there.longer + back.longer - 1.0).abs() < 1e-9);
            prop_assert!((there.p - back.p).abs() < 1e-9);
            prop_assert!((0.0..=1.0).contains(&there.p));
        }
    }
}
