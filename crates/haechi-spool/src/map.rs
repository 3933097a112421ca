//! Files that are mapped for writing. Every page is allocated on disk before
//! it is mapped, so that touching one can never raise SIGBUS for want of space.

use crate::SpoolError;
use rustix::fs::{Mode, OFlags};
use rustix::mm::{MapFlags, ProtFlags};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Bytes of a page; where pages are larger, these are parts of one.
const PAGE: usize = 4096;

/// A shared, writable mapping, or plain memory where no file can be had.
#[derive(Debug)]
pub(crate) struct Map {
    start: *mut u8,
    len: usize,
}

// SAFETY: the mapping is valid from any thread until it is dropped; concurrent
// access goes through the atomics, or through `bytes_at`, whose caller promises
// to be alone.
unsafe impl Send for Map {}
// SAFETY: as above.
unsafe impl Sync for Map {}

impl Map {
    /// Makes a new file of `len` bytes (a multiple of the page size is not
    /// needed) under `temporary`, fills its beginning with `header`, and only
    /// then gives it its name: nobody ever sees a file without its header.
    pub(crate) fn create(
        temporary: &Path,
        name: &Path,
        len: usize,
        header: &[u8],
    ) -> Result<Self, SpoolError> {
        let fd = open_new(temporary)?;
        let made = Self::fill(&fd, temporary, len, header).and_then(|map| {
            rustix::fs::rename(temporary, name)
                .map_err(std::io::Error::from)
                .map_err(SpoolError::io("name", name))?;
            Ok(map)
        });
        if made.is_err() {
            let _ = rustix::fs::unlink(temporary);
        }
        made
    }

    fn fill(fd: &OwnedFd, path: &Path, len: usize, header: &[u8]) -> Result<Self, SpoolError> {
        allocate(fd, len).map_err(SpoolError::io("allocate", path))?;
        rustix::io::pwrite(fd, header, 0)
            .map_err(std::io::Error::from)
            .map_err(SpoolError::io("write", path))?;
        Self::of(fd, path, len)
    }

    /// Maps an existing file whose size the caller has checked to be `len`.
    pub(crate) fn of(fd: impl AsFd, path: &Path, len: usize) -> Result<Self, SpoolError> {
        // SAFETY: a fresh shared mapping at an address the kernel chooses; the
        // file's pages were allocated (or its size checked) by the caller.
        let start = unsafe {
            rustix::mm::mmap(
                std::ptr::null_mut(),
                len,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                fd,
                0,
            )
        };
        let start = start.map_err(std::io::Error::from).map_err(SpoolError::io("map", path))?;
        Ok(Self { start: start.cast(), len })
    }

    /// Plain zeroed memory, for a process that may not write files.
    pub(crate) fn anonymous(len: usize) -> Option<Self> {
        // SAFETY: a fresh private mapping at an address the kernel chooses.
        let start = unsafe {
            rustix::mm::mmap_anonymous(
                std::ptr::null_mut(),
                len,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE,
            )
        };
        start.ok().map(|start| Self { start: start.cast(), len })
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// All of it as it is now, but for a last part of less than 8 bytes.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let words = (0..self.len / 8).map(|at| self.word(at * 8).load(Ordering::Relaxed));
        words.flat_map(u64::to_ne_bytes).collect()
    }

    /// The 8 bytes at `offset`, which must be a multiple of 8 inside the map.
    #[inline]
    pub(crate) fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset + 8 <= self.len);
        // SAFETY: inside the mapping and aligned (the mapping is page-aligned),
        // both asserted above; every bit pattern is a valid integer.
        unsafe { AtomicU64::from_ptr(self.start.add(offset).cast()) }
    }

    /// `count` times 8 bytes from `offset`, which must be a multiple of 8; all of
    /// it inside the map.
    #[inline]
    pub(crate) fn words(&self, offset: usize, count: usize) -> &[AtomicU64] {
        assert!(offset.is_multiple_of(8) && offset + count * 8 <= self.len);
        // SAFETY: as for `word`; an atomic has the size and alignment of its
        // integer, and lies in memory that only atomics touch.
        unsafe { std::slice::from_raw_parts(self.start.add(offset).cast(), count) }
    }

    /// The same as an array, whose places need no further look.
    #[inline]
    pub(crate) fn cells<const COUNT: usize>(&self, offset: usize) -> &[AtomicU64; COUNT] {
        assert!(offset.is_multiple_of(8) && offset + COUNT * 8 <= self.len);
        // SAFETY: as for `words`.
        unsafe { &*self.start.add(offset).cast() }
    }

    /// The 4 bytes at `offset`, which must be a multiple of 4 inside the map.
    #[inline]
    pub(crate) fn half(&self, offset: usize) -> &AtomicU32 {
        assert!(offset.is_multiple_of(4) && offset + 4 <= self.len);
        // SAFETY: as for `word`.
        unsafe { AtomicU32::from_ptr(self.start.add(offset).cast()) }
    }

    /// `count` times 4 bytes from `offset`, which must be a multiple of 4; all of
    /// it inside the map.
    #[inline]
    pub(crate) fn halves(&self, offset: usize, count: usize) -> &[AtomicU32] {
        assert!(offset.is_multiple_of(4) && offset + count * 4 <= self.len);
        // SAFETY: as for `words`.
        unsafe { std::slice::from_raw_parts(self.start.add(offset).cast(), count) }
    }

    /// Asks the processor for `len` bytes from `offset`, to be written soon: a store
    /// that must wait for its cache line holds up all that come after it.
    #[inline]
    pub(crate) fn expect_writes(&self, offset: usize, len: usize) {
        #[cfg(target_arch = "x86_64")]
        for line in (offset..(offset + len).min(self.len)).step_by(64) {
            use core::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
            // SAFETY: a hint that touches nothing; the address is inside the map.
            unsafe { _mm_prefetch::<_MM_HINT_ET0>(self.start.add(line).cast()) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (offset, len);
    }

    /// Brings pages in before they are touched, many in one call: a fault for
    /// each costs twice as much. Kernels before 5.14 do not know how; then each
    /// page comes when it is touched.
    pub(crate) fn populate(&self, from: usize, to: usize) {
        let from = from / PAGE * PAGE;
        let to = to.min(self.len);
        if from < to {
            // SAFETY: inside the mapping, whose pages are allocated on disk; the
            // call changes no content.
            let _ = unsafe {
                libc::madvise(self.start.add(from).cast(), to - from, libc::MADV_POPULATE_WRITE)
            };
        }
    }

    /// Whether all pages of the file are in memory, so that touching them waits
    /// for no disk. `true` where the kernel does not say.
    pub(crate) fn is_in_memory(&self) -> bool {
        let mut pages = vec![0_u8; self.len.div_ceil(PAGE)];
        // SAFETY: exactly this mapping; the vector has a byte for each page.
        let told = unsafe { libc::mincore(self.start.cast(), self.len, pages.as_mut_ptr()) };
        told != 0 || pages.iter().all(|page| page & 1 == 1)
    }

    /// Copies `bytes` to `offset`.
    ///
    /// # Safety
    /// No other thread of this process may touch these bytes meanwhile.
    #[inline]
    pub(crate) unsafe fn put(&self, offset: usize, bytes: &[u8]) {
        assert!(offset + bytes.len() <= self.len);
        // SAFETY: inside the mapping (asserted), not overlapping a Rust slice,
        // and nobody else touches it (the caller's promise).
        unsafe { self.start.add(offset).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: exactly the mapping made in a constructor; no reference into
        // it outlives `self`.
        let _ = unsafe { rustix::mm::munmap(self.start.cast(), self.len) };
    }
}

/// Opens a file that must not exist, for us alone, never through a link.
pub(crate) fn open_new(path: &Path) -> Result<OwnedFd, SpoolError> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)
        .map_err(std::io::Error::from)
        .map_err(SpoolError::io("create", path))
}

/// Allocates every page. glibc falls back on writing zeros where the file
/// system has no such call.
pub(crate) fn allocate(fd: &OwnedFd, len: usize) -> Result<(), std::io::Error> {
    // SAFETY: a plain call on a file descriptor we own.
    match unsafe { libc::posix_fallocate(fd.as_raw_fd(), 0, len as libc::off_t) } {
        0 => Ok(()),
        code => Err(std::io::Error::from_raw_os_error(code)),
    }
}

/// Writes zeros from `from` to `to`. Pieces of 64 KiB: the kernel then takes
/// pages in groups of that size, which cost half of what faults do or less; larger groups cost more.
pub(crate) fn write_zeros(fd: &OwnedFd, from: usize, to: usize) -> Result<(), std::io::Error> {
    static ZEROS: [u8; PAGE] = [0; PAGE];
    const PIECE: usize = 16;
    let mut at = from;
    while at < to {
        let whole = ((to - at) / PAGE).min(PIECE);
        let slices = [std::io::IoSlice::new(&ZEROS); PIECE];
        let rest = [std::io::IoSlice::new(&ZEROS[..(to - at) % PAGE])];
        let slices = if whole > 0 { &slices[..whole] } else { &rest[..] };
        match rustix::io::pwritev(fd, slices, at as u64) {
            Ok(0) => return Err(std::io::ErrorKind::WriteZero.into()),
            Ok(written) => at += written,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Makes a folder for this user alone, with its parents; one that exists stays
/// as it is.
pub(crate) fn make_folder(path: &Path) -> Result<(), SpoolError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(SpoolError::io("make the folder", path))
}
