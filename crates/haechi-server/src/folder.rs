//! The data folder belongs to one server at a time.

use crate::ServerError;
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const LOCK: &str = "haechi.lock";
const SERVER: &str = "server.json";
/// A server waits so long for a visitor to leave.
const VISIT_WITHIN: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a server says of itself in `server.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFile {
    /// Its process.
    pub pid: u32,
    /// `host:port` of the dashboard; `None` if it has no HTTP side.
    pub address: Option<String>,
}

impl ServerFile {
    /// Reads it; `None` if there is none or it is not whole. It may be old:
    /// only a held lock means that the server runs.
    #[must_use]
    pub fn read(data_dir: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(data_dir.join(SERVER)).ok()?).ok()
    }

    /// The server that has the folder now; `None` if none has. Changes nothing.
    /// One that has not said who it is yet is process 0.
    #[must_use]
    pub fn of_running(data_dir: &Path) -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = open(data_dir.join(LOCK), flags, Mode::empty()).ok()?;
        match flock(&fd, FlockOperation::NonBlockingLockShared) {
            Err(Errno::WOULDBLOCK) => {
                Some(Self::read(data_dir).unwrap_or(Self { pid: 0, address: None }))
            }
            _ => None,
        }
    }
}

/// The lock on a data folder. The kernel gives it up when the process ends,
/// however it does.
#[derive(Debug)]
pub struct FolderLock {
    folder: PathBuf,
    _fd: OwnedFd,
}

impl FolderLock {
    /// Makes the folder (0700) if it is missing and locks it for a server. A
    /// visitor that has it is waited for, for two seconds at the most.
    ///
    /// # Errors
    /// [`ServerError::Served`] naming the server that holds it;
    /// [`ServerError::Io`] if the folder cannot be made or written.
    pub fn take(folder: &Path) -> Result<Self, ServerError> {
        make(folder)?;
        let deadline = Instant::now() + VISIT_WITHIN;
        let lock = loop {
            match Self::lock(folder) {
                // a server says who it is, a visitor does not
                Err(ServerError::Served { pid: 0, .. }) if Instant::now() < deadline => {
                    std::thread::park_timeout(LOOK_EVERY);
                }
                locked => break locked?,
            }
        };
        lock.announce(None)?;
        Ok(lock)
    }

    /// Locks a folder that is there, for a short look into it while no server
    /// has it.
    ///
    /// # Errors
    /// As [`Self::take`]; [`ServerError::Io`] also if there is no such folder.
    pub fn visit(folder: &Path) -> Result<Self, ServerError> {
        let lock = Self::lock(folder)?;
        // of a server that was killed: it must not be taken for the visitor's
        let _ = fs::remove_file(folder.join(SERVER));
        Ok(lock)
    }

    fn lock(folder: &Path) -> Result<Self, ServerError> {
        let path = folder.join(LOCK);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let what = || format!("open {}", path.display());
        let fd = open(&path, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|error| ServerError::io(what())(error.into()))?;
        match flock(&fd, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { folder: folder.to_path_buf(), _fd: fd }),
            Err(Errno::WOULDBLOCK) => Err(served(folder)),
            Err(error) => Err(ServerError::io(format!("lock {}", path.display()))(error.into())),
        }
    }

    /// Writes down who serves the folder and where.
    ///
    /// # Errors
    /// [`ServerError::Io`] if the file cannot be written.
    pub fn announce(&self, address: Option<SocketAddr>) -> Result<(), ServerError> {
        let address = address.map(|address| address.to_string());
        let file = ServerFile { pid: std::process::id(), address };
        let path = self.folder.join(SERVER);
        let new = self.folder.join(".server.json.new");
        let write = || {
            fs::write(&new, serde_json::to_vec(&file).map_err(std::io::Error::from)?)?;
            fs::rename(&new, &path)
        };
        write().map_err(ServerError::io(format!("write {}", path.display())))
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // still locked: nobody else's file can be hit
        let _ = fs::remove_file(self.folder.join(SERVER));
    }
}

fn make(folder: &Path) -> Result<(), ServerError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    match made {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(ServerError::io(format!("make the data folder {}", folder.display()))(error))
        }
        _ => Ok(()),
    }
}

fn served(folder: &Path) -> ServerError {
    let first = ServerFile::read(folder);
    ServerError::Served {
        folder: folder.to_path_buf(),
        pid: first.as_ref().map_or(0, |first| first.pid),
        address: first.and_then(|first| first.address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_refused_and_told_who_the_first_is() {
        let dir = tempfile::tempdir().unwrap();
        let first = FolderLock::take(dir.path()).unwrap();
        first.announce(Some(crate::loopback(4240))).unwrap();
        let refused = FolderLock::take(dir.path()).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        assert!(refused.contains("http://127.0.0.1:4240/"), "{refused}");
        let running = ServerFile::of_running(dir.path()).unwrap();
        assert_eq!(running.pid, std::process::id());
        drop(first);
        assert_eq!(ServerFile::of_running(dir.path()), None);
        assert_eq!(ServerFile::read(dir.path()), None);
        assert!(FolderLock::take(dir.path()).is_ok());
    }

    #[test]
    fn a_server_waits_for_a_visitor_to_leave_and_a_visitor_makes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        assert!(FolderLock::visit(&dir.path().join("nothing")).is_err());
        assert!(!dir.path().join("nothing").exists());
        fs::write(dir.path().join(SERVER), "{\"pid\":1,\"address\":null}").unwrap();
        let visit = FolderLock::visit(dir.path()).unwrap();
        assert_eq!(ServerFile::read(dir.path()), None);
        let path = dir.path().to_path_buf();
        let server = std::thread::spawn(move || FolderLock::take(&path).map(|lock| (lock, path)));
        std::thread::park_timeout(Duration::from_millis(50));
        assert!(!server.is_finished());
        drop(visit);
        let (lock, path) = server.join().unwrap().unwrap();
        assert!(matches!(FolderLock::visit(&path), Err(ServerError::Served { .. })));
        assert!(ServerFile::read(&path).is_some());
        drop(lock);
    }

    #[test]
    fn a_lock_left_behind_by_a_killed_server_does_not_matter() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(LOCK), "").unwrap();
        fs::write(dir.path().join(SERVER), "{\"pid\":1,\"addr").unwrap();
        assert!(FolderLock::take(dir.path()).is_ok());
    }
}
