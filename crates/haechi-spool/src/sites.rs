//! Where apps keep what they wrote before they were watched: a program leaves
//! the folder of its apps behind, once, as a small file named by its content.
//! The collector looks there for tickets.

use crate::read::SpoolDir;
use crate::{SpoolError, map};
use rustix::fs::{FileType, Mode, OFlags};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

const FOLDER: &str = "sites";
/// Sites of one spool, and bytes of a path.
const SITES_MAX: usize = 64;
const PATH_MAX: usize = 4096;

/// Leaves the folder in which a program has its apps (absolute) with the spool
/// at `spool`. One that is known, or too many, changes nothing.
///
/// # Errors
/// [`SpoolError::Io`] if it cannot be written.
pub fn leave_site(spool: &Path, apps: &Path) -> Result<(), SpoolError> {
    let bytes = apps.as_os_str().as_bytes();
    if !apps.is_absolute() || bytes.len() > PATH_MAX {
        return Ok(());
    }
    let folder = spool.join(FOLDER);
    let path = folder.join(format!("{:016x}", hash(bytes)));
    if path.symlink_metadata().is_ok() {
        return Ok(());
    }
    map::make_folder(&folder)?;
    let known = fs::read_dir(&folder).map_err(SpoolError::io("list", &folder))?.count();
    if known >= SITES_MAX {
        return Ok(());
    }
    // whole before it has its name: a reader never sees a part of it
    let new = folder.join(format!(".{:016x}.{}", hash(bytes), std::process::id()));
    let fd = map::open_new(&new)?;
    let write = || -> std::io::Result<()> {
        rustix::io::write(&fd, bytes)?;
        rustix::fs::rename(&new, &path)?;
        Ok(())
    };
    let written = write().map_err(SpoolError::io("write", &path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

impl SpoolDir {
    /// The folders that programs have left with [`leave_site`].
    #[must_use]
    pub fn sites(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path().join(FOLDER)) else { return Vec::new() };
        let mut found: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .filter(|entry| !entry.file_name().as_bytes().starts_with(b"."))
            .filter_map(|entry| read(&entry.path()))
            .take(SITES_MAX)
            .collect();
        found.sort();
        found
    }
}

/// The path in a file; `None` for a file that is none of ours.
fn read(path: &Path) -> Option<PathBuf> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let fd = rustix::fs::open(path, flags, Mode::empty()).ok()?;
    let found = rustix::fs::fstat(&fd).ok()?;
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
        return None;
    }
    let mut bytes = vec![0; PATH_MAX + 1];
    let len = rustix::io::pread(&fd, &mut bytes, 0).ok()?;
    bytes.truncate(len);
    let site = PathBuf::from(OsString::from_vec(bytes));
    (len <= PATH_MAX && site.is_absolute()).then_some(site)
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    let fold = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, fold)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, symlink};

    #[test]
    fn a_site_is_left_once_and_found() {
        let dir = tempfile::tempdir().unwrap();
        let spool = SpoolDir::open(dir.path()).unwrap();
        assert_eq!(spool.sites(), [] as [PathBuf; 0]);
        for apps in ["/srv/b/applications", "/srv/a/applications", "/srv/a/applications"] {
            leave_site(dir.path(), Path::new(apps)).unwrap();
        }
        leave_site(dir.path(), Path::new("relative")).unwrap();
        assert_eq!(
            spool.sites(),
            ["/srv/a/applications", "/srv/b/applications"].map(PathBuf::from)
        );
        let folder = dir.path().join(FOLDER);
        assert_eq!(folder.metadata().unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        assert_eq!(spool.segments().unwrap(), [] as [String; 0]);
    }

    #[test]
    fn there_are_never_more_sites_than_are_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..SITES_MAX + 10 {
            leave_site(dir.path(), Path::new(&format!("/srv/{number}"))).unwrap();
        }
        assert_eq!(SpoolDir::open(dir.path()).unwrap().sites().len(), SITES_MAX);
    }

    #[test]
    fn what_strangers_put_there_is_no_site() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join(FOLDER);
        fs::create_dir_all(folder.join("folder")).unwrap();
        fs::write(folder.join("long"), "/".repeat(PATH_MAX + 1)).unwrap();
        fs::write(folder.join("relative"), "../../etc").unwrap();
        fs::write(folder.join("empty"), "").unwrap();
        fs::write(dir.path().join("elsewhere"), "/etc").unwrap();
        symlink(dir.path().join("elsewhere"), folder.join("link")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            folder.join("fifo"),
            FileType::Fifo,
            Mode::RUSR | Mode::WUSR,
            0,
        )
        .unwrap();
        assert_eq!(SpoolDir::open(dir.path()).unwrap().sites(), [] as [PathBuf; 0]);
    }
}
