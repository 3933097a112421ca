//! Numbers in few columns.

/// Milliseconds with three digits that mean something.
pub(super) fn ms(value: f64) -> String {
    match value {
        v if v < 10.0 => format!("{v:.2}"),
        v if v < 100.0 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

pub(super) fn ms_of(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), ms)
}

pub(super) fn seconds(ms: f64) -> String {
    match ms / 1e3 {
        s if s < 1000.0 => format!("{s:.2}"),
        s => format!("{s:.0}"),
    }
}

/// How long something lasts already.
pub(super) fn age(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 7_200.0 => format!("{} min {:02} s", s as u64 / 60, s as u64 % 60),
        s if s < 172_800.0 => format!("{} h {:02} min", s as u64 / 3600, s as u64 / 60 % 60),
        s => format!("{} days", s as u64 / 86_400),
    }
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

pub(super) fn bytes(bytes: u64) -> String {
    match bytes as f64 / 1e6 {
        mb if mb < 1000.0 => format!("{mb:.1} MB"),
        mb => format!("{:.2} GB", mb / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_what_means_something() {
        assert_eq!([ms(0.123), ms(12.34), ms(1234.5)], ["0.12", "12.3", "1234"]);
        assert_eq!(
            [age(34.25), age(3605.0), age(7_260.0)],
            ["34.2 s", "60 min 05 s", "2 h 01 min"]
        );
        assert_eq!([bytes(46_200_000), bytes(2_100_000_000)], ["46.2 MB", "2.10 GB"]);
        assert_eq!([percent(0.994), seconds(65_432.0)], ["99%", "65.43"]);
    }
}
