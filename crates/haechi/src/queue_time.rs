//! How long a request waited for a worker, from what the server before it wrote.

use crate::guard::RequestGuard;

/// Nobody waits longer than that; what says so is another clock, or a lie.
const QUEUE_MAX_NS: u64 = 600 * 1_000_000_000;
/// The year 2001, in seconds: an instant in another unit is told by its size.
const LEAST: u128 = 1_000_000_000;
const NS: u128 = 1_000_000_000;

impl RequestGuard {
    /// The request was taken at the instant that an `X-Request-Start` header
    /// tells: `t=` or nothing, then seconds, milliseconds or microseconds since
    /// 1970, with or without a fraction. What makes no sense is ignored.
    pub fn set_request_start(&mut self, header: &str) {
        let begun = self.state.numbers.start_unix_ns;
        if let Some(queue_ns) = queue_ns(header, begun) {
            self.set_queue_time(queue_ns);
        }
    }
}

fn queue_ns(header: &str, begun_unix_ns: u64) -> Option<u64> {
    let first = header.split([',', ';', ' ']).map(str::trim).find(|part| !part.is_empty())?;
    let taken = unix_ns(first.strip_prefix("t=").unwrap_or(first))?;
    begun_unix_ns.checked_sub(taken).filter(|ns| *ns <= QUEUE_MAX_NS)
}

/// Nanoseconds since 1970 of an instant in whatever unit.
fn unix_ns(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: u128 = whole.parse().ok()?;
    let unit = [NS, NS / 1_000, NS / 1_000_000, 1].into_iter().find(|unit| {
        // seconds of the years 2001 to 2286, and so on
        (LEAST * NS..LEAST * 10 * NS).contains(&(whole * unit))
    })?;
    let fraction = fraction.get(..9).unwrap_or(fraction);
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let rest = fraction.parse::<u128>().unwrap_or(0) * unit / scale;
    u64::try_from(whole * unit + rest).ok()
}

#[cfg(test)]
mod tests {
    use super::queue_ns;
    use proptest::prelude::*;

    const NOW: u64 = 1_700_000_000_250_000_000;

    #[test]
    fn an_instant_is_understood_in_whatever_unit_it_is_written() {
        for (header, want_ms) in [
            ("t=1700000000.000", Some(250)),   // nginx: t=${msec}
            ("1700000000000", Some(250)),      // Heroku: milliseconds
            ("t=1700000000000000", Some(250)), // Apache: %t, microseconds
            ("t=1700000000249.5", Some(0)),
            ("1700000000000000000", Some(250)),
            (" t=1700000000.125, t=1700000000.200", Some(125)),
            ("t=1699999940", Some(60_250)),
        ] {
            let ms = queue_ns(header, NOW).map(|ns| ns / 1_000_000);
            assert_eq!(ms, want_ms, "{header}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_ignored() {
        let far = "9".repeat(5000);
        for header in [
            "",
            "t=",
            "t=.",
            "t=abc",
            "t=-1700000000",
            "1e9",
            "0",
            "42",
            "t=1700000001.000", // it comes from the future
            "t=1600000000",     // years ago
            "1700000000.5.5",
            "t=١٧٠٠٠٠٠٠٠٠",
            &far,
        ] {
            assert_eq!(queue_ns(header, NOW), None, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in ".{0,60}", number in "t?=?[0-9.]{0,40}") {
            for header in [text, number] {
                let found = queue_ns(&header, NOW);
                prop_assert!(found.is_none_or(|ns| ns <= super::QUEUE_MAX_NS));
            }
        }
    }
}
