//! How a process ended, in words, from whatever is known of it.

use haechi_spool::board::{BoardSnapshot, End, Ended};
use haechi_spool::{Exit, ExitStatus, Exits};
use std::time::Duration;

/// How long word from the parent of an ended process is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// What is said of an end that was not witnessed.
const WHEN_UNKNOWN: &str = ", when is not known,";

/// Decides how a process ended; `None` to ask again later. `last` waits for
/// nothing more.
pub(super) fn end_of(
    ended: &Ended,
    board: &BoardSnapshot,
    exits: &Exits,
    last: bool,
) -> Option<End> {
    // an earlier process of this pid ended before this scoreboard was made
    let ours = |exit: &&Exit| exit.unix_ns >= board.created_unix_ns;
    let of_it: Vec<&Exit> = exits.of(ended.pid, ended.pid_namespace).filter(ours).collect();
    let told = of_it.iter().find_map(|exit| match exit.what {
        ExitStatus::Ended(status) => Some((status, exit.unix_ns)),
        _ => None,
    });
    let status = told.map(|(status, _)| status).or(ended.status);
    let witnessed = told.map(|(_, unix_ns)| unix_ns).or(ended.noticed_unix_ns);
    let is_all_known = status.is_some() && witnessed.is_some();
    if !is_all_known && !last && ended.since.elapsed() < PATIENCE {
        return None;
    }
    let unix_ns = witnessed.unwrap_or_else(|| last_sign_of_life(board));
    let mut how = status.map_or_else(|| "ended in a way that is not known".to_owned(), in_words);
    let of_server = of_it.iter().find_map(|exit| of_server(exit.what));
    let cause = of_server.or_else(|| killed_by_system(ended, board, exits, status, unix_ns));
    if let Some(cause) = cause {
        how += &format!(" ({cause})");
    }
    if witnessed.is_none() {
        how += WHEN_UNKNOWN;
    }
    Some(End { unix_ns, how })
}

/// Whether the time of an end is more than the last sign of life.
pub(super) fn is_witnessed(end: &End) -> bool {
    !end.how.ends_with(WHEN_UNKNOWN)
}

fn last_sign_of_life(board: &BoardSnapshot) -> u64 {
    let begun = board.in_flight.iter().map(|request| request.start_unix_ns).max();
    begun.unwrap_or_default().max(board.last_activity_unix_ms * 1_000_000)
}

/// What its server said it was doing to it.
fn of_server(what: ExitStatus) -> Option<String> {
    match what {
        ExitStatus::Timeout(seconds) => Some(format!("the server's timeout of {seconds} s")),
        ExitStatus::Stop(_) => Some("its server was stopping it".to_owned()),
        ExitStatus::Ended(_) | ExitStatus::Harakiri(_) => None,
    }
}

/// Why somebody sent SIGKILL, as far as the circumstances tell.
fn killed_by_system(
    ended: &Ended,
    board: &BoardSnapshot,
    exits: &Exits,
    status: Option<i32>,
    unix_ns: u64,
) -> Option<String> {
    if status.is_some_and(|status| status & 0x7f != 9) {
        return None;
    }
    let longest = board.in_flight.iter().map(|r| unix_ns.saturating_sub(r.start_unix_ns)).max();
    let longest_s = longest.unwrap_or_default() / 1_000_000_000;
    let limits = [ended.pid, ended.parent].into_iter();
    let limit =
        limits.flat_map(|pid| exits.of(pid, ended.pid_namespace)).find_map(|exit| {
            match exit.what {
                ExitStatus::Harakiri(seconds) => Some(u64::from(seconds)),
                _ => None,
            }
        });
    match limit {
        Some(limit) if longest_s >= limit => Some(format!("harakiri after {limit} s")),
        _ => ended.out_of_memory.then(|| "the system was out of memory".to_owned()),
    }
}

/// A wait status in words.
fn in_words(status: i32) -> String {
    match (status & 0x7f, status >> 8 & 0xff) {
        (0, code) => format!("ended with exit status {code}"),
        (signal, _) => match signal_name(signal) {
            Some(name) => format!("killed by SIG{name}"),
            None => format!("killed by signal {signal}"),
        },
    }
}

fn signal_name(signal: i32) -> Option<&'static str> {
    const NAMES: [(i32, &str); 19] = [
        (libc::SIGHUP, "HUP"),
        (libc::SIGINT, "INT"),
        (libc::SIGQUIT, "QUIT"),
        (libc::SIGILL, "ILL"),
        (libc::SIGTRAP, "TRAP"),
        (libc::SIGABRT, "ABRT"),
        (libc::SIGBUS, "BUS"),
        (libc::SIGFPE, "FPE"),
        (libc::SIGKILL, "KILL"),
        (libc::SIGUSR1, "USR1"),
        (libc::SIGSEGV, "SEGV"),
        (libc::SIGUSR2, "USR2"),
        (libc::SIGPIPE, "PIPE"),
        (libc::SIGALRM, "ALRM"),
        (libc::SIGTERM, "TERM"),
        (libc::SIGXCPU, "XCPU"),
        (libc::SIGXFSZ, "XFSZ"),
        (libc::SIGVTALRM, "VTALRM"),
        (libc::SIGSYS, "SYS"),
    ];
    NAMES.iter().find(|(number, _)| *number == signal).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_status_is_said_in_words() {
        assert_eq!(in_words(9), "killed by SIGKILL");
        assert_eq!(in_words(0x80 | 11), "killed by SIGSEGV");
        assert_eq!(in_words(3 << 8), "ended with exit status 3");
        assert_eq!(in_words(0), "ended with exit status 0");
        assert_eq!(in_words(40), "killed by signal 40");
    }
}
