//! Numbers and words as people read them. The page's script says the same in
//! its own words; what is changed here is changed there.

use haechi_event::inert;
use serde_json::Value;

/// What stands where there is no value.
const NOTHING: &str = "–";

/// How a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    /// 12,345
    Count,
    /// Per second, without the unit: 0.25, 12.3, 1,235
    Rate,
    /// Milliseconds with the unit that suits them.
    Ms,
    Bytes,
    /// 0 to 1 in per cent.
    Share,
    /// RFC 3339 as date and time.
    Time,
    /// RFC 3339 as time alone.
    Clock,
    /// A status, or none.
    Status,
}

impl Format {
    /// The name the page's script knows it by.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Count => "count",
            Self::Rate => "rate",
            Self::Ms => "ms",
            Self::Bytes => "bytes",
            Self::Share => "share",
            Self::Time => "time",
            Self::Clock => "clock",
            Self::Status => "status",
        }
    }

    /// The value as text without control characters; not yet escaped for HTML.
    pub(super) fn show(self, value: &Value) -> String {
        match (value, value.as_f64()) {
            (_, Some(number)) => self.show_number(number),
            (Value::String(text), _) => self.show_text(text),
            _ => NOTHING.to_owned(),
        }
    }

    fn show_number(self, number: f64) -> String {
        match self {
            Self::Rate => rate(number),
            Self::Ms => duration(number),
            Self::Bytes => bytes(number),
            Self::Share => share(number),
            Self::Status if number == 0.0 => "none".to_owned(),
            Self::Status => format!("{number:.0}"),
            // a process id is a name, not a quantity
            Self::Text => format!("{number}"),
            Self::Count | Self::Time | Self::Clock => grouped(number),
        }
    }

    fn show_text(self, text: &str) -> String {
        let between = |from: usize, to: usize| text.get(from..to).unwrap_or(text);
        match self {
            Self::Time => format!("{} {} UTC", inert(between(0, 10)), inert(between(11, 19))),
            Self::Clock => inert(between(11, 19)),
            _ => inert(text),
        }
    }
}

fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Three digits that mean something.
fn short(number: f64) -> String {
    match number {
        n if n >= 99.95 => grouped(n),
        n if n >= 9.995 => format!("{n:.1}"),
        n => format!("{n:.2}"),
    }
}

fn rate(number: f64) -> String {
    if number == 0.0 { "0".to_owned() } else { short(number) }
}

fn duration(ms: f64) -> String {
    match ms {
        ms if ms < 999.5 => format!("{} ms", short(ms)),
        ms if ms < 59_950.0 => format!("{} s", short(ms / 1000.0)),
        ms if ms < 3_597_000.0 => format!("{} min", short(ms / 60_000.0)),
        ms => format!("{} h", short(ms / 3_600_000.0)),
    }
}

fn bytes(number: f64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if number < 1000.0 {
        return format!("{number:.0} B");
    }
    let (mut scaled, mut unit) = (number / 1000.0, 0);
    while scaled >= 999.5 && unit + 1 < UNITS.len() {
        scaled /= 1000.0;
        unit += 1;
    }
    format!("{} {}", short(scaled), UNITS[unit])
}

fn share(part: f64) -> String {
    let percent = part * 100.0;
    if percent > 0.0 && percent < 0.05 { "<0.1 %".to_owned() } else { format!("{percent:.1} %") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_short_and_carry_their_unit() {
        for (format, value, shown) in [
            (Format::Count, json!(0), "0"),
            (Format::Count, json!(999), "999"),
            (Format::Count, json!(1_234_567), "1,234,567"),
            (Format::Rate, json!(0.0), "0"),
            (Format::Rate, json!(0.2), "0.20"),
            (Format::Rate, json!(12.34), "12.3"),
            (Format::Rate, json!(1234.5), "1,234"),
            (Format::Ms, json!(0.844), "0.84 ms"),
            (Format::Ms, json!(9.999), "10.0 ms"),
            (Format::Ms, json!(999.9), "1.00 s"),
            (Format::Ms, json!(125_000), "2.08 min"),
            (Format::Ms, json!(7_200_000), "2.00 h"),
            (Format::Bytes, json!(999), "999 B"),
            (Format::Bytes, json!(999_999), "1.00 MB"),
            (Format::Share, json!(0.3412), "34.1 %"),
            (Format::Share, json!(0.0001), "<0.1 %"),
            (Format::Share, json!(1.0), "100.0 %"),
            (Format::Status, json!(0), "none"),
            (Format::Status, json!(503), "503"),
            (Format::Text, json!(4321), "4321"),
            (Format::Ms, json!(null), "–"),
        ] {
            assert_eq!(format.show(&value), shown, "{format:?} {value}");
        }
    }

    #[test]
    fn times_are_shown_in_utc_and_text_cannot_act() {
        let time = json!("2026-11-23T06:00:01.123Z");
        assert_eq!(Format::Time.show(&time), "2026-11-23 06:00:01 UTC");
        assert_eq!(Format::Clock.show(&time), "06:00:01");
        assert_eq!(Format::Clock.show(&json!("\u{202e}가")), "\\u202e가");
        assert_eq!(Format::Text.show(&json!("\x1b[2J")), "\\x1b[2J");
    }
}
