//! Compression of rotated files, on a thread of our own that ends by itself.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use flate2::{Compression, write::GzEncoder};
use rustix::fs::{
    FileType, Mode, OFlags, Stat, Timestamps, fchmod, fstat, ftruncate, futimens, lstat, open,
    rename, unlink,
};
use rustix::io;

use super::claim::Claim;
use super::generations::{Generations, is_settled};
use super::slot::same_file;

/// A part that was not written to for this long has lost its packer.
const STALE_AFTER: Duration = Duration::from_secs(60);
/// Twice what packing was seen to need, in debug builds too.
pub(super) const STACK_BYTES: usize = 256 * 1024;
const CHUNK_BYTES: usize = 16 * 1024;

/// Packs what is settled on a short-lived thread. Does nothing if a thread
/// cannot be had: the files stay plain until the next rotation.
pub(super) fn start(generations: Generations) {
    with_signals_blocked(|| {
        let work = move || run(&generations);
        let _ =
            thread::Builder::new().name("haechi-log-gz".into()).stack_size(STACK_BYTES).spawn(work);
    });
}

/// The new thread inherits the mask: a signal of the app must not be handled
/// on it while the app's main thread waits for that signal.
fn with_signals_blocked(work: impl FnOnce()) {
    // SAFETY: `sigset_t` is plain data, and all-zero bytes are a value of it.
    let (mut all, mut before): (libc::sigset_t, libc::sigset_t) = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is valid for the call.
    unsafe { libc::sigfillset(&raw mut all) };
    // SAFETY: both pointers are valid for the call.
    let blocked =
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before) };
    work();
    if blocked == 0 {
        // SAFETY: the mask was filled in by the call above.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut())
        };
    }
}

/// Packs every settled generation, oldest first, then removes those beyond
/// the bound.
pub(super) fn run(generations: &Generations) {
    // SAFETY: no memory is involved; on Linux 0 is this thread alone.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) };
    while let Ok(true) = pack_oldest(generations) {}
    generations.prune();
}

/// Packs one generation; false if none is settled or another packer is at it.
fn pack_oldest(generations: &Generations) -> io::Result<bool> {
    let part_path = generations.part();
    let part = Claim::take_fresh(&part_path, STALE_AFTER)?;
    let settled =
        generations.packable().find_map(|number| open_settled(&generations.plain(number)));
    let Some((source, stat)) = settled else {
        unlink(&part_path)?;
        return Ok(false);
    };
    // whatever a killed packer left in it
    ftruncate(&part, 0)?;
    let packed =
        pack(&source, &part, &stat).is_ok_and(|bytes| publish(generations, &source, bytes));
    if !packed {
        unlink(&part_path)?;
    }
    Ok(packed)
}

fn open_settled(path: &Path) -> Option<(File, Stat)> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = File::from(open(path, flags, Mode::empty()).ok()?);
    let stat = fstat(&file).ok()?;
    let plain = FileType::from_raw_mode(stat.st_mode).is_file();
    (plain && is_settled(&stat)).then_some((file, stat))
}

/// Writes the packed form of `source` and makes it durable; gives the bytes read.
fn pack(mut source: &File, part: &Claim, stat: &Stat) -> std::io::Result<u64> {
    let sink = File::from(rustix::io::fcntl_dupfd_cloexec(part, 0)?);
    let mut encoder = GzEncoder::new(&sink, Compression::new(4));
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut total = 0;
    loop {
        match source.read(&mut chunk)? {
            0 => break,
            bytes => {
                encoder.write_all(&chunk[..bytes])?;
                total += bytes as u64;
            }
        }
    }
    encoder.finish()?;
    fchmod(&sink, Mode::from_raw_mode(stat.st_mode))?;
    sink.sync_data()?;
    let times = Timestamps {
        last_access: timespec(stat.st_atime),
        last_modification: timespec(stat.st_mtime),
    };
    futimens(&sink, &times)?;
    Ok(total)
}

fn timespec(seconds: i64) -> rustix::fs::Timespec {
    rustix::fs::Timespec { tv_sec: seconds, tv_nsec: 0 }
}

/// Puts the packed form in the place of the plain one, wherever rotations
/// have moved that meanwhile. False if it is gone or has grown.
fn publish(generations: &Generations, source: &File, bytes: u64) -> bool {
    let Ok(_lock) = Claim::wait_for(&generations.lock()) else { return false };
    let Ok(stat) = fstat(source) else { return false };
    let number = generations
        .packable()
        .find(|n| lstat(generations.plain(*n)).is_ok_and(|named| same_file(&named, &stat)));
    let Some(number) = number.filter(|_| stat.st_size.unsigned_abs() == bytes) else {
        return false;
    };
    rename(generations.part(), generations.packed(number)).is_ok()
        && unlink(generations.plain(number)).is_ok()
}
