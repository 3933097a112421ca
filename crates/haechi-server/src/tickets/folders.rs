//! The folders `<site>/<app>/errors` and what is in them.

use rustix::fs::{CWD, Dir, Mode, OFlags, fstat, openat};
use rustix::io::Errno;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

const ERRORS: &str = "errors";
/// Apps of one site that are looked at.
const APPS_MAX: usize = 1_000;

/// The folder of one app's tickets, open.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) app: String,
    pub(super) path: PathBuf,
    fd: OwnedFd,
}

/// Changes when a file comes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    place: (u64, u64),
    changed: (i64, i64),
}

/// Every app of a site with the place of its tickets. None that is not there.
pub(super) fn of_site(site: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(site) else { return Vec::new() };
    let apps = entries.filter_map(Result::ok).take(APPS_MAX);
    // web2py keeps an `__init__.py` beside its apps
    let apps = apps.filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_file()));
    let names = apps.filter_map(|entry| entry.file_name().into_string().ok());
    let mut found: Vec<_> = names
        .filter(|app| is_app(app))
        .map(|app| {
            let path = site.join(&app).join(ERRORS);
            (app, path)
        })
        .collect();
    found.sort();
    found
}

/// Names that web2py accepts for an app.
fn is_app(name: &str) -> bool {
    name.len() <= 64
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

impl Folder {
    /// `None` if there is none; an app may have no errors.
    ///
    /// # Errors
    /// Why it cannot be looked at, as a sentence. One that is a link is not
    /// followed: who may write to an app's folder shall not choose what is read.
    pub(super) fn open(app: String, path: PathBuf) -> Result<Option<Self>, String> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match openat(CWD, &path, flags, Mode::empty()) {
            Ok(fd) => Ok(Some(Self { app, path, fd })),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::LOOP | Errno::NOTDIR) => {
                Err("it is a link or a file, not a folder".to_owned())
            }
            Err(error) => Err(format!("it cannot be opened: {error}")),
        }
    }

    /// # Errors
    /// What the system says.
    #[allow(clippy::unnecessary_cast, reason = "their types differ between systems")]
    pub(super) fn state(&self) -> Result<State, Errno> {
        let about = fstat(&self.fd)?;
        Ok(State {
            place: (about.st_dev as u64, about.st_ino as u64),
            changed: (about.st_mtime as i64, about.st_mtime_nsec as i64),
        })
    }

    /// Its entries, one after the other.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn entries(&self) -> Result<Dir, Errno> {
        Dir::read_from(&self.fd)
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl State {
    /// Whether it changed before this time (Unix ms), so that any later change
    /// will show.
    pub(super) fn is_before(&self, unix_ms: i64) -> bool {
        self.changed.0.saturating_mul(1000) + self.changed.1 / 1_000_000 < unix_ms
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_file_beside_the_apps_is_no_app() {
        let site = tempfile::tempdir().unwrap();
        std::fs::write(site.path().join("__init__.py"), "").unwrap();
        std::fs::create_dir(site.path().join("shop")).unwrap();
        let found = super::of_site(site.path());
        assert_eq!(found, [("shop".to_owned(), site.path().join("shop/errors"))]);
    }
}
