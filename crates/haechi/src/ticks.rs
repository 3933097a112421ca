//! The processor's own counter as a clock: 11 ns a reading where asking the
//! kernel's page takes 29. Used only where the kernel itself tells time by it,
//! so that it runs at one rate on all processors and does not stop.

use std::sync::OnceLock;

/// How counts become nanoseconds.
#[derive(Debug, Clone, Copy)]
struct Scale {
    /// A reading of both clocks.
    at: Reading,
    /// Nanoseconds a count, times 2^32.
    rate: u64,
}

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy)]
struct Reading {
    ticks: u64,
    ns: u64,
}

/// Until this much time has passed the kernel is asked: the rate is then known
/// within some millionths.
const LEARN_NS: u64 = 50_000_000;

/// Counts that one processor's counter may be behind another's.
const SKEW: i64 = 1 << 20;

static SCALE: OnceLock<Scale> = OnceLock::new();
/// The first reading; `None` where the counter is no clock.
static FIRST: OnceLock<Option<Reading>> = OnceLock::new();

/// Nanoseconds by the counter, once its rate is known.
#[inline]
pub(crate) fn now_ns() -> Option<u64> {
    let Scale { at, rate } = SCALE.get()?;
    let passed = counter().wrapping_sub(at.ticks).cast_signed();
    if passed < -SKEW {
        // it began anew, as after a suspension: the kernel knows better
        return None;
    }
    let passed = passed.max(0) as u64;
    Some(at.ns + ((u128::from(passed) * u128::from(*rate)) >> 32) as u64)
}

/// The kernel's time. With the first and one later call the counter's rate is
/// learnt.
#[cold]
pub(crate) fn learn(kernel_ns: fn() -> u64) -> u64 {
    let first = FIRST.get_or_init(|| is_the_kernels().then(|| read_both(kernel_ns)));
    let now = kernel_ns();
    let Some(first) = first else { return now };
    if now.saturating_sub(first.ns) >= LEARN_NS {
        let at = read_both(kernel_ns);
        if let Some(rate) = rate(*first, at) {
            let _ = SCALE.set(Scale { at, rate });
        }
    }
    now
}

fn rate(first: Reading, at: Reading) -> Option<u64> {
    let ns = u128::from(at.ns.checked_sub(first.ns)?);
    let ticks = u128::from(at.ticks.checked_sub(first.ticks)?);
    u64::try_from((ns << 32).checked_div(ticks)?).ok().filter(|rate| *rate > 0)
}

/// Both clocks, read again if something came in between: the closest of some.
fn read_both(kernel_ns: fn() -> u64) -> Reading {
    let mut best = (u64::MAX, Reading { ticks: 0, ns: 0 });
    for _ in 0..8 {
        let before = counter();
        let ns = kernel_ns();
        let width = counter().wrapping_sub(before);
        if width < best.0 {
            best = (width, Reading { ticks: before.wrapping_add(width / 2), ns });
        }
    }
    best.1
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn counter() -> u64 {
    // SAFETY: reads a register and nothing else. The kernel allows it: its own
    // clock, read in user mode, does the same (`is_the_kernels`).
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
fn counter() -> u64 {
    0
}

/// Whether the kernel trusts the counter. It stops to when it finds the counters
/// of two processors apart, or one that stands still.
fn is_the_kernels() -> bool {
    const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    cfg!(target_arch = "x86_64")
        && std::fs::read_to_string(SOURCE).is_ok_and(|name| name.trim_end() == "tsc")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_two_readings_and_damage_gives_none() {
        let at = |ticks, ns| Reading { ticks, ns };
        // 2.5 counts a nanosecond
        let known = rate(at(1_000, 7), at(251_000, 100_007)).unwrap();
        assert_eq!((250_000 * u128::from(known)) >> 32, 99_999);
        assert!(rate(at(5, 0), at(5, 100)).is_none(), "a counter that stands still");
        assert!(rate(at(5, 0), at(4, 100)).is_none(), "one that goes back");
        assert!(rate(at(5, 100), at(9, 99)).is_none(), "a clock that goes back");
    }

    #[test]
    fn time_goes_on_when_the_counter_takes_over() {
        use std::time::Instant;
        let passed = |from: Instant, to: Instant| (to - from).as_nanos() as u64;
        let before = Instant::now();
        let first = crate::clock::monotonic_ns();
        let after = Instant::now();
        let mut last = first;
        while passed(before, Instant::now()) < LEARN_NS * 3 {
            let now = crate::clock::monotonic_ns();
            assert!(now + 10_000 >= last, "{now} after {last}");
            last = now;
        }
        // what the kernel says has passed: the thread may have had to wait between any two
        let least = passed(after, Instant::now());
        let ours = crate::clock::monotonic_ns() - first;
        let most = passed(before, Instant::now());
        assert!(ours >= least - least / 100, "{ours}, at least {least}");
        assert!(ours <= most + most / 100, "{ours}, at most {most}");
        let trusted = FIRST.get().is_some_and(Option::is_some);
        assert_eq!(SCALE.get().is_some(), trusted);
    }
}
