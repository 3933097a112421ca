//! One file of a folder that strangers may write to.

use rustix::fs::{FileType, Mode, OFlags, Stat, openat};
use rustix::io::Errno;
use std::os::fd::{BorrowedFd, OwnedFd};

/// Bytes of the largest file that is read: some hundred times a usual ticket.
const LARGEST: usize = 4 << 20;

/// The bytes of a file and when it was changed.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) bytes: Vec<u8>,
    /// Last change of the content, Unix ms; anyone who copies the file sets it.
    pub(super) modified_ms: i64,
    /// Last change of the file; nobody can set it.
    pub(super) changed_ms: i64,
}

/// Why there are no bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is gone.
    Missing,
    /// It changed after `settled_ms`, so its writer may not be done.
    TooNew,
    /// It is nothing to be read; why, as a sentence.
    Refused(String),
}

/// Reads a plain file that was last changed before `settled_ms` (Unix ms).
/// Follows no link, waits for no other end of a pipe, changes nothing.
pub(super) fn read(folder: BorrowedFd<'_>, name: &str, settled_ms: i64) -> Result<Found, Unread> {
    // NONBLOCK: the other end of a pipe is not waited for; NOCTTY: no terminal is taken
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let fd =
        openat(folder, name, flags | OFlags::CLOEXEC, Mode::empty()).map_err(
            |error| match error {
                Errno::NOENT => Unread::Missing,
                Errno::LOOP => Unread::Refused("it is a link".to_owned()),
                error => Unread::Refused(format!("it cannot be opened: {error}")),
            },
        )?;
    let about = rustix::fs::fstat(&fd).map_err(unreadable)?;
    if FileType::from_raw_mode(about.st_mode) != FileType::RegularFile {
        return Err(Unread::Refused("it is no plain file".to_owned()));
    }
    let size = usize::try_from(about.st_size).unwrap_or(usize::MAX);
    if size > LARGEST {
        let mb = LARGEST >> 20;
        return Err(Unread::Refused(format!("it is larger than {mb} MB, which no ticket is")));
    }
    let (modified_ms, changed_ms) = times(&about);
    if changed_ms >= settled_ms {
        return Err(Unread::TooNew);
    }
    Ok(Found { bytes: content(&fd, size)?, modified_ms, changed_ms })
}

/// As many bytes as there were when it was looked at.
fn content(fd: &OwnedFd, size: usize) -> Result<Vec<u8>, Unread> {
    let mut bytes = vec![0; size];
    let mut len = 0;
    while len < size {
        match rustix::io::pread(fd, &mut bytes[len..], len as u64) {
            Ok(0) => break,
            Ok(more) => len += more,
            Err(Errno::INTR) => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
    bytes.truncate(len);
    Ok(bytes)
}

fn unreadable(error: Errno) -> Unread {
    Unread::Refused(format!("it cannot be read: {error}"))
}

/// Last change of the content and of the file, Unix milliseconds.
#[allow(clippy::unnecessary_cast, reason = "their types differ between systems")]
fn times(about: &Stat) -> (i64, i64) {
    let ms =
        |seconds: i64, nanos: i64| seconds.saturating_mul(1000).saturating_add(nanos / 1_000_000);
    (
        ms(about.st_mtime as i64, about.st_mtime_nsec as i64),
        ms(about.st_ctime as i64, about.st_ctime_nsec as i64),
    )
}
