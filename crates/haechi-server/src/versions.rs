//! Recorders of another version than this program: an app that runs on after
//! Haechi was replaced records as it did before.

use std::cmp::Ordering;

/// Of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How the version of a recorder compares with that of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compared {
    /// Older, or from before recorders told their version.
    Older,
    /// Newer.
    Newer,
    /// Neither: the same numbers with another ending, or no numbers.
    Other,
    /// The same.
    Same,
}

impl Compared {
    /// Compares a recorder's version, empty if it tells none.
    #[must_use]
    pub fn of(recorder: &str) -> Self {
        Self::between(recorder, VERSION)
    }

    fn between(recorder: &str, own: &str) -> Self {
        if recorder == own {
            return Self::Same;
        }
        if recorder.is_empty() {
            return Self::Older;
        }
        match (numbers(recorder), numbers(own)) {
            (Some(theirs), Some(own)) => match theirs.cmp(&own) {
                Ordering::Less => Self::Older,
                Ordering::Greater => Self::Newer,
                Ordering::Equal => Self::Other,
            },
            _ => Self::Other,
        }
    }

    /// The name used in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Older => "older",
            Self::Newer => "newer",
            Self::Other => "other",
            Self::Same => "same",
        }
    }
}

/// 1, 2, 3 of `1.2.3-rc.1`.
fn numbers(version: &str) -> Option<Vec<u64>> {
    let release = version.split(['-', '+']).next()?;
    release.split('.').map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (recorder, own, compared) in [
            ("1.2.3", "1.2.3", Compared::Same),
            ("1.2.3", "1.10.0", Compared::Older),
            ("", "0.1.0", Compared::Older),
            ("2.0.0", "1.10.0", Compared::Newer),
            ("1.2.3-rc.1", "1.2.3", Compared::Other),
            ("nightly", "1.2.3", Compared::Other),
        ] {
            assert_eq!(Compared::between(recorder, own), compared, "{recorder} and {own}");
        }
    }
}
