use super::{Moment, Params};
use crate::ServerError;
use jiff::Timestamp;

/// How far back a question goes that does not say.
const DEFAULT_MS: u64 = 3_600_000;
/// Points a chart gets when it does not choose its step.
const AUTO_POINTS: u64 = 400;
/// Points a chart gets at the most.
const MAX_POINTS: u64 = 12_000;

/// From when to when, `from` before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// First moment inside.
    pub from: Moment,
    /// First moment outside.
    pub to: Moment,
}

impl Range {
    /// Takes `from` (default `-1h`) and `to` (default `now`).
    ///
    /// # Errors
    /// [`ServerError::Input`] naming the one that cannot be read, or `from` if
    /// it is not before `to`.
    pub fn take(params: &mut Params, now: Moment) -> Result<Self, ServerError> {
        Self::take_back_to(params, now, DEFAULT_MS)
    }

    /// Takes `from` (default: `default_ms` ago) and `to` (default `now`).
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn take_back_to(
        params: &mut Params,
        now: Moment,
        default_ms: u64,
    ) -> Result<Self, ServerError> {
        let mut moment = |name: &str, default_ago: u64| match params.take(name) {
            None => Ok(Moment::from_ms(now.unix_ms().saturating_sub(default_ago))),
            Some(text) => parse_moment(&text, now).ok_or_else(|| {
                ServerError::input(
                    name,
                    format!(
                        "{name} must be a time such as 2026-11-23T06:00:00Z, -15m, -24h, -7d or now"
                    ),
                )
            }),
        };
        let range = Self { from: moment("from", default_ms)?, to: moment("to", 0)? };
        if range.from >= range.to {
            return Err(ServerError::input("from", "from must be before to"));
        }
        Ok(range)
    }

    /// How long it is, in milliseconds; at least 1.
    #[must_use]
    pub fn length_ms(&self) -> u64 {
        self.to.unix_ms() - self.from.unix_ms()
    }

    /// Takes `step`; `auto` is the shortest that gives at most 400 points.
    ///
    /// # Errors
    /// [`ServerError::Input`] if it is none of the known steps, or so short
    /// that there would be more than 12,000 points.
    pub fn take_step(&self, params: &mut Params) -> Result<Step, ServerError> {
        self.take_step_within(params, AUTO_POINTS)
    }

    /// As [`Self::take_step`], but that `auto` gives at most `points`.
    pub(crate) fn take_step_within(
        &self,
        params: &mut Params,
        points: u64,
    ) -> Result<Step, ServerError> {
        let text = params.take("step").unwrap_or_else(|| "auto".to_owned());
        let step = match text.as_str() {
            "auto" => self.step_within(points),
            "1m" => Step::Minute,
            "5m" => Step::FiveMinutes,
            "1h" => Step::Hour,
            "1d" => Step::Day,
            _ => return Err(ServerError::input("step", "step must be 1m, 5m, 1h, 1d or auto")),
        };
        if step.points_in(self) > MAX_POINTS {
            let message = format!(
                "this range has more than {MAX_POINTS} points at that step; take a longer step or a shorter range"
            );
            return Err(ServerError::input("step", message));
        }
        Ok(step)
    }
}

impl Range {
    /// The shortest step that gives at most so many points.
    pub(crate) fn step_within(&self, points: u64) -> Step {
        let fits = |step: &Step| step.points_in(self) <= points;
        Step::ALL.into_iter().find(fits).unwrap_or(Step::Day)
    }
}

/// The distance between two points of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// `1m`, the shortest.
    Minute,
    /// `5m`.
    FiveMinutes,
    /// `1h`.
    Hour,
    /// `1d`.
    Day,
}

impl Step {
    const ALL: [Self; 4] = [Self::Minute, Self::FiveMinutes, Self::Hour, Self::Day];

    /// Its length in seconds.
    #[must_use]
    pub fn seconds(self) -> u32 {
        match self {
            Self::Minute => 60,
            Self::FiveMinutes => 300,
            Self::Hour => 3600,
            Self::Day => 86_400,
        }
    }

    /// Steps that a range touches, its first and last counted whole.
    fn points_in(self, range: &Range) -> u64 {
        let ms = u64::from(self.seconds()) * 1000;
        range.to.unix_ms().div_ceil(ms) - range.from.unix_ms() / ms
    }
}

/// An RFC 3339 time, `now`, or how long ago (`-15m`; s, m, h, d or w).
/// Times before 1970 and after 9999 are not read.
#[must_use]
pub fn parse_moment(text: &str, now: Moment) -> Option<Moment> {
    if text == "now" {
        return Some(now);
    }
    if let Some(ago) = text.strip_prefix('-') {
        let ms = parse_length_ms(ago)?;
        return now.unix_ms().checked_sub(ms).map(Moment::from_ms);
    }
    let timestamp: Timestamp = text.parse().ok()?;
    let ms = u64::try_from(timestamp.as_millisecond()).ok()?;
    (ms <= Moment::LAST_MS).then(|| Moment::from_ms(ms))
}

/// A length of time such as `15m`, `24h` or `7d`, in milliseconds.
pub(crate) fn parse_length_ms(text: &str) -> Option<u64> {
    let (digits, unit_ms) = match text.char_indices().last()? {
        (at, 's') => (&text[..at], 1000),
        (at, 'm') => (&text[..at], 60_000),
        (at, 'h') => (&text[..at], 3_600_000),
        (at, 'd') => (&text[..at], 86_400_000),
        (at, 'w') => (&text[..at], 7 * 86_400_000),
        _ => return None,
    };
    // `parse` alone would take a sign
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(unit_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: u64 = 1_795_413_600_000;

    fn range(query: &str) -> Result<Range, String> {
        let mut params = Params::parse(query).unwrap();
        Range::take(&mut params, Moment::from_ms(NOW)).map_err(|error| match error {
            ServerError::Input { field, .. } => field,
            other => panic!("not an input error: {other}"),
        })
    }

    fn step(query: &str) -> Result<Step, ServerError> {
        let mut params = Params::parse(query).unwrap();
        let range = Range::take(&mut params, Moment::from_ms(NOW)).unwrap();
        range.take_step(&mut params)
    }

    #[test]
    fn the_default_is_the_last_hour() {
        let range = range("").unwrap();
        assert_eq!((range.from.unix_ms(), range.to.unix_ms()), (NOW - 3_600_000, NOW));
    }

    #[test]
    fn absolute_and_relative_times_are_read() {
        let same = range("from=2026-11-23T05:45:00Z").unwrap();
        assert_eq!(same, range("from=-15m").unwrap());
        assert_eq!(same, range("from=2026-11-23T14:45:00%2b09:00&to=now").unwrap());
        assert_eq!(same, range("from=-900s").unwrap());
    }

    #[test]
    fn a_bad_time_names_its_field() {
        for bad in ["soon", "-5", "-m", "--5m", "-5y", "15m", "-+5m", "2026-11-23", "-99999999999w"]
        {
            assert_eq!(
                range(&format!("from={}", bad.replace('+', "%2b"))),
                Err("from".into()),
                "{bad}"
            );
            assert_eq!(
                range(&format!("to={}", bad.replace('+', "%2b"))),
                Err("to".into()),
                "{bad}"
            );
        }
        assert_eq!(range("from=-1m&to=-2m"), Err("from".into()));
        assert_eq!(range("from=now"), Err("from".into()));
    }

    #[test]
    fn the_automatic_step_keeps_a_chart_readable() {
        assert_eq!(step("from=-1h").unwrap(), Step::Minute);
        assert_eq!(step("from=-24h").unwrap(), Step::FiveMinutes);
        assert_eq!(step("from=-7d").unwrap(), Step::Hour);
        assert_eq!(step("from=-52w").unwrap(), Step::Day);
    }

    #[test]
    fn a_step_that_is_unknown_or_too_short_is_refused() {
        assert!(step("step=2m").is_err());
        assert!(step("from=-52w&step=1m").is_err());
        assert!(step("from=1970-01-01T00:00:00Z&to=9999-12-30T00:00:00Z").is_err());
        assert_eq!(step("from=-7d&step=1m").unwrap(), Step::Minute);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_panic(text in ".{0,24}|-[0-9]{1,22}[smhdwé]|[0-9TZ:.+-]{1,30}") {
            let _ = parse_moment(&text, Moment::from_ms(NOW));
        }

        #[test]
        fn a_written_moment_reads_back_as_itself(ms in 0u64..Moment::LAST_MS) {
            let moment = Moment::from_ms(ms);
            prop_assert_eq!(parse_moment(&moment.to_string(), moment), Some(moment));
        }

        #[test]
        fn a_relative_time_lies_that_far_back(n in 0u64..1000, unit in 0usize..5) {
            let (letter, ms) = [("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)][unit];
            let found = parse_moment(&format!("-{n}{letter}"), Moment::from_ms(NOW)).unwrap();
            prop_assert_eq!(NOW - found.unix_ms(), n * ms);
        }

        #[test]
        fn an_automatic_step_never_gives_too_many_points(minutes in 1u64..2_000_000) {
            let from = Moment::from_ms(NOW - (minutes * 60_000).min(NOW - 1));
            let range = Range { from, to: Moment::from_ms(NOW) };
            if let Ok(step) = range.take_step(&mut Params::default()) {
                prop_assert!(step == Step::Day || step.points_in(&range) <= AUTO_POINTS);
                prop_assert!(step.points_in(&range) <= MAX_POINTS);
            }
        }
    }
}
