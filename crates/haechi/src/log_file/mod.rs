//! A log file that many processes and threads write to, for people to read.
//!
//! Each entry is one `write(2)` with `O_APPEND`: whole, never mixed with
//! another, with no lock in the app's way. The file is rotated by size and
//! old ones are packed, whichever process comes to it first. Nothing here
//! raises, prints or waits; what could not be written is counted.
//!
//! * `line`: one entry as text; `civil`, `clock`: its time.
//! * `slot`: the open file; `gate`: who may replace it.
//! * `generations`: the rotated files; `claim`: who may rename them; `pack`:
//!   their compression.

mod civil;
mod claim;
mod clock;
mod gate;
mod generations;
mod line;
mod pack;
mod slot;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use rustix::fs::{Gid, Stat, Timespec, Timestamps, UTIME_NOW, Uid, fchown, lstat};

pub(crate) use civil::Civil;
pub use line::Line;

/// How large a log file grows, and how many old ones are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogFileOptions {
    /// Bytes at which the file is rotated; default 10 MiB. Looked at once a
    /// second and every 64th of this, so it may be passed by about as much
    /// per process.
    pub max_bytes: u64,
    /// How many rotated files are kept, at least 1; default 5.
    pub keep: u32,
}

impl Default for LogFileOptions {
    fn default() -> Self {
        Self { max_bytes: 10 * 1024 * 1024, keep: 5 }
    }
}

/// A log file. Made once, then written to from any thread and, after a fork,
/// from any process; other programs may have the same file open.
///
/// The file is opened at the first line: mode 0640, so that operators in its
/// group can read it and others cannot; its folder is made (0700) if only
/// that is missing. A symbolic link, pipe or device in its place is refused.
/// A file that cannot be opened is tried again once a second.
pub struct LogFile {
    generations: generations::Generations,
    max_bytes: u64,
    slot: slot::Slot,
    gate: gate::Gate,
    /// The slot's file is the one at the path, as far as is known.
    usable: AtomicBool,
    /// The coarse second and the process of the last look at the path.
    looked_at: AtomicU64,
    looked_by: AtomicU32,
    /// Bytes written here since then.
    unlooked: AtomicU64,
    torn: AtomicBool,
    dropped: AtomicU64,
}

impl LogFile {
    /// A log file at `path`; nothing is opened before the first line.
    #[must_use]
    pub fn new(path: PathBuf, options: LogFileOptions) -> Self {
        Self {
            generations: generations::Generations::new(path, options.keep),
            max_bytes: options.max_bytes.max(1),
            slot: slot::Slot::empty(),
            gate: gate::Gate::open(),
            usable: AtomicBool::new(false),
            looked_at: AtomicU64::new(0),
            looked_by: AtomicU32::new(0),
            unlooked: AtomicU64::new(0),
            torn: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
        }
    }

    /// Appends one entry. `line.pid` is the calling process: when it changes,
    /// the file is looked at anew.
    pub fn write(&self, line: &Line<'_>) {
        line::with_entry(line, |bytes| self.append(bytes, line.pid));
    }

    /// Entries that could not be written, or not whole.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn append(&self, bytes: &[u8], pid: u32) {
        let now = clock::coarse_seconds();
        let unlooked = self.unlooked.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let due = now != self.looked_at.load(Ordering::Acquire)
            || pid != self.looked_by.load(Ordering::Relaxed)
            || unlooked >= self.look_every();
        let busy = due && !self.look(now, pid);
        if self.usable.load(Ordering::Acquire) {
            self.note(bytes.len(), |spare| self.slot.write(&bytes[spare..]));
        } else if busy {
            // another thread is opening the file: this line does not wait for it
            self.note(bytes.len(), |spare| {
                let (file, _) = slot::open_log(self.generations.current())?;
                rustix::io::write(file, &bytes[spare..])
            });
        } else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes from the byte `write` is given: 0, with the spare line feed, if
    /// the entry before came out torn, else 1.
    fn note(&self, length: usize, write: impl FnOnce(usize) -> rustix::io::Result<usize>) {
        let spare = usize::from(
            !(self.torn.load(Ordering::Relaxed) && self.torn.swap(false, Ordering::Relaxed)),
        );
        match write(spare) {
            Ok(written) if written == length - spare => return,
            Ok(_) => self.torn.store(true, Ordering::Relaxed),
            Err(rustix::io::Errno::BADF) => self.looked_at.store(0, Ordering::Relaxed),
            Err(_) => {}
        }
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    fn look_every(&self) -> u64 {
        (self.max_bytes / 64).clamp(1024, 256 * 1024)
    }

    /// Makes sure that the file written to is the one at the path, and not
    /// too large. False if another thread is at it.
    #[cold]
    fn look(&self, now: u64, pid: u32) -> bool {
        let Some(_entered) = self.gate.enter() else { return false };
        self.unlooked.store(0, Ordering::Relaxed);
        let named = lstat(self.generations.current()).ok();
        match (self.slot.stat(), named) {
            (Some(ours), Some(named)) if slot::same_file(&ours, &named) => {
                if named.st_size.unsigned_abs() >= self.max_bytes {
                    self.rotate(&ours);
                }
            }
            _ => self.reopen(None),
        }
        self.looked_by.store(pid, Ordering::Relaxed);
        self.looked_at.store(now, Ordering::Release);
        true
    }

    /// Opens what is at the path now. `owner` is given the file if we made it
    /// as another user: root's job must not shut the app out of its own log.
    fn reopen(&self, owner: Option<&Stat>) {
        let opened = slot::open_log(self.generations.current()).and_then(|(file, stat)| {
            if let Some(owner) = owner.filter(|owner| owner.st_uid != stat.st_uid) {
                give(&file, owner);
            }
            self.slot.put(file, &stat)
        });
        self.usable.store(opened.is_ok(), Ordering::Release);
    }

    /// Moves the file away and begins a new one, unless another process is
    /// doing so: then goes on writing.
    fn rotate(&self, ours: &Stat) {
        let path = self.generations.current();
        let Ok(lock) = claim::Claim::take(&self.generations.lock()) else { return };
        let still_ours = lstat(path).is_ok_and(|named| slot::same_file(ours, &named));
        if !still_ours {
            return self.reopen(None);
        }
        give(&lock, ours);
        // from here the packer counts how long the file has been settled
        let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        let _ = rustix::fs::utimensat(
            rustix::fs::CWD,
            path,
            &Timestamps { last_access: now, last_modification: now },
            rustix::fs::AtFlags::SYMLINK_NOFOLLOW,
        );
        let Ok(to_pack) = self.generations.shift() else { return };
        self.reopen(Some(ours));
        drop(lock);
        if to_pack {
            pack::start(self.generations.clone());
        }
    }
}

/// Gives a file to the owner of another; only root can, and only root needs to.
fn give(file: impl std::os::fd::AsFd, owner: &Stat) {
    let (uid, gid) = (Uid::from_raw(owner.st_uid), Gid::from_raw(owner.st_gid));
    let _ = fchown(file, Some(uid), Some(gid));
}
