//! A file that one process or thread at a time may hold.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode, OFlags, Stat, flock, fstat, lstat, open, unlink};
use rustix::io;

use super::slot::same_file;

/// An flock, given back when dropped.
pub(super) struct Claim {
    file: OwnedFd,
}

impl Claim {
    /// Takes the file at once or not at all; it is made if missing.
    ///
    /// # Errors
    /// `EAGAIN` if another holds it; whatever opening it failed with.
    pub(super) fn take(path: &Path) -> io::Result<Self> {
        Self::take_by(path, FlockOperation::NonBlockingLockExclusive)
    }

    /// Takes the file, waiting for its holder. Only for threads of our own.
    pub(super) fn wait_for(path: &Path) -> io::Result<Self> {
        Self::take_by(path, FlockOperation::LockExclusive)
    }

    /// As [`Self::take`]; but a file that is held and was not written to for
    /// `stale_after` belongs to a process that was killed while a fork of it
    /// kept the lock, and is unlinked for the next to take afresh.
    pub(super) fn take_fresh(path: &Path, stale_after: Duration) -> io::Result<Self> {
        let taken = Self::take(path);
        if let Err(io::Errno::AGAIN) = taken
            && lstat(path).is_ok_and(|stat| idle_for(&stat) > stale_after)
        {
            let _ = unlink(path);
        }
        taken
    }

    fn take_by(path: &Path, how: FlockOperation) -> io::Result<Self> {
        // never the target of a link, and never waiting for the reader of a pipe
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP;
        let file = open(path, flags | OFlags::NONBLOCK, mode)?;
        flock(&file, how)?;
        let claim = Self { file };
        // the holder before may have renamed or unlinked what we opened
        if same_file(&fstat(&claim.file)?, &lstat(path)?) {
            Ok(claim)
        } else {
            Err(io::Errno::AGAIN)
        }
    }
}

impl AsFd for Claim {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // said aloud: closing alone would leave the lock with a child forked meanwhile
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

/// How long ago the file was last written to; zero if that is in the future.
pub(super) fn idle_for(stat: &Stat) -> Duration {
    let seconds = u64::try_from(stat.st_mtime).unwrap_or(0);
    let written = std::time::UNIX_EPOCH + Duration::from_secs(seconds);
    written.elapsed().unwrap_or_default()
}
