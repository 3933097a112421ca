//! The two clocks of a log file: a cheap one that only goes forward, and the
//! offset of local time.

use std::ffi::CStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustix::time::{ClockId, clock_gettime};

/// Seconds over which the local offset is taken as fixed. Every change of
/// summer time falls on a multiple of it.
const OFFSET_SECONDS: i64 = 15;

/// Bytes of a zone file that are read; the largest have some thousand.
const ZONE_MAX: u64 = 64 * 1024;

/// The interval the offset was last asked for (high half) and the offset in
/// seconds (low half).
static OFFSET: AtomicU64 = AtomicU64::new(u64::MAX);

/// Seconds of a monotonic clock with a resolution of a few milliseconds;
/// never 0.
#[inline]
pub(super) fn coarse_seconds() -> u64 {
    clock_gettime(ClockId::MonotonicCoarse).tv_sec.unsigned_abs() + 1
}

/// Seconds that local time is ahead of UTC at this Unix time.
///
/// The rules are read once in 15 seconds, not once per line, and never by the C
/// library: it holds a lock meanwhile, and a fork in that moment would leave the
/// lock shut in the child for ever.
#[inline]
pub(super) fn local_offset(unix_s: i64) -> i64 {
    let interval = (unix_s.div_euclid(OFFSET_SECONDS) as u64) << 32;
    let cached = OFFSET.load(Ordering::Relaxed);
    if cached != u64::MAX && cached & !0xffff_ffff == interval {
        return i64::from(cached as u32 as i32);
    }
    let offset = ask_offset(unix_s);
    OFFSET.store(interval | u64::from(offset as u32), Ordering::Relaxed);
    offset
}

#[cold]
fn ask_offset(unix_s: i64) -> i64 {
    // SAFETY: the name ends with a zero byte; what comes back is null or text
    // that ends with one. Like the C library's own clock, this trusts that the
    // program changes its environment only while it has one thread.
    let name = unsafe {
        let value = libc::getenv(c"TZ".as_ptr());
        (!value.is_null()).then(|| CStr::from_ptr(value).to_string_lossy().into_owned())
    };
    let zone = zone(name.as_deref());
    let offset = |zone: TimeZone| Some(zone.to_offset(Timestamp::from_second(unix_s).ok()?));
    zone.and_then(offset).map_or(0, |offset| i64::from(offset.seconds()))
}

/// The zone that `TZ` names, as the C library reads it: a file of the zone
/// database, else rules written out (`KST-9`); without it, that of the machine.
fn zone(name: Option<&str>) -> Option<TimeZone> {
    let Some(name) = name else { return read_zone(Path::new("/etc/localtime")) };
    let name = name.strip_prefix(':').unwrap_or(name);
    if name.is_empty() || name.contains("..") {
        return None;
    }
    // an absolute name replaces the folder
    let found = read_zone(&Path::new("/usr/share/zoneinfo").join(name));
    found.or_else(|| TimeZone::posix(name).ok())
}

fn read_zone(path: &Path) -> Option<TimeZone> {
    let file = File::open(path).ok()?;
    let mut bytes = Vec::new();
    file.take(ZONE_MAX).read_to_end(&mut bytes).ok()?;
    TimeZone::tzif("", &bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds ahead of UTC on a day of January and one of July 2026.
    fn offsets(name: &str) -> Option<[i32; 2]> {
        let zone = zone(Some(name))?;
        let at = |second| zone.to_offset(Timestamp::from_second(second).unwrap()).seconds();
        Some([at(1_767_960_000), at(1_783_598_400)])
    }

    #[test]
    fn a_zone_is_read_by_its_name_or_its_rules() {
        assert_eq!(offsets("KST-9"), Some([32_400, 32_400]));
        assert_eq!(offsets("CET-1CEST,M3.5.0,M10.5.0/3"), Some([3_600, 7_200]));
        assert_eq!(offsets(""), None);
        assert_eq!(offsets("../../etc/passwd"), None);
        if Path::new("/usr/share/zoneinfo/Asia/Seoul").exists() {
            assert_eq!(offsets("Asia/Seoul"), Some([32_400, 32_400]));
            assert_eq!(offsets(":America/New_York"), Some([-18_000, -14_400]));
        }
    }

    #[test]
    fn the_offset_is_that_of_the_c_library() {
        for unix_s in [0, 1_767_960_000, 1_783_598_400] {
            // SAFETY: `tm` is plain data; both pointers are valid for the call.
            let broken_down = unsafe {
                let mut broken_down: libc::tm = std::mem::zeroed();
                assert!(!libc::localtime_r(&raw const unix_s, &raw mut broken_down).is_null());
                broken_down
            };
            assert_eq!(ask_offset(unix_s), broken_down.tm_gmtoff, "{unix_s}");
        }
    }
}
