//! When a ticket was written. Its name tells the second, but by the app's clock
//! in a zone that nobody has written down; the file's own time tells the zone.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The year 9999 is over.
const LAST_S: i64 = 253_402_300_800;
const QUARTER_MS: i64 = 15 * 60 * 1000;
/// No zone is further from UTC.
const FURTHEST_MS: i64 = 14 * 3_600_000;
/// A file may be this much older than its name (clocks of file systems are
/// coarse), and younger by what the request took before it failed.
const EARLIER_MS: i64 = 2_000;
const LATER_MS: i64 = 5 * 60 * 1000;

/// Unix milliseconds of a ticket whose name says `local_s` and whose file was
/// changed last at `modified_ms`. All zones are whole quarters of an hour from
/// UTC: if one of them explains both times it is the app's; if the file was
/// copied, this machine's zone is taken. Never later than `created_ms`, when the
/// file came to be where it is.
pub(super) fn ticket_ms(local_s: i64, modified_ms: i64, created_ms: i64, zone: &TimeZone) -> u64 {
    let local_ms = local_s.clamp(0, LAST_S) * 1000;
    let ahead_ms = local_ms - modified_ms.clamp(0, LAST_S * 1000);
    // the file is a little younger than the request: round towards more
    let offset_ms = (ahead_ms + LATER_MS).div_euclid(QUARTER_MS) * QUARTER_MS;
    let took_ms = offset_ms - ahead_ms;
    let explained = offset_ms.abs() <= FURTHEST_MS && (-EARLIER_MS..=LATER_MS).contains(&took_ms);
    let unix_ms = if explained { local_ms - offset_ms } else { in_zone(local_ms, zone) };
    u64::try_from(unix_ms.min(created_ms)).unwrap_or(0)
}

fn in_zone(local_ms: i64, zone: &TimeZone) -> i64 {
    let found = jiff::Timestamp::from_millisecond(local_ms).ok().and_then(|as_utc| {
        let civil: DateTime = TimeZone::UTC.to_datetime(as_utc);
        zone.to_ambiguous_zoned(civil).compatible().ok()
    });
    found.map_or(local_ms, |zoned| zoned.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL_S: i64 = 1_795_424_019;
    const NOW_MS: i64 = LOCAL_S * 1000 + 400 * 86_400_000;
    const HOUR_MS: i64 = 3_600_000;

    fn seoul() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(9))
    }

    fn found(modified_ms: i64) -> i64 {
        ticket_ms(LOCAL_S, modified_ms, NOW_MS, &seoul()) as i64
    }

    #[test]
    fn the_files_own_time_tells_the_zone_of_its_name() {
        let local_ms = LOCAL_S * 1000;
        for offset_ms in [
            0,
            9 * HOUR_MS,
            -3 * HOUR_MS - HOUR_MS / 2,
            12 * HOUR_MS + 3 * HOUR_MS / 4,
            -11 * HOUR_MS,
        ] {
            let began_ms = local_ms - offset_ms;
            for took_ms in [0, 1, 900, 61_000, 4 * 60_000, -300] {
                assert_eq!(found(began_ms + took_ms), began_ms, "{offset_ms} {took_ms}");
            }
        }
    }

    #[test]
    fn a_copied_file_is_taken_to_be_of_this_machines_zone() {
        let here = LOCAL_S * 1000 - 9 * HOUR_MS;
        assert_eq!(found(NOW_MS - 7 * 60_000), here);
        assert_eq!(found(LOCAL_S * 1000 + 10 * 60_000), here);
        assert_eq!(found(0), here);
    }

    #[test]
    fn no_ticket_is_later_than_its_file() {
        assert_eq!(ticket_ms(LOCAL_S, 0, 5_000, &seoul()), 5_000);
        assert_eq!(ticket_ms(i64::MAX, 0, 5_000, &seoul()), 5_000);
        assert_eq!(ticket_ms(0, 0, -5, &seoul()), 0);
    }
}
