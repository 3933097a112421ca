//! Which release of which app runs in this program.

use crate::release::release_of_folder;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// Apps that may have a release of their own; those after them have the program's.
const APPS_MAX: usize = 64;
/// Releases of one app that a program may see while it runs; after them the last
/// one stays.
const RELEASES_MAX: usize = 16;
/// How often an app's folder is looked at again.
const LOOK_EVERY_NS: u64 = 10_000_000_000;

/// The releases of a program's apps. Reading them takes no lock; what stands here
/// stays, so that a release may be lent out.
#[derive(Debug)]
pub(crate) struct AppReleases {
    /// Of everything that has none of its own.
    program: String,
    apps: [OnceLock<Box<AppRelease>>; APPS_MAX],
    /// Held while something is added; whoever finds it held goes on without.
    adding: AtomicBool,
}

#[derive(Debug)]
struct AppRelease {
    app: String,
    folder: PathBuf,
    seen: [OnceLock<String>; RELEASES_MAX],
    /// How many of `seen` are there.
    count: AtomicUsize,
    looked_ns: AtomicU64,
}

impl AppReleases {
    pub(crate) const fn new(program: String) -> Self {
        let apps = [const { OnceLock::new() }; APPS_MAX];
        Self { program, apps, adding: AtomicBool::new(false) }
    }

    /// Says where an app lies whose code is read again while the program runs;
    /// the first word counts.
    pub(crate) fn set_folder(&self, app: &str, folder: &Path, now_ns: u64) {
        if self.find(app).is_some() {
            return;
        }
        let looked_ns = AtomicU64::new(now_ns);
        let (app, folder) = (app.to_owned(), folder.to_path_buf());
        let seen = [const { OnceLock::new() }; RELEASES_MAX];
        let known = AppRelease { app, folder, seen, count: AtomicUsize::new(0), looked_ns };
        known.look();
        self.alone(|| {
            if let Some(free) = self.apps.iter().find(|slot| slot.get().is_none())
                && self.find(&known.app).is_none()
            {
                let _ = free.set(Box::new(known));
            }
        });
    }

    /// The release of an app; empty if unknown.
    #[inline]
    pub(crate) fn of(&self, app: &str, now_ns: u64) -> &str {
        let Some(known) = self.find(app) else { return &self.program };
        let looked = known.looked_ns.load(Ordering::Relaxed);
        if now_ns.saturating_sub(looked) >= LOOK_EVERY_NS {
            self.look_again(known, looked, now_ns);
        }
        known.latest().unwrap_or(&self.program)
    }

    #[inline]
    fn find(&self, app: &str) -> Option<&AppRelease> {
        let mut known = self.apps.iter().map_while(OnceLock::get);
        known.find(|known| known.app == app).map(AsRef::as_ref)
    }

    #[cold]
    fn look_again(&self, known: &AppRelease, looked: u64, now_ns: u64) {
        let first =
            known.looked_ns.compare_exchange(looked, now_ns, Ordering::Relaxed, Ordering::Relaxed);
        if first.is_ok() {
            self.alone(|| known.look());
        }
    }

    /// Only one thread at a time adds, and none waits. A child that was forked
    /// meanwhile adds nothing any more.
    fn alone(&self, add: impl FnOnce()) {
        if !self.adding.swap(true, Ordering::Acquire) {
            add();
            self.adding.store(false, Ordering::Release);
        }
    }
}

impl AppRelease {
    #[inline]
    fn latest(&self) -> Option<&str> {
        let count = self.count.load(Ordering::Acquire);
        self.seen.get(count.checked_sub(1)?)?.get().map(String::as_str)
    }

    /// Only called by one thread at a time.
    fn look(&self) {
        let Some(found) = release_of_folder(&self.folder) else { return };
        let count = self.count.load(Ordering::Acquire);
        if self.latest() == Some(&found) {
            return;
        }
        if let Some(free) = self.seen.get(count)
            && free.set(found).is_ok()
        {
            self.count.store(count + 1, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn an_app_has_the_release_of_its_folder_and_others_that_of_the_program() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("VERSION"), "1.0").unwrap();
        let releases = AppReleases::new("program".into());
        releases.set_folder("shop", dir.path(), 0);
        assert_eq!(releases.of("shop", 0), "1.0");
        assert_eq!(releases.of("other", 0), "program");
    }

    #[test]
    fn a_release_that_changes_while_the_program_runs_is_seen_after_a_while() {
        let dir = tempfile::tempdir().unwrap();
        let version = dir.path().join("VERSION");
        fs::write(&version, "1.0").unwrap();
        let releases = AppReleases::new(String::new());
        releases.set_folder("shop", dir.path(), 0);
        fs::write(&version, "1.1").unwrap();
        assert_eq!(releases.of("shop", LOOK_EVERY_NS - 1), "1.0");
        assert_eq!(releases.of("shop", LOOK_EVERY_NS), "1.1");
        // one that is half written for a moment changes nothing
        fs::write(&version, "").unwrap();
        assert_eq!(releases.of("shop", 2 * LOOK_EVERY_NS), "1.1");
    }

    #[test]
    fn memory_for_apps_and_releases_is_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let version = dir.path().join("VERSION");
        let releases = AppReleases::new("program".into());
        for number in 0..2 * APPS_MAX {
            releases.set_folder(&format!("app{number}"), dir.path(), 0);
        }
        assert!(releases.find(&format!("app{}", APPS_MAX - 1)).is_some());
        assert!(releases.find(&format!("app{APPS_MAX}")).is_none());
        for number in 1..=2 * RELEASES_MAX as u64 {
            fs::write(&version, number.to_string()).unwrap();
            releases.of("app0", number * LOOK_EVERY_NS);
        }
        assert_eq!(releases.of("app0", u64::MAX), RELEASES_MAX.to_string());
    }
}
