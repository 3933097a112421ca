//! The files segments are written to: new ones, and those that were used before.

use crate::map::{Map, open_new};
use crate::read::SpoolDir;
use crate::segment::{FRAME_LEN, HEADER_LEN, SegmentHeader};
use crate::{SpoolError, map};
use rustix::fs::{Mode, OFlags};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// A file that is mapped whole.
#[derive(Debug)]
pub(super) struct Mapped {
    pub(super) map: Map,
    /// Tells it from another that was given its name.
    inode: u64,
}

/// What a segment is called while its header is not there yet.
pub(super) fn unfinished(dir: &SpoolDir, header: &SegmentHeader) -> PathBuf {
    dir.path().join(format!(".{}", header.file_name()))
}

/// Makes a file for the segment that `header` describes.
pub(super) fn make(dir: &SpoolDir, header: &SegmentHeader) -> Result<Mapped, SpoolError> {
    let path = unfinished(dir, header);
    let fd = open_new(&path)?;
    let size = header.size as usize;
    let made = map::allocate(&fd, size)
        // pages that come by large writes cost half of what faults do or less
        .and_then(|()| map::write_zeros(&fd, 0, size))
        .map_err(SpoolError::io("allocate", &path))
        .and_then(|()| map_whole(&fd, &path, size))
        .and_then(|file| begin(dir, header, &path, file));
    if made.is_err() {
        let _ = rustix::fs::unlink(&path);
    }
    made
}

/// Makes the segment that `header` describes of a file that was one before and
/// that now has the unfinished name. `known` is its map, if there is one.
pub(super) fn make_of_used(
    dir: &SpoolDir,
    header: &SegmentHeader,
    known: Option<Mapped>,
) -> Result<Mapped, SpoolError> {
    let path = unfinished(dir, header);
    let made = match known {
        Some(file) if is_still(&path, &file) => Ok(file),
        _ => open_used(&path, header.size as usize),
    };
    let made = made.and_then(|file| begin(dir, header, &path, file));
    if made.is_err() {
        let _ = rustix::fs::unlink(&path);
    }
    made
}

/// Whether the file of this name is the one that is mapped, and has no other.
fn is_still(path: &Path, file: &Mapped) -> bool {
    let found = rustix::fs::lstat(path);
    found.is_ok_and(|found| {
        (found.st_ino, found.st_nlink, found.st_size) == (file.inode, 1, file.map.len() as i64)
    })
}

fn map_whole(fd: &OwnedFd, path: &Path, size: usize) -> Result<Mapped, SpoolError> {
    let found =
        rustix::fs::fstat(fd).map_err(|error| SpoolError::io("look at", path)(error.into()))?;
    Ok(Mapped { map: Map::of(fd, path, size)?, inode: found.st_ino })
}

fn open_used(path: &Path, size: usize) -> Result<Mapped, SpoolError> {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let io = |error: rustix::io::Errno| SpoolError::io("open", path)(error.into());
    let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(io)?;
    let found = rustix::fs::fstat(&fd).map_err(io)?;
    if found.st_size != size as i64 || found.st_nlink != 1 {
        let why = "its size is not that of a segment, or it has another name as well";
        return Err(SpoolError::Foreign { path: path.to_path_buf(), why });
    }
    // costs little if all is there, and a copied file may have holes
    map::allocate(&fd, size).map_err(SpoolError::io("allocate", path))?;
    let file = map_whole(&fd, path, size)?;
    if !file.map.is_in_memory() {
        // written over, it need not be read from a disk that may be busy
        map::write_zeros(&fd, 0, size).map_err(SpoolError::io("write", path))?;
    }
    Ok(file)
}

/// Puts the header and the first, empty frame there and gives the file its name:
/// nobody ever sees a segment without them.
fn begin(
    dir: &SpoolDir,
    header: &SegmentHeader,
    unfinished: &Path,
    file: Mapped,
) -> Result<Mapped, SpoolError> {
    let mut beginning = [0; HEADER_LEN + FRAME_LEN];
    beginning[..HEADER_LEN].copy_from_slice(&header.to_bytes());
    // SAFETY: the file has a name that only this call knows, and whoever had it
    // mapped before has sealed it or is gone.
    unsafe { file.map.put(0, &beginning) };
    let name = dir.path().join(header.file_name());
    rustix::fs::rename(unfinished, &name)
        .map_err(std::io::Error::from)
        .map_err(SpoolError::io("name", name))?;
    Ok(file)
}
