use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use serde::{Serialize, Serializer};
use std::time::{SystemTime, UNIX_EPOCH};

/// A point in time as answers give it: RFC 3339 in UTC with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    unix_ms: u64,
}

impl Moment {
    /// The last moment there is, 9999-12-30T00:00:00Z.
    pub const LAST_MS: u64 = 253_402_128_000_000;

    /// From Unix milliseconds; later ones than there are become the last.
    #[must_use]
    pub fn from_ms(unix_ms: u64) -> Self {
        Self { unix_ms: unix_ms.min(Self::LAST_MS) }
    }

    /// From Unix nanoseconds.
    #[must_use]
    pub fn from_ns(unix_ns: u64) -> Self {
        Self::from_ms(unix_ns / 1_000_000)
    }

    /// Now, by the system's clock.
    #[must_use]
    pub fn now() -> Self {
        Self::from_ns(Self::now_ns())
    }

    /// Now, by the system's clock, Unix nanoseconds.
    pub(crate) fn now_ns() -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_nanos()).unwrap_or(0)
    }

    /// Unix milliseconds.
    #[must_use]
    pub fn unix_ms(self) -> u64 {
        self.unix_ms
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
        // from_ms keeps it in range
        let timestamp = Timestamp::from_millisecond(self.unix_ms as i64).unwrap_or_default();
        f.write_str(&PRINTER.timestamp_to_string(&timestamp))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl utoipa::PartialSchema for Moment {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("RFC 3339 in UTC with milliseconds"))
            .examples(["2026-11-23T06:00:00.123Z"])
            .into()
    }
}

impl utoipa::ToSchema for Moment {}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn a_moment_is_written_in_utc_with_milliseconds() {
        assert_eq!(Moment::from_ms(1_795_413_600_123).to_string(), "2026-11-23T06:00:00.123Z");
        assert_eq!(Moment::from_ms(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Moment::from_ms(u64::MAX).to_string(), "9999-12-30T00:00:00.000Z");
    }
}
