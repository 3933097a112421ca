/// Longest name of a ticket: client, time and 36 characters of a UUID.
const LONGEST: usize = 160;

/// What the name of a ticket's file says: `<client>.<date>.<time>.<uuid>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketName<'a> {
    /// The whole name.
    pub name: &'a str,
    /// When the request began, by the app's clock and in its zone: seconds since
    /// 1970-01-01 00:00 there.
    pub local_s: i64,
}

impl<'a> TicketName<'a> {
    /// `None` for any name that web2py does not give. What it gives has letters,
    /// digits, `.`, `-` and `_` only, and so leads nowhere else.
    #[must_use]
    pub fn parse(name: &'a str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if name.len() > LONGEST || !name.bytes().all(plain) {
            return None;
        }
        let mut parts = name.rsplitn(4, '.');
        let (uuid, time, date) = (parts.next()?, parts.next()?, parts.next()?);
        let client = parts.next()?;
        let is_uuid =
            uuid.len() == 36 && uuid.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if !is_uuid || client.is_empty() {
            return None;
        }
        let [year, month, day] = numbers(date, [4, 2, 2])?;
        let [hour, minute, second] = numbers(time, [2, 2, 2])?;
        let in_range = (1970..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 61;
        let local_s =
            days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
        in_range.then_some(Self { name, local_s })
    }
}

/// Numbers of so many digits, with `-` between them.
fn numbers(text: &str, digits: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split('-');
    let mut out = [0; 3];
    for (number, digits) in out.iter_mut().zip(digits) {
        let part = parts.next().filter(|part| part.len() == digits)?;
        let all = part.bytes().all(|byte| byte.is_ascii_digit());
        *number = all.then(|| part.parse().ok()).flatten()?;
    }
    parts.next().is_none().then_some(out)
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let leaps = before / 4 - before / 100 + before / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
    let months: i64 = (1..month.min(12)).map(|month| days_in(year, month)).sum();
    (year - 1970) * 365 + leaps + months + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UUID: &str = "0b2c0e29-2a52-4a3e-9d0b-9a7d3a1d2f11";

    #[test]
    fn names_that_web2py_gives_are_understood() {
        for (name, local_s) in [
            (format!("127.0.0.1.2026-11-23.08-53-39.{UUID}"), 1_795_424_019),
            (format!("__1.2024-02-29.00-00-00.{UUID}"), 1_709_164_800),
            (format!("unknown.1999-12-31.23-59-59.{UUID}"), 946_684_799),
        ] {
            assert_eq!(
                TicketName::parse(&name).map(|found| found.local_s),
                Some(local_s),
                "{name}"
            );
        }
    }

    #[test]
    fn any_other_name_is_no_ticket() {
        for name in [
            "",
            ".gitignore",
            "README",
            &format!("127.0.0.1.2026-13-23.08-53-39.{UUID}"),
            &format!("127.0.0.1.2026-02-30.08-53-39.{UUID}"),
            &format!("127.0.0.1.2026-11-23.24-53-39.{UUID}"),
            &format!("127.0.0.1.2026-11-23.08-53-39-01.{UUID}"),
            &format!("127.0.0.1.+026-11-23.08-53-39.{UUID}"),
            &format!(".2026-11-23.08-53-39.{UUID}"),
            &format!("../x.2026-11-23.08-53-39.{UUID}"),
            &format!("a\n.2026-11-23.08-53-39.{UUID}"),
            &format!("{}.2026-11-23.08-53-39.{UUID}", "9".repeat(200)),
            "127.0.0.1.2026-11-23.08-53-39.0b2c0e29",
        ] {
            assert_eq!(TicketName::parse(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_day_has_the_number_after_the_day_before(day in 0_i64..60_000) {
            let civil = |number: i64| {
                let (mut year, mut rest) = (1970, number);
                while rest >= 365 + i64::from(is_leap(year)) {
                    rest -= 365 + i64::from(is_leap(year));
                    year += 1;
                }
                let mut month = 1;
                while rest >= days_in(year, month) {
                    rest -= days_in(year, month);
                    month += 1;
                }
                (year, month, rest + 1)
            };
            let (year, month, of_month) = civil(day);
            prop_assert_eq!(days_since_1970(year, month, of_month), day);
        }

        #[test]
        fn any_name_is_taken_without_panic(name in ".{0,80}", digits in "[0-9.-]{0,60}") {
            let _ = TicketName::parse(&name);
            let _ = TicketName::parse(&format!("{digits}.{UUID}"));
        }
    }
}
