use std::fmt;

/// Milliseconds from the Unix epoch to 2024-01-01T00:00:00Z, where ids begin.
const EPOCH_MS: u64 = 1_704_067_200_000;
const SEQUENCE_BITS: u32 = 10;
const LANE_BITS: u32 = 13;
const TIME_SHIFT: u32 = SEQUENCE_BITS + LANE_BITS;
const SEQUENCE_MASK: u64 = (1 << SEQUENCE_BITS) - 1;
/// A clock set back by more than this is followed instead of waited for.
const CLOCK_JUMP_MS: u64 = 10_000;

/// Names one request on one machine: 40 bits of milliseconds since 2024, 13
/// bits of lane, 10 bits of sequence. Sorting ids sorts requests by the time
/// they began, so the store needs no index beside its primary key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RequestId(u64);

impl RequestId {
    /// No request: a log line written outside of any.
    pub const NONE: Self = Self(0);

    /// From the stored number.
    #[must_use]
    pub const fn from_u64(value: u64) -> Self {
        Self(value)
    }

    /// The stored number, below 2^63.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The smallest id a request begun at this time (Unix ms) can have.
    /// Times before 2024 give 0, times after 2058 the largest.
    #[must_use]
    pub const fn first_at_ms(unix_ms: u64) -> Self {
        let ms = unix_ms.saturating_sub(EPOCH_MS);
        let limit = (1 << 40) - 1;
        Self((if ms > limit { limit } else { ms }) << TIME_SHIFT)
    }

    /// When the request began, in Unix milliseconds.
    #[must_use]
    pub const fn unix_ms(self) -> u64 {
        (self.0 >> TIME_SHIFT) + EPOCH_MS
    }

    /// The lane that gave it out, 13 bits.
    #[must_use]
    pub const fn lane(self) -> u32 {
        (self.0 >> SEQUENCE_BITS) as u32 & ((1 << LANE_BITS) - 1)
    }

    /// The next larger id, used to settle a collision.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
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

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Gives out ids in one lane, by one thread at a time, without an atomic.
#[derive(Debug, Clone)]
pub struct IdLane {
    lane: u64,
    last_ms: u64,
    sequence: u64,
    first_sequence: u64,
}

impl IdLane {
    /// `lane` tells concurrent lanes apart (its low 13 bits count); `noise`
    /// decides where in a millisecond the sequence starts, so that even two
    /// lanes of one number rarely meet.
    #[must_use]
    pub const fn new(lane: u32, noise: u64) -> Self {
        let first = noise & SEQUENCE_MASK;
        Self {
            lane: (lane as u64 & ((1 << LANE_BITS) - 1)) << SEQUENCE_BITS,
            last_ms: 0,
            sequence: first,
            first_sequence: first,
        }
    }

    /// An id for a request that begins now (Unix ms). More than 1,024 in one
    /// millisecond borrow from the next one; a clock set back a little is
    /// waited for, one set back by more than ten seconds is followed.
    pub fn next(&mut self, unix_ms: u64) -> RequestId {
        let now = unix_ms.saturating_sub(EPOCH_MS);
        if now > self.last_ms || self.last_ms - now > CLOCK_JUMP_MS {
            self.last_ms = now;
            self.sequence = self.first_sequence;
        } else {
            self.sequence = (self.sequence + 1) & SEQUENCE_MASK;
            if self.sequence == self.first_sequence {
                self.last_ms += 1;
            }
        }
        RequestId((self.last_ms << TIME_SHIFT) | self.lane | self.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const NOW: u64 = 1_795_500_000_000;

    #[test]
    fn ids_of_one_lane_never_repeat_even_when_the_clock_stands_still() {
        let mut lane = IdLane::new(7, 1000);
        let ids: HashSet<_> = (0..5000).map(|_| lane.next(NOW)).collect();
        assert_eq!(ids.len(), 5000);
    }

    #[test]
    fn ids_sort_by_the_time_their_request_began() {
        let (mut a, mut b) = (IdLane::new(8191, 5), IdLane::new(0, 900));
        assert!(a.next(NOW) < b.next(NOW + 1));
        assert_eq!(a.next(NOW + 5).unix_ms(), NOW + 5);
        assert!(RequestId::first_at_ms(NOW + 5) <= a.next(NOW + 5));
    }

    #[test]
    fn a_large_step_back_of_the_clock_is_followed() {
        let mut lane = IdLane::new(1, 1);
        lane.next(NOW);
        assert_eq!(lane.next(NOW - 1000).unix_ms(), NOW);
        assert_eq!(lane.next(NOW - 60_000).unix_ms(), NOW - 60_000);
    }

    #[test]
    fn an_id_names_the_lane_that_gave_it_out() {
        assert_eq!(IdLane::new(8190, 1023).next(NOW).lane(), 8190);
        assert_eq!(IdLane::new(8192 + 5, 0).next(NOW).lane(), 5);
        assert_eq!(RequestId::NONE.lane(), 0);
    }

    #[test]
    fn the_text_form_is_read_back_and_nothing_else_is() {
        let id = IdLane::new(3, 4).next(NOW);
        assert_eq!(RequestId::parse(&id.to_string()), Some(id));
        for bad in ["", "+00000000000000a", "123", "ffffffffffffffff", "zzzzzzzzzzzzzzzz"] {
            assert_eq!(RequestId::parse(bad), None, "{bad}");
        }
    }
}
