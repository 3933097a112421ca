use super::calendar::Day;
use crate::StoreError;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Files SQLite keeps beside a database.
const SIDE_FILES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Where the files lie, and what is done to whole files.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Makes the folders, for their owner only.
    pub(crate) fn create(root: &Path) -> Result<Self, StoreError> {
        let make = |path: &Path| {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
            made.map_err(StoreError::file("create the folder", path))
        };
        make(root)?;
        // database names must not contain links, the way to the folder may
        let root = fs::canonicalize(root).map_err(StoreError::file("find", root))?;
        let folder = Self { root };
        make(&folder.days())?;
        make(&folder.quarantine_dir())?;
        for path in [folder.days(), folder.quarantine_dir()] {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700))
                .map_err(StoreError::file("make private the folder", &path))?;
        }
        Ok(folder)
    }

    fn days(&self) -> PathBuf {
        self.root.join("days")
    }

    fn quarantine_dir(&self) -> PathBuf {
        self.root.join("quarantine")
    }

    pub(crate) fn main_path(&self) -> PathBuf {
        self.root.join("haechi.db")
    }

    pub(crate) fn day_path(&self, day: Day) -> PathBuf {
        self.days().join(format!("{day}.db"))
    }

    /// Days that have a file, oldest first, and names of what does not belong
    /// in the folder of days.
    pub(crate) fn list_days(&self) -> Result<(Vec<Day>, Vec<PathBuf>), StoreError> {
        let path = self.days();
        let (mut days, mut others) = (Vec::new(), Vec::new());
        let entries = fs::read_dir(&path).map_err(StoreError::file("list", &path))?;
        for entry in entries {
            let entry = entry.map_err(StoreError::file("list", &path))?;
            let name = entry.file_name();
            match name.to_str().and_then(|n| n.strip_suffix(".db")).and_then(Day::parse) {
                Some(day) => days.push(day),
                None => others.push(entry.path()),
            }
        }
        days.sort_unstable();
        others.retain(|path| !belongs_to(path, &days));
        others.sort_unstable();
        Ok((days, others))
    }

    /// Moves a database and its side files away, under a name that is free.
    pub(crate) fn quarantine(&self, path: &Path) -> Result<PathBuf, StoreError> {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("unnamed");
        let dir = self.quarantine_dir();
        let mut number = 1u32;
        let target = loop {
            let target = dir.join(format!("{number}-{name}"));
            if fs::symlink_metadata(&target).is_err() {
                break target;
            }
            number += 1;
        };
        rename_if_there(path, &target)?;
        for side in SIDE_FILES {
            rename_if_there(&with_suffix(path, side), &with_suffix(&target, side))?;
        }
        Ok(target)
    }

    /// Unlinks a day. Its numbers must be folded before.
    pub(crate) fn remove_day(&self, day: Day) -> Result<(), StoreError> {
        let path = self.day_path(day);
        // side files first: a log without its database must never be left
        for side in SIDE_FILES {
            remove_if_there(&with_suffix(&path, side))?;
        }
        remove_if_there(&path)
    }

    /// Bytes of a database with its side files.
    pub(crate) fn file_bytes(path: &Path) -> u64 {
        let len = |path: &Path| fs::metadata(path).map_or(0, |m| m.len());
        len(path) + SIDE_FILES.iter().map(|side| len(&with_suffix(path, side))).sum::<u64>()
    }

    pub(crate) fn quarantine_bytes(&self) -> u64 {
        let Ok(entries) = fs::read_dir(self.quarantine_dir()) else { return 0 };
        entries.flatten().filter_map(|e| e.metadata().ok()).map(|m| m.len()).sum()
    }
}

/// Makes an empty file only its owner may read, if there is none.
pub(crate) fn create_private(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
            Err(StoreError::file("create", path)(e))
        }
        _ => Ok(()),
    }
}

/// Whether a write-ahead log with content lies beside the database.
pub(crate) fn has_wal(path: &Path) -> bool {
    fs::metadata(with_suffix(path, "-wal")).is_ok_and(|m| m.len() > 0)
}

fn belongs_to(path: &Path, days: &[Day]) -> bool {
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    SIDE_FILES
        .iter()
        .filter_map(|side| name.strip_suffix(side)?.strip_suffix(".db"))
        .filter_map(Day::parse)
        .any(|day| days.binary_search(&day).is_ok())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn rename_if_there(from: &Path, to: &Path) -> Result<(), StoreError> {
    match fs::rename(from, to) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::file("move to quarantine", from)(e))
        }
        _ => Ok(()),
    }
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(StoreError::file("delete", path)(e)),
        _ => Ok(()),
    }
}
