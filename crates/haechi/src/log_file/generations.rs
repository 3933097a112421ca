//! The files a log has been rotated into.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Stat, lstat, rename, unlink};
use rustix::io;

use super::claim::idle_for;

/// A writer looks for a new file at least once a second; after this long
/// without a write or a rotation none can be about to append.
const SETTLED_AFTER: Duration = Duration::from_secs(10);

/// Whether a generation is safe from late writers.
pub(super) fn is_settled(stat: &Stat) -> bool {
    idle_for(stat) >= SETTLED_AFTER
}

/// Names `<file>.1` (newest) to `<file>.<keep>`, with `.gz` at the end once
/// packed, and moves them up. Whoever moves holds [`Self::lock`].
#[derive(Debug, Clone)]
pub(super) struct Generations {
    path: PathBuf,
    keep: u32,
}

impl Generations {
    pub(super) fn new(path: PathBuf, keep: u32) -> Self {
        Self { path, keep: keep.max(1) }
    }

    /// The file being written.
    pub(super) fn current(&self) -> &Path {
        &self.path
    }

    /// Held while files are renamed.
    pub(super) fn lock(&self) -> PathBuf {
        self.with_end(".lock")
    }

    /// What is being packed; held while it is.
    pub(super) fn part(&self) -> PathBuf {
        self.with_end(".gz.part")
    }

    pub(super) fn plain(&self, number: u32) -> PathBuf {
        self.with_end(&format!(".{number}"))
    }

    pub(super) fn packed(&self, number: u32) -> PathBuf {
        self.with_end(&format!(".{number}.gz"))
    }

    /// Numbers of generations that may be packed, oldest first. The newest is
    /// not among them: a writer may still be about to append to it.
    pub(super) fn packable(&self) -> impl Iterator<Item = u32> {
        (2..=self.keep).rev()
    }

    /// Makes room for a new first generation and moves the current file
    /// there. The oldest goes only if no number is free. Tells whether there
    /// is a generation to be packed.
    pub(super) fn shift(&self) -> io::Result<bool> {
        let mut free = None;
        let mut to_pack = false;
        for number in 1..=self.keep {
            let (plain, packed) = (lstat(self.plain(number)), lstat(self.packed(number)));
            match (plain.is_ok(), packed.is_ok()) {
                (false, false) => free = free.or(Some(number)),
                // killed between finishing the packed form and unlinking the plain one
                (true, true) => unlink(self.packed(number))?,
                _ => {}
            }
            to_pack |= number < self.keep && plain.is_ok_and(|stat| is_settled(&stat));
        }
        let free = free.unwrap_or(self.keep);
        remove(&self.plain(free))?;
        remove(&self.packed(free))?;
        for number in (1..free).rev() {
            move_up(&self.plain(number), &self.plain(number + 1))?;
            move_up(&self.packed(number), &self.packed(number + 1))?;
        }
        rename(&self.path, self.plain(1))?;
        Ok(to_pack)
    }

    /// Unlinks generations beyond the bound, left by an earlier, larger one.
    pub(super) fn prune(&self) {
        let (Some(folder), Some(name)) = (self.path.parent(), self.path.file_name()) else {
            return;
        };
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let file = entry.file_name();
            let number = file
                .as_encoded_bytes()
                .strip_prefix(name.as_encoded_bytes())
                .and_then(|rest| rest.strip_prefix(b"."))
                .map(|rest| rest.strip_suffix(b".gz").unwrap_or(rest))
                .filter(|digits| !digits.starts_with(b"0") && digits.iter().all(u8::is_ascii_digit))
                .and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u32>().ok());
            if number.is_some_and(|number| number > self.keep) {
                let _ = unlink(entry.path());
            }
        }
    }

    fn with_end(&self, end: &str) -> PathBuf {
        let mut name = OsString::from(self.path.as_os_str());
        name.push(end);
        PathBuf::from(name)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    missing_is_fine(unlink(path))
}

fn move_up(from: &Path, to: &Path) -> io::Result<()> {
    missing_is_fine(rename(from, to))
}

fn missing_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(io::Errno::NOENT) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn made(keep: u32, files: &[&str]) -> (tempfile::TempDir, Generations) {
        let folder = tempfile::tempdir().unwrap();
        for name in files {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let generations = Generations::new(folder.path().join("a.log"), keep);
        (folder, generations)
    }

    fn content(folder: &tempfile::TempDir) -> Vec<(String, String)> {
        let mut found: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|e| e.unwrap().path())
            .map(|p| {
                (
                    p.file_name().unwrap().to_str().unwrap().to_owned(),
                    fs::read_to_string(p).unwrap(),
                )
            })
            .collect();
        found.sort();
        found
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn every_generation_moves_up_by_one_and_the_oldest_goes() {
        let (folder, generations) =
            made(3, &["a.log", "a.log.1", "a.log.2.gz", "a.log.3.gz", "a.log.x"]);
        let first = fs::File::options().write(true).open(folder.path().join("a.log.1")).unwrap();
        first.set_modified(std::time::SystemTime::now() - Duration::from_secs(20)).unwrap();
        assert!(generations.shift().unwrap(), "what settled long ago is to be packed");
        let expected = [
            ("a.log.1", "a.log"),
            ("a.log.2", "a.log.1"),
            ("a.log.3.gz", "a.log.2.gz"),
            ("a.log.x", "a.log.x"),
        ];
        assert_eq!(content(&folder), pairs(&expected));
    }

    #[test]
    fn a_gap_is_filled_before_anything_is_removed() {
        let (folder, generations) = made(3, &["a.log", "a.log.1", "a.log.3.gz"]);
        assert!(!generations.shift().unwrap(), "what was just written is not to be packed");
        let expected = [("a.log.1", "a.log"), ("a.log.2", "a.log.1"), ("a.log.3.gz", "a.log.3.gz")];
        assert_eq!(content(&folder), pairs(&expected));
    }

    #[test]
    fn of_a_generation_in_both_forms_the_plain_one_stays() {
        let (folder, generations) = made(4, &["a.log", "a.log.1", "a.log.2", "a.log.2.gz"]);
        generations.shift().unwrap();
        let expected = [("a.log.1", "a.log"), ("a.log.2", "a.log.1"), ("a.log.3", "a.log.2")];
        assert_eq!(content(&folder), pairs(&expected));
    }

    #[test]
    fn only_generations_beyond_the_bound_are_pruned() {
        let (folder, generations) = made(
            2,
            &["a.log", "a.log.2", "a.log.3", "a.log.10.gz", "a.log.03", "a.log.4x", "b.log.9"],
        );
        generations.prune();
        let left: Vec<_> = content(&folder).into_iter().map(|(name, _)| name).collect();
        assert_eq!(left, ["a.log", "a.log.03", "a.log.2", "a.log.4x", "b.log.9"]);
    }
}
