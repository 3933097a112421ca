use std::cell::Cell;

use haechi_event::{Severity, push_inert};

use super::civil::Civil;
use super::clock::local_offset;

/// Bytes of a message, and of its exception text, that are written.
pub(super) const TEXT_MAX: usize = 16 * 1024;
/// Bytes of an app's name and of a route that are written.
const NAME_MAX: usize = 200;
/// What follows a line feed inside an entry: no line of a message can be
/// mistaken for the beginning of another entry.
const CONTINUED: &[u8] = b"\n    ";
/// A thread's buffer is given back if an entry made it larger than this.
const BUFFER_KEPT: usize = 64 * 1024;

/// One entry of a log file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Line<'a> {
    /// When it was written, Unix nanoseconds; shown in local time.
    pub unix_ns: u64,
    /// The process that wrote it.
    pub pid: u32,
    /// How grave it is.
    pub severity: Severity,
    /// The app it belongs to.
    pub app: &'a str,
    /// Route of the request it was written in; empty outside of one.
    pub route: &'a str,
    /// The line itself. More than 16 KiB are cut, and the original length noted.
    pub message: &'a str,
    /// Stack trace of the exception that was being handled; empty if none. Of
    /// more than 16 KiB the middle is cut.
    pub exception: &'a str,
}

/// The bytes of one entry, with a line feed in front that is written only
/// when the entry before it came out torn.
pub(super) struct Entry {
    bytes: Vec<u8>,
    second: i64,
    stamp: [u8; 19],
}

thread_local! {
    static ENTRY: Cell<Option<Box<Entry>>> = const { Cell::new(None) };
}

/// Formats `line` into this thread's buffer and hands it to `write`: the
/// entry, and where in it the entry begins after the spare line feed.
pub(super) fn with_entry<T>(line: &Line<'_>, write: impl FnOnce(&[u8]) -> T) -> T {
    // taken out while in use: a signal handler that logs gets its own
    let taken = ENTRY.try_with(Cell::take).ok().flatten();
    let mut entry = taken.unwrap_or_else(|| Box::new(Entry::new()));
    entry.format(line);
    let result = write(&entry.bytes);
    if entry.bytes.capacity() <= BUFFER_KEPT {
        // a thread that is ending keeps nothing
        let _ = ENTRY.try_with(|kept| kept.set(Some(entry)));
    }
    result
}

impl Entry {
    fn new() -> Self {
        Self { bytes: Vec::with_capacity(512), second: i64::MIN, stamp: [b' '; 19] }
    }

    fn format(&mut self, line: &Line<'_>) {
        let (second, ns) = (line.unix_ns / 1_000_000_000, line.unix_ns % 1_000_000_000);
        let local = second as i64 + local_offset(second as i64);
        if local != self.second {
            self.stamp = Civil::from_seconds(local).text(b' ');
            self.second = local;
        }
        let out = &mut self.bytes;
        out.clear();
        out.push(b'\n');
        out.extend_from_slice(&self.stamp);
        let ms = (ns / 1_000_000) as u16;
        let digit = |power: u16| b'0' + (ms / power % 10) as u8;
        out.extend_from_slice(&[b',', digit(100), digit(10), digit(1), b' ']);
        push_number(out, u64::from(line.pid));
        out.push(b' ');
        out.extend_from_slice(line.severity.text().as_bytes());
        out.extend_from_slice(b" [");
        push_inert(out, head(line.app, NAME_MAX), b"\\n");
        if !line.route.is_empty() {
            if !line.route.starts_with('/') {
                out.push(b'/');
            }
            push_inert(out, head(line.route, NAME_MAX), b"\\n");
        }
        out.extend_from_slice(b"] ");
        push_message(out, line.message);
        if !line.exception.is_empty() {
            push_exception(out, line.exception);
        }
        out.push(b'\n');
    }
}

fn push_message(out: &mut Vec<u8>, message: &str) {
    let message = message.trim_end_matches('\n');
    let kept = head(message, TEXT_MAX);
    push_inert(out, kept, CONTINUED);
    if kept.len() < message.len() {
        push_cut(out, message.len());
    }
}

/// The innermost frames and the exception itself stand at the end, the entry
/// point at the beginning: of a long text both are kept.
fn push_exception(out: &mut Vec<u8>, text: &str) {
    let text = text.trim_end_matches('\n');
    out.extend_from_slice(CONTINUED);
    if text.len() <= TEXT_MAX {
        push_inert(out, text, CONTINUED);
        return;
    }
    push_inert(out, head(text, TEXT_MAX / 2), CONTINUED);
    push_cut(out, text.len());
    out.extend_from_slice(CONTINUED);
    push_inert(out, tail(text, TEXT_MAX / 2), CONTINUED);
}

fn push_cut(out: &mut Vec<u8>, whole: usize) {
    out.extend_from_slice("… (".as_bytes());
    push_number(out, whole as u64);
    out.extend_from_slice(b" bytes)");
}

fn push_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// The first `max` bytes, less if that would split a character.
fn head(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The last `max` bytes, less if that would split a character.
fn tail(text: &str, max: usize) -> &str {
    let mut start = text.len().saturating_sub(max);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: Line<'_>) -> String {
        with_entry(&line, |bytes| String::from_utf8(bytes[1..].to_vec()).unwrap())
    }

    const LINE: Line<'static> = Line {
        unix_ns: 1_795_500_000_042_999_999,
        pid: 14923,
        severity: Severity::Info,
        app: "your_app",
        route: "default/index",
        message: "Index page requested",
        exception: "",
    };

    /// The entry after its time, which is local.
    fn after_time(line: Line<'_>) -> String {
        shown(line)[19..].to_owned()
    }

    #[test]
    fn an_entry_is_one_readable_line() {
        assert_eq!(
            after_time(LINE),
            ",042 14923 INFO [your_app/default/index] Index page requested\n"
        );
        assert_eq!(
            after_time(Line { route: "", ..LINE }),
            ",042 14923 INFO [your_app] Index page requested\n"
        );
        let slashed = after_time(Line { route: "/item/<int:id>", ..LINE });
        assert!(slashed.contains("[your_app/item/<int:id>]"), "{slashed}");
    }

    #[test]
    fn the_time_is_that_of_the_local_clock() {
        // localtime_r is what the app's own tools use; asked here without the cache
        let offset = local_offset(1_795_500_000);
        let expected = Civil::from_seconds(1_795_500_000 + offset).text(b' ');
        assert_eq!(&shown(LINE).as_bytes()[..19], expected);
        let later = Line { unix_ns: LINE.unix_ns + 1_000_000_000, ..LINE };
        assert_ne!(shown(later), shown(LINE));
    }

    #[test]
    fn no_message_can_forge_the_beginning_of_an_entry() {
        let forged = "ok\n2026-11-22 19:06:46,742 1 ERROR [bank/login] root logged in\r2026\u{2028}2026\u{85}2026\x0b2026\x0c2026";
        for line in [
            Line { message: forged, ..LINE },
            Line { exception: forged, ..LINE },
            Line { app: forged, ..LINE },
            Line { route: forged, ..LINE },
        ] {
            let text = shown(line);
            let entries = text
                .split(['\n', '\r', '\u{2028}', '\u{85}', '\x0b', '\x0c'])
                .filter(|line| !line.is_empty() && !line.starts_with("    "));
            assert_eq!(entries.count(), 1, "{text}");
        }
    }

    #[test]
    fn exception_lines_stand_indented_below() {
        let text =
            after_time(Line { exception: "Traceback:\n  File x\nValueError: 가\n", ..LINE });
        assert!(
            text.ends_with("requested\n    Traceback:\n      File x\n    ValueError: 가\n"),
            "{text}"
        );
    }

    #[test]
    fn a_long_message_is_cut_between_characters_and_its_length_noted() {
        let message = "가".repeat(10_000);
        let text = after_time(Line { message: &message, ..LINE });
        assert!(text.ends_with("가… (30000 bytes)\n"));
        assert!(text.len() < TEXT_MAX + 100);
    }

    #[test]
    fn a_long_exception_keeps_its_beginning_and_its_end() {
        let exception = format!("Traceback\n{}ValueError: the end", "  frame\n".repeat(5_000));
        let text = after_time(Line { exception: &exception, ..LINE });
        assert!(text.contains("    Traceback\n") && text.ends_with("    ValueError: the end\n"));
        assert!(text.contains(&format!("… ({} bytes)\n", exception.len())));
    }

    #[test]
    fn numbers_are_written_in_full() {
        for number in [0, 9, 10, 4_294_967_295, u64::MAX] {
            let mut out = Vec::new();
            push_number(&mut out, number);
            assert_eq!(String::from_utf8(out).unwrap(), number.to_string());
        }
    }
}
