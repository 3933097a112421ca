//! What counts as slow.

use serde::Deserialize;

/// No request that is faster is slow, unless somebody said so.
const LEAST_MS: u32 = 500;
const EVERY_MS: std::ops::RangeInclusive<u32> = 10..=1000;
/// What `HAECHI_SLOW_MS` and `after_ms` may be: up to an hour.
const AFTER_MS_MAX: u32 = 3_600_000;

/// The table `[slow]` of `haechi.toml`. Anything else in it is refused by name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SlowSettings {
    /// Milliseconds after which a request is slow, so that its stack is looked at;
    /// 0: none ever is. Default: 500, or the 99th percentile of its route if that
    /// is more. `HAECHI_SLOW_MS` counts over it.
    pub after_ms: Option<u32>,
    /// From one look to the next, 10 to 1000 milliseconds. Default 50.
    pub every_ms: u32,
}

impl Default for SlowSettings {
    fn default() -> Self {
        Self { after_ms: None, every_ms: 50 }
    }
}

impl SlowSettings {
    /// Says what cannot be, if something cannot.
    ///
    /// # Errors
    /// One sentence naming the setting.
    pub fn check(&self) -> Result<(), &'static str> {
        if !EVERY_MS.contains(&self.every_ms) {
            return Err("slow.every_ms must be 10 to 1000 milliseconds");
        }
        match self.after_ms {
            Some(AFTER_MS_MAX..) => Err("slow.after_ms must be less than an hour"),
            _ => Ok(()),
        }
    }

    /// These, but for what the environment says; what is no number says nothing.
    #[must_use]
    pub fn or_environment(mut self, slow_ms: Option<&str>) -> Self {
        let said = slow_ms.and_then(|text| text.trim().parse().ok());
        self.after_ms = said.filter(|ms| *ms < AFTER_MS_MAX).or(self.after_ms);
        self
    }

    /// Whether no request is looked at.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.after_ms == Some(0)
    }

    /// The same in nanoseconds; none is that old if no request is ever slow.
    pub(crate) fn least_ns(&self) -> u64 {
        if self.is_off() { u64::MAX } else { u64::from(self.least_ms()) * 1_000_000 }
    }

    /// The least age of a slow request, milliseconds.
    #[must_use]
    pub fn least_ms(&self) -> u32 {
        self.after_ms.unwrap_or(LEAST_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_counts_over_the_file_and_nonsense_says_nothing() {
        let file = SlowSettings { after_ms: Some(200), ..SlowSettings::default() };
        let least = |said: Option<&str>| file.clone().or_environment(said).least_ms();
        assert_eq!((least(None), least(Some("70")), least(Some("often"))), (200, 70, 200));
        assert_eq!(least(Some("99999999")), 200);
        assert_eq!(SlowSettings::default().least_ms(), 500);
        assert!(file.or_environment(Some("0")).is_off());
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let every = SlowSettings { every_ms: 5, ..SlowSettings::default() };
        assert!(every.check().unwrap_err().contains("every_ms"));
        let after = SlowSettings { after_ms: Some(3_600_000), ..SlowSettings::default() };
        assert!(after.check().unwrap_err().contains("after_ms"));
    }
}
