/// How grave a log line is: OpenTelemetry's six ranges of `severity_number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[repr(u8)]
pub enum Severity {
    /// Finer than debugging.
    Trace = 1,
    /// For the developer.
    Debug = 5,
    /// Normal events.
    #[default]
    Info = 9,
    /// Something may go wrong.
    Warn = 13,
    /// Something went wrong.
    Error = 17,
    /// The program cannot go on.
    Fatal = 21,
}

impl Severity {
    /// All, least grave first.
    pub const ALL: [Self; 6] =
        [Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Fatal];

    /// The range an OpenTelemetry `severity_number` (1 to 24) falls in; 0 and
    /// anything above 24 are taken as the nearest end.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        match number {
            0..=4 => Self::Trace,
            5..=8 => Self::Debug,
            9..=12 => Self::Info,
            13..=16 => Self::Warn,
            17..=20 => Self::Error,
            _ => Self::Fatal,
        }
    }

    /// From a level number of Python's `logging` (10 = DEBUG … 50 = CRITICAL).
    #[must_use]
    pub fn from_python(level: i64) -> Self {
        match level {
            ..10 => Self::Trace,
            10..20 => Self::Debug,
            20..30 => Self::Info,
            30..40 => Self::Warn,
            40..50 => Self::Error,
            _ => Self::Fatal,
        }
    }

    /// The name in any case, with the spellings of Python and syslog.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "trace" => Self::Trace,
            "debug" => Self::Debug,
            "info" | "notice" => Self::Info,
            "warn" | "warning" => Self::Warn,
            "error" | "err" => Self::Error,
            "fatal" | "critical" | "crit" | "alert" | "emerg" => Self::Fatal,
            _ => return None,
        })
    }

    /// `severity_text`: `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }

    /// The lowest `severity_number` of the range.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::Severity;

    #[test]
    fn a_severity_survives_its_number_and_its_text() {
        for severity in Severity::ALL {
            assert_eq!(Severity::from_number(severity.number()), severity);
            assert_eq!(Severity::parse(severity.text()), Some(severity));
        }
        assert_eq!(Severity::from_python(40), Severity::Error);
        assert_eq!(Severity::parse("loud"), None);
    }
}
