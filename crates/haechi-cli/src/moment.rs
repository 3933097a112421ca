use haechi_server::ask::{Moment, parse_moment};

/// How long ago a moment of an answer was, for people.
pub(crate) fn ago(text: &str) -> String {
    let now = Moment::now();
    match parse_moment(text, now) {
        Some(moment) => ago_ms(now.unix_ms().saturating_sub(moment.unix_ms())),
        None => text.to_owned(),
    }
}

fn ago_ms(ms: u64) -> String {
    match ms / 1000 {
        s @ 0..60 => format!("{s} s ago"),
        s @ 60..7200 => format!("{} min ago", s / 60),
        s @ 7200..172_800 => format!("{} h ago", s / 3600),
        s => format!("{} days ago", s / 86_400),
    }
}

/// A moment of an answer in Unix milliseconds.
pub(crate) fn unix_ms(text: &str) -> Option<u64> {
    parse_moment(text, Moment::now()).map(Moment::unix_ms)
}

/// A moment of an answer (`2026-11-23T06:00:00.123Z`) in two words.
pub(crate) fn shown(text: &str) -> String {
    text.replacen('T', " ", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_told_in_one_unit() {
        assert_eq!(ago_ms(59_999), "59 s ago");
        assert_eq!(ago_ms(7_199_000), "119 min ago");
        assert_eq!(ago_ms(172_799_000), "47 h ago");
        assert_eq!(ago_ms(172_800_000), "2 days ago");
        assert_eq!(ago("2999-01-01T00:00:00Z"), "0 s ago");
        assert_eq!(ago("?"), "?");
    }
}
