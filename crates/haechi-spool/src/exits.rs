//! How processes ended, in the words of those who were told by the kernel: their
//! parents. Watched parents append a line to the file `exits` of the spool for
//! each child that has a scoreboard; the collector looks there when it finds a
//! scoreboard without a process. A hint: without it an end is told all the same.
//!
//! A line is `PID NAMESPACE NANOSECONDS WORD NUMBER`: the process, the inode of
//! its pid namespace, the Unix time, and one of
//!
//! * `status`: it ended, with this wait status;
//! * `timeout`: its server is killing it because it was silent for this many
//!   seconds;
//! * `stop`: its server is killing it, with this signal, in order to stop;
//! * `harakiri`: its server, which is this process or its parent, kills a worker
//!   that is in one request for this many seconds.

use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const NAME: &str = "exits";
/// Past this size the file makes place for a new one.
const OLD_NAME: &str = "exits.old";
const SIZE_MAX: u64 = 64 * 1024;

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// The process.
    pub pid: u32,
    /// Inode of its pid namespace.
    pub pid_namespace: u64,
    /// When it was noted, Unix nanoseconds.
    pub unix_ns: u64,
    /// What was noted.
    pub what: ExitStatus,
}

/// What a parent knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// It ended, with this wait status.
    Ended(i32),
    /// Its server kills it, silent for so many seconds.
    Timeout(u32),
    /// Its server kills it with this signal in order to stop.
    Stop(u32),
    /// Its server kills a worker that is in one request for so many seconds.
    Harakiri(u32),
}

/// All lines there are, in the order they were written.
#[derive(Debug, Clone, Default)]
pub struct Exits {
    lines: Vec<Exit>,
}

impl Exits {
    /// Reads the file and the one before it; what is no line is left out.
    #[must_use]
    pub fn read(spool: &Path) -> Self {
        let lines = [OLD_NAME, NAME].map(|name| text_of(&spool.join(name)).unwrap_or_default());
        Self { lines: lines.iter().flat_map(|text| text.lines().filter_map(parse)).collect() }
    }

    /// Everything noted about a process, oldest first.
    pub fn of(&self, pid: u32, pid_namespace: u64) -> impl Iterator<Item = &Exit> {
        let same = move |exit: &&Exit| (exit.pid, exit.pid_namespace) == (pid, pid_namespace);
        self.lines.iter().filter(same)
    }
}

/// Notes how a child of this process ended. What cannot be written is left out.
pub fn note_exit(spool: &Path, pid: u32, wait_status: i32) {
    let namespace = crate::origin::pid_namespace();
    let line = format!("{pid} {namespace} {} status {wait_status}\n", crate::origin::unix_ns());
    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW;
    let path = spool.join(NAME);
    if std::fs::symlink_metadata(&path).is_ok_and(|found| found.len() > SIZE_MAX) {
        let _ = std::fs::rename(&path, spool.join(OLD_NAME));
    }
    let opened = rustix::fs::open(&path, flags | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR);
    if let Ok(file) = opened {
        // one write appends whole lines, also with several writers
        let _ = File::from(file).write_all(line.as_bytes());
    }
}

fn text_of(path: &Path) -> std::io::Result<String> {
    let file = File::options()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)?;
    let mut bytes = Vec::new();
    file.take(2 * SIZE_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn parse(line: &str) -> Option<Exit> {
    let mut words = line.split(' ');
    let mut next = || words.next();
    let (pid, pid_namespace, unix_ns) =
        (next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?);
    let (word, number) = (next()?, next()?);
    let what = match word {
        "status" => ExitStatus::Ended(number.parse().ok()?),
        "timeout" => ExitStatus::Timeout(number.parse().ok()?),
        "stop" => ExitStatus::Stop(number.parse().ok()?),
        "harakiri" => ExitStatus::Harakiri(number.parse().ok()?),
        _ => return None,
    };
    words.next().is_none().then_some(Exit { pid, pid_namespace, unix_ns, what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_found_and_what_is_no_line_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let text = "7 1 5 timeout 30\nnonsense\n7 1 x status 9\n7 1 6 status 9 9\n\n7 2 6 stop 9\n";
        std::fs::write(dir.path().join(NAME), text).unwrap();
        note_exit(dir.path(), 7, 9);
        let exits = Exits::read(dir.path());
        let of = |ns| exits.of(7, ns).map(|exit| exit.what).collect::<Vec<_>>();
        assert_eq!(of(1), [ExitStatus::Timeout(30)]);
        assert_eq!(of(2), [ExitStatus::Stop(9)]);
        assert_eq!(of(crate::origin::pid_namespace()), [ExitStatus::Ended(9)]);
    }

    #[test]
    fn the_file_stays_small_and_the_latest_lines_are_there() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..6_000 {
            note_exit(dir.path(), n, 0);
        }
        let size = |name: &str| std::fs::metadata(dir.path().join(name)).unwrap().len();
        assert!(size(NAME) < SIZE_MAX + 200 && size(OLD_NAME) < SIZE_MAX + 200);
        let here = crate::origin::pid_namespace();
        let exits = Exits::read(dir.path());
        assert!((5_000..6_000).all(|pid| exits.of(pid, here).count() == 1));
    }
}
