use super::SegmentReader;
use crate::segment::SUFFIX;
use crate::{SpoolError, map};
use rustix::fs::{FlockOperation, Mode, OFlags};
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const LOCK: &str = "collector.lock";
const QUARANTINE: &str = "quarantine";

/// The folder that all processes of one machine write to.
#[derive(Debug, Clone)]
pub struct SpoolDir {
    path: PathBuf,
}

/// Held by the one collector of a spool; while it is, writers overwrite
/// nothing. Given up by the kernel when the process ends, however it does.
#[derive(Debug)]
pub struct CollectorLock {
    _fd: OwnedFd,
}

/// While it is there no collector starts.
#[derive(Debug)]
pub(crate) struct NoCollector {
    fd: OwnedFd,
}

impl NoCollector {
    /// When the last collector started, Unix nanoseconds; 0 if none ever did.
    pub(crate) fn last(&self) -> u64 {
        let mut stamp = [0; 8];
        match rustix::io::pread(&self.fd, &mut stamp, 0) {
            Ok(8) => u64::from_le_bytes(stamp),
            _ => 0,
        }
    }
}

/// The segments of a spool at one moment.
#[derive(Debug)]
pub(crate) struct Census {
    /// Oldest first.
    pub(crate) names: Vec<String>,
    /// As allocated, with those that are not finished yet.
    pub(crate) bytes: u64,
}

/// Making a segment takes less than a millisecond: one that has been unfinished
/// for a minute belongs to nobody.
fn is_forgotten(found: &fs::Metadata) -> bool {
    const FORGOTTEN_S: i64 = 60;
    let now = (crate::origin::unix_ns() / 1_000_000_000).cast_signed();
    // renamed or made, whichever was later
    now.saturating_sub(found.ctime()) > FORGOTTEN_S
}

impl SpoolDir {
    /// Opens the folder, making it (0700) if it is missing.
    ///
    /// # Errors
    /// [`SpoolError::Io`] if it cannot be made.
    pub fn open(dir: &Path) -> Result<Self, SpoolError> {
        map::make_folder(dir)?;
        Ok(Self { path: dir.to_path_buf() })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names of all segment files, oldest first.
    ///
    /// # Errors
    /// [`SpoolError::Io`] if the folder cannot be listed.
    pub fn segments(&self) -> Result<Vec<String>, SpoolError> {
        let mut names = self.files_of_segments()?;
        names.retain(|name| !name.starts_with('.'));
        names.sort_unstable();
        Ok(names)
    }

    /// As [`Self::segments`], with those that are not finished yet.
    fn files_of_segments(&self) -> Result<Vec<String>, SpoolError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(SpoolError::io("list", &self.path))? {
            let entry = entry.map_err(SpoolError::io("list", &self.path))?;
            if let Ok(name) = entry.file_name().into_string()
                && name.ends_with(SUFFIX)
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// What segments there are and what they take. Removes what processes that
    /// were killed while they made a segment have left.
    pub(crate) fn census(&self) -> Result<Census, SpoolError> {
        let mut census = Census { names: Vec::new(), bytes: 0 };
        for name in self.files_of_segments()? {
            let path = self.path.join(&name);
            let Ok(found) = fs::symlink_metadata(&path) else { continue };
            if !name.starts_with('.') {
                census.names.push(name);
            } else if found.is_file() && is_forgotten(&found) && fs::remove_file(&path).is_ok() {
                continue;
            }
            census.bytes += found.len();
        }
        census.names.sort_unstable();
        Ok(census)
    }

    /// Opens one segment for reading from its first record.
    ///
    /// # Errors
    /// [`SpoolError::Foreign`] or [`SpoolError::Newer`] for a file to
    /// quarantine; [`SpoolError::Io`] if it cannot be read.
    pub fn reader(&self, name: &str) -> Result<SegmentReader, SpoolError> {
        SegmentReader::open(&self.path.join(name))
    }

    /// Moves a file that cannot be read out of the way, and says where to.
    ///
    /// # Errors
    /// [`SpoolError::Io`] if it cannot be moved.
    pub fn quarantine(&self, name: &str) -> Result<PathBuf, SpoolError> {
        let folder = self.path.join(QUARANTINE);
        map::make_folder(&folder)?;
        let mut to = folder.join(name);
        if to.exists() {
            to = folder.join(format!("{name}.{}", crate::origin::unix_ns()));
        }
        let from = self.path.join(name);
        fs::rename(&from, &to).map_err(SpoolError::io("set aside", from))?;
        Ok(to)
    }

    /// Unlinks a segment of which everything is stored.
    ///
    /// # Errors
    /// [`SpoolError::Io`] if it cannot be unlinked; one that is gone is fine.
    pub fn remove(&self, name: &str) -> Result<(), SpoolError> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            other => other.map_err(SpoolError::io("remove", path)),
        }
    }

    /// Bytes of all segments, as allocated.
    ///
    /// # Errors
    /// [`SpoolError::Io`] if the folder cannot be listed.
    pub fn bytes(&self) -> Result<u64, SpoolError> {
        let sizes = self.segments()?.into_iter().filter_map(|name| {
            fs::symlink_metadata(self.path.join(name)).ok().map(|found| found.len())
        });
        Ok(sizes.sum())
    }

    /// Becomes the one collector of this spool.
    ///
    /// # Errors
    /// [`SpoolError::CollectorRuns`] if there is one already.
    pub fn lock_collector(&self) -> Result<CollectorLock, SpoolError> {
        // apps hold it for a moment when they overwrite their oldest segment
        const PATIENCE: Duration = Duration::from_millis(200);
        let begun = Instant::now();
        loop {
            if let Some(fd) = self.lock(FlockOperation::NonBlockingLockExclusive)? {
                // tells apps to count anew; on a full disk they go on with what they know
                let _ = rustix::io::pwrite(&fd, &crate::origin::unix_ns().to_le_bytes(), 0);
                return Ok(CollectorLock { _fd: fd });
            }
            if begun.elapsed() >= PATIENCE {
                return Err(SpoolError::CollectorRuns { path: self.path.clone() });
            }
            std::thread::yield_now();
        }
    }

    /// Keeps a collector from starting while the lock is held; `None` if one runs.
    pub(crate) fn keep_collector_out(&self) -> Result<Option<NoCollector>, SpoolError> {
        let fd = self.lock(FlockOperation::NonBlockingLockShared)?;
        Ok(fd.map(|fd| NoCollector { fd }))
    }

    fn lock(&self, how: FlockOperation) -> Result<Option<OwnedFd>, SpoolError> {
        let path = self.path.join(LOCK);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|error| SpoolError::io("open", &path)(error.into()))?;
        match rustix::fs::flock(&fd, how) {
            Ok(()) => Ok(Some(fd)),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(SpoolError::io("lock", path)(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_collector_is_refused_until_the_first_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let spool = SpoolDir::open(dir.path()).unwrap();
        let first = spool.lock_collector().unwrap();
        assert!(matches!(spool.lock_collector(), Err(SpoolError::CollectorRuns { .. })));
        assert!(spool.keep_collector_out().unwrap().is_none());
        drop(first);
        assert!(spool.lock_collector().is_ok());
    }
}
