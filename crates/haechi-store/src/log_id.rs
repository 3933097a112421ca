use std::fmt;

/// Microseconds from the Unix epoch to 2024-01-01T00:00:00Z, where ids begin.
const EPOCH_US: u64 = 1_704_067_200_000_000;
const SEQUENCE_BITS: u32 = 6;
/// Microseconds since the epoch are cut here (35 years), like request ids.
const US_MAX: u64 = ((1 << 40) - 1) * 1000;

/// Names one stored log line. Sorting ids sorts lines by the time they were
/// written: microseconds since 2024, then 6 bits that tell lines of one
/// microsecond apart. It is also the cursor of [`crate::LogsQuery::before`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LogId(u64);

impl LogId {
    /// From the stored number.
    #[must_use]
    pub const fn from_u64(value: u64) -> Self {
        Self(value)
    }

    /// The stored number, below 2^62.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The smallest id of a line written at this time (Unix µs). Times before
    /// 2024 give 0, times after 2058 the largest.
    #[must_use]
    pub const fn first_at_us(unix_us: u64) -> Self {
        let us = unix_us.saturating_sub(EPOCH_US);
        Self((if us > US_MAX { US_MAX } else { us }) << SEQUENCE_BITS)
    }

    /// How far apart ids of lines this many microseconds apart are.
    pub(crate) const fn width_of_us(us: u64) -> u64 {
        us << SEQUENCE_BITS
    }

    /// When the line was written, Unix microseconds.
    #[must_use]
    pub const fn unix_us(self) -> u64 {
        (self.0 >> SEQUENCE_BITS) + EPOCH_US
    }

    /// From the 16 hexadecimal digits that [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 16 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        u64::from_str_radix(text, 16).ok().filter(|v| *v >> 63 == 0).map(Self)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_the_microsecond_and_its_order() {
        let us = EPOCH_US + 90_000_000_123_456;
        let id = LogId::first_at_us(us);
        assert_eq!(id.unix_us(), us);
        assert!(id < LogId::first_at_us(us + 1));
        assert_eq!(LogId::parse(&id.to_string()), Some(id));
    }

    #[test]
    fn times_outside_the_range_are_taken_to_its_ends() {
        assert_eq!(LogId::first_at_us(5).as_u64(), 0);
        assert!(LogId::first_at_us(u64::MAX).as_u64() < 1 << 62);
        assert_eq!(LogId::parse("xyz"), None);
        assert_eq!(LogId::parse("ffffffffffffffff"), None);
    }
}
