//! The open log file of a process, replaced without a lock.

use std::mem::ManuallyDrop;
use std::os::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::path::Path;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, mkdir, open};
use rustix::io;
use rustix::process::{Resource, getrlimit};

/// Descriptors the app opens get the lowest free number. Ours is put far above
/// them, so that an app which closes descriptors it did not open, as daemons
/// do, does not get our number for a file of its own.
const NUMBER_WANTED: u64 = 512;

/// A descriptor number that always stands for the newest log file. Writers
/// read the number and write; whoever replaces the file does so with `dup3`,
/// which leaves no moment without one.
pub(super) struct Slot {
    number: AtomicI32,
    device: AtomicU64,
    inode: AtomicU64,
}

impl Slot {
    pub(super) const fn empty() -> Self {
        Self { number: AtomicI32::new(-1), device: AtomicU64::new(0), inode: AtomicU64::new(0) }
    }

    /// One `write(2)`; `EBADF` if there is no file.
    #[inline]
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let number = self.number.load(Ordering::Acquire);
        if number < 0 {
            return Err(io::Errno::BADF);
        }
        // SAFETY: not -1. The number is ours until dropped, and dropping needs `&mut self`;
        // if the app closed it, the kernel answers EBADF, which is handled.
        let file = unsafe { BorrowedFd::borrow_raw(number) };
        io::retry_on_intr(|| io::write(file, bytes))
    }

    /// The state of the file, if there is one and the number still stands for it.
    pub(super) fn stat(&self) -> Option<Stat> {
        let number = self.number.load(Ordering::Acquire);
        if number < 0 {
            return None;
        }
        // SAFETY: as in `write`.
        let stat = fstat(unsafe { BorrowedFd::borrow_raw(number) }).ok()?;
        let known = (self.device.load(Ordering::Relaxed), self.inode.load(Ordering::Relaxed));
        (known == (stat.st_dev, stat.st_ino)).then_some(stat)
    }

    /// Puts `file` in the place of the one before. One thread at a time.
    pub(super) fn put(&self, file: OwnedFd, stat: &Stat) -> io::Result<()> {
        let replaced = self.stat().map(|_| self.number.load(Ordering::Acquire));
        match replaced {
            Some(number) => {
                // SAFETY: the number is open and ours, as just seen; it is not closed here.
                let mut place = ManuallyDrop::new(unsafe { OwnedFd::from_raw_fd(number) });
                io::dup3(&file, &mut place, io::DupFlags::CLOEXEC)?;
            }
            None => self.number.store(lift(file).into_raw_fd(), Ordering::Release),
        }
        self.device.store(stat.st_dev, Ordering::Relaxed);
        self.inode.store(stat.st_ino, Ordering::Relaxed);
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn number(&self) -> RawFd {
        self.number.load(Ordering::Acquire)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.stat().is_some() {
            // SAFETY: open and ours, as just seen, and never used again.
            drop(unsafe { OwnedFd::from_raw_fd(self.number.load(Ordering::Acquire)) });
        }
    }
}

/// Moves a descriptor to a high number; as it is if that cannot be.
fn lift(file: OwnedFd) -> OwnedFd {
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let number = RawFd::try_from(NUMBER_WANTED.min(allowed / 2)).unwrap_or(0);
    io::fcntl_dupfd_cloexec(&file, number).unwrap_or(file)
}

/// Opens a log file for appending, making it (0640, for operators in the
/// file's group) and, if missing, its folder (0700, one level).
///
/// # Errors
/// `ELOOP` for a symbolic link, `EINVAL` for anything but a plain file, and
/// whatever the system says.
pub(super) fn open_log(path: &Path) -> io::Result<(OwnedFd, Stat)> {
    let opened = match open_once(path) {
        Err(io::Errno::NOENT) => {
            let folder = path.parent().ok_or(io::Errno::NOENT)?;
            match mkdir(folder, Mode::RWXU) {
                // another process was quicker
                Ok(()) | Err(io::Errno::EXIST) => open_once(path),
                Err(error) => Err(error),
            }
        }
        other => other,
    }?;
    let stat = fstat(&opened)?;
    if FileType::from_raw_mode(stat.st_mode).is_file() {
        Ok((opened, stat))
    } else {
        Err(io::Errno::INVAL)
    }
}

fn open_once(path: &Path) -> io::Result<OwnedFd> {
    // non-blocking matters only for a planted pipe, which is then refused
    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW;
    let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP;
    open(path, flags | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY, mode)
}

/// Whether two states are of one file.
pub(super) fn same_file(a: &Stat, b: &Stat) -> bool {
    (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)
}
