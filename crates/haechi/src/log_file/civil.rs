//! Calendar dates from seconds, without a time zone database.

/// Days from 0000-03-01, where the cycle of leap years is easiest to count
/// from, to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;
const DAYS_IN_CYCLE: i64 = 146_097;

/// A moment as a person reads it, in the zone its seconds were counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
}

impl Civil {
    /// From seconds since 1970-01-01T00:00:00 of the zone.
    pub(crate) fn from_seconds(seconds: i64) -> Self {
        let in_day = seconds.rem_euclid(86_400);
        let days = seconds.div_euclid(86_400) + DAYS_TO_EPOCH;
        let (cycle, day) = (days.div_euclid(DAYS_IN_CYCLE), days.rem_euclid(DAYS_IN_CYCLE));
        // leap days before this day of the cycle are taken out, then put back
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let in_year = day - (365 * year + year / 4 - year / 100);
        // months from March have 31 30 31 30 31 days, twice and a bit
        let from_march = (5 * in_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Self {
            year: cycle * 400 + year + i64::from(month <= 2),
            month: month as u8,
            day: (in_year - (153 * from_march + 2) / 5 + 1) as u8,
            hour: (in_day / 3600) as u8,
            minute: (in_day / 60 % 60) as u8,
            second: (in_day % 60) as u8,
        }
    }

    /// `2026-11-22 19:06:46`, with `between` standing between date and time.
    /// Years beyond 9999 keep their last four digits.
    pub(crate) fn text(self, between: u8) -> [u8; 19] {
        let mut out = *b"0000-00-00 00:00:00";
        out[10] = between;
        let year = self.year.rem_euclid(10_000);
        let pairs = [
            (0, (year / 100) as u8),
            (2, (year % 100) as u8),
            (5, self.month),
            (8, self.day),
            (11, self.hour),
            (14, self.minute),
            (17, self.second),
        ];
        for (at, value) in pairs {
            out[at] = b'0' + value / 10;
            out[at + 1] = b'0' + value % 10;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(mut days: i64) -> (i64, u8, u8) {
        let leap = |y: i64| (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
        let mut year = 1970;
        while days >= 365 + i64::from(leap(year)) {
            days -= 365 + i64::from(leap(year));
            year += 1;
        }
        let lengths = [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let mut month = 0;
        while days >= lengths[month] {
            days -= lengths[month];
            month += 1;
        }
        (year, month as u8 + 1, days as u8 + 1)
    }

    #[test]
    fn every_day_until_2500_is_the_one_counted_by_hand() {
        for days in 0..(530 * 366) {
            let got = Civil::from_seconds(days * 86_400 + 86_399);
            assert_eq!((got.year, got.month, got.day), naive(days));
            assert_eq!((got.hour, got.minute, got.second), (23, 59, 59));
        }
    }

    #[test]
    fn a_moment_before_1970_counts_backwards() {
        assert_eq!(&Civil::from_seconds(-1).text(b'T'), b"1969-12-31T23:59:59");
        assert_eq!(&Civil::from_seconds(1_795_500_000).text(b' '), b"2026-11-24 06:00:00");
    }
}
