use crate::LogId;
use haechi_event::RequestId;
use std::fmt;

/// Minutes of a day.
pub(crate) const DAY_MINUTES: u32 = 1440;
const DAY_MS: u64 = 86_400_000;

/// A UTC day: days since 1970-01-01. One day file holds one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day(u32);

impl Day {
    pub(crate) const fn of_ms(unix_ms: u64) -> Self {
        Self((unix_ms / DAY_MS) as u32)
    }

    pub(crate) const fn of_minute(minute: u32) -> Self {
        Self(minute / DAY_MINUTES)
    }

    pub(crate) const fn from_number(number: u32) -> Self {
        Self(number)
    }

    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    pub(crate) const fn start_ms(self) -> u64 {
        self.0 as u64 * DAY_MS
    }

    pub(crate) const fn end_ms(self) -> u64 {
        self.start_ms() + DAY_MS
    }

    /// First minute since the Unix epoch.
    pub(crate) const fn first_minute(self) -> u32 {
        self.0 * DAY_MINUTES
    }

    pub(crate) const fn end_minute(self) -> u32 {
        self.first_minute() + DAY_MINUTES
    }

    /// Ids of requests that began on this day: first, and first of the next day.
    pub(crate) const fn request_ids(self) -> (u64, u64) {
        (
            RequestId::first_at_ms(self.start_ms()).as_u64(),
            RequestId::first_at_ms(self.end_ms()).as_u64(),
        )
    }

    /// Ids of log lines written on this day: first, and first of the next day.
    pub(crate) const fn log_ids(self) -> (u64, u64) {
        (
            LogId::first_at_us(self.start_ms() * 1000).as_u64(),
            LogId::first_at_us(self.end_ms() * 1000).as_u64(),
        )
    }

    /// From `YYYY-MM-DD`, and only from exactly that.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |len: usize| {
            let part = parts.next()?;
            let digits = part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse::<u32>().ok()).flatten()
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        if parts.next().is_some() || year < 1970 || !(1..=12).contains(&month) || day == 0 {
            return None;
        }
        let found = Self(days_before(year, month) + day - 1);
        // a day past the month's end would come back as another date
        (found.to_string() == text).then_some(found)
    }

    fn date(self) -> (u32, u32, u32) {
        // an estimate that is never too high, then at most one step up
        let mut year = 1970 + self.0 / 366;
        while days_before(year + 1, 1) <= self.0 {
            year += 1;
        }
        let mut month = 12;
        while days_before(year, month) > self.0 {
            month -= 1;
        }
        (year, month, self.0 - days_before(year, month) + 1)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Days from 1970-01-01 to the first of this month.
fn days_before(year: u32, month: u32) -> u32 {
    const BEFORE_MONTH: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let past = year - 1;
    let leaps = past / 4 - past / 100 + past / 400;
    let leap_day = u32::from(month > 2 && is_leap(year));
    // 719,162 days lie between 0001-01-01 and 1970-01-01
    past * 365 + leaps + BEFORE_MONTH[month as usize - 1] + leap_day - 719_162
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_day_numbers_agree() {
        for (number, text) in [
            (0, "1970-01-01"),
            (10_957, "2000-01-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (19_723, "2024-01-01"),
            (20_780, "2026-11-23"),
            (32_507, "2059-01-01"),
        ] {
            assert_eq!(Day(number).to_string(), text);
            assert_eq!(Day::parse(text), Some(Day(number)));
        }
    }

    #[test]
    fn every_day_for_a_century_follows_the_one_before() {
        for number in 0..36_525 {
            assert_eq!(Day::parse(&Day(number).to_string()), Some(Day(number)));
        }
    }

    #[test]
    fn what_is_not_a_date_is_refused() {
        for text in ["2026-02-29", "2026-13-01", "2026-1-1", "2026-01-01-", "x", "", "2026-00-10"] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }
}
