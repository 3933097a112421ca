//! Which release runs: `service.version`, found without running anything.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

/// The variable that says it outright.
const VARIABLE: &str = "HAECHI_RELEASE";
/// Bytes of its name that are kept.
const NAME_MAX: usize = 64;
/// Bytes that are read of a file whose first line counts.
const LINE_MAX: u64 = 512;
/// Bytes that are read of a list of refs; the branch of a longer one is not found.
const REFS_MAX: u64 = 1 << 20;
/// Folders above a program's that are looked into for a repository.
const PARENTS_MAX: usize = 32;
/// Digits of a commit: as many as tell any two of a large repository apart.
const COMMIT_DIGITS: usize = 12;

/// What `HAECHI_RELEASE` says; `None` if nothing.
#[must_use]
pub fn named_release() -> Option<String> {
    let named = std::env::var(VARIABLE).ok()?;
    clean(&named)
}

/// The release of what lies in a folder: the first line of its file `VERSION`,
/// else the commit its git repository, or that of a folder above, is at; its
/// first 12 digits. A `VERSION` that is web2py's own says nothing of an app.
/// Reads a few small files, runs nothing. `None` if neither is there.
#[must_use]
pub fn release_of_folder(folder: &Path) -> Option<String> {
    let version = read(&folder.join("VERSION"), LINE_MAX);
    let stated = version.and_then(|text| text.lines().find_map(clean));
    stated.filter(|line| !is_web2pys(line)).or_else(|| commit(folder))
}

/// Whether this is what stands in the file beside `web2py.py`:
/// `Version 2.26.1-stable+timestamp.2024.01.01.00.00.00`.
fn is_web2pys(line: &str) -> bool {
    line.strip_prefix("Version ").is_some_and(|version| version.contains("+timestamp."))
}

/// The first line as a name: without control characters, at most 64 bytes.
fn clean(line: &str) -> Option<String> {
    let mut name = String::new();
    for c in line.trim().chars().take_while(|c| !matches!(c, '\n' | '\r')) {
        if name.len() + c.len_utf8() > NAME_MAX {
            break;
        }
        name.push(if c.is_control() { ' ' } else { c });
    }
    let name = name.trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

fn commit(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let git = folder.ancestors().take(PARENTS_MAX).find_map(git_folder)?;
    let head = read(&git.join("HEAD"), LINE_MAX)?;
    let head = head.lines().next()?.trim();
    let Some(name) = head.strip_prefix("ref:").map(str::trim) else { return digits(head) };
    let name = ref_path(name)?;
    // a work tree beside the first one keeps its branches there
    let shared = read(&git.join("commondir"), LINE_MAX);
    let shared = shared.map_or_else(|| git.clone(), |text| git.join(text.trim()));
    let loose = |folder: &Path| digits(read(&folder.join(name), LINE_MAX)?.trim());
    loose(&git).or_else(|| loose(&shared)).or_else(|| packed(&shared, name))
}

/// The folder with the repository's files, if this folder has one: `.git`, or
/// what a file of that name leads to.
fn git_folder(folder: &Path) -> Option<PathBuf> {
    let git = folder.join(".git");
    if git.join("HEAD").is_file() {
        return Some(git);
    }
    let leads = read(&git, LINE_MAX)?;
    Some(folder.join(leads.lines().next()?.strip_prefix("gitdir:")?.trim()))
}

/// A ref that stays inside of its repository.
fn ref_path(name: &str) -> Option<&Path> {
    let path = Path::new(name);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    (inside && path.starts_with("refs")).then_some(path)
}

fn packed(git: &Path, name: &Path) -> Option<String> {
    let refs = read(&git.join("packed-refs"), REFS_MAX)?;
    let name = name.to_str()?;
    refs.lines().find_map(|line| {
        let (commit, named) = line.split_once(' ')?;
        if named == name { digits(commit) } else { None }
    })
}

/// The first digits of a commit.
fn digits(text: &str) -> Option<String> {
    let is_commit = text.len() >= 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_commit.then(|| text[..COMMIT_DIGITS].to_ascii_lowercase())
}

/// The beginning of a file; a pipe of that name is not waited for.
fn read(path: &Path, most: u64) -> Option<String> {
    let open = |path| -> std::io::Result<File> {
        OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)
    };
    let file = open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn put(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_version_file_wins_over_the_repository() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), ".git/HEAD", COMMIT);
        assert_eq!(release_of_folder(dir.path()).as_deref(), Some("0123456789ab"));
        put(dir.path(), "VERSION", "Version 2.26.1-stable+timestamp.2024.01.01.00.00.00\n");
        assert_eq!(release_of_folder(dir.path()).as_deref(), Some("0123456789ab"));
        put(dir.path(), "VERSION", "\n  2.4.1 \nnotes\n");
        assert_eq!(release_of_folder(dir.path()).as_deref(), Some("2.4.1"));
    }

    #[test]
    fn the_commit_of_a_branch_is_found_loose_packed_and_from_a_folder_below() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), ".git/HEAD", "ref: refs/heads/main\n");
        let packed = format!("# pack-refs with: peeled\n{COMMIT} refs/heads/main\n^{COMMIT}\n");
        put(dir.path(), ".git/packed-refs", &packed);
        let below = dir.path().join("applications/shop");
        fs::create_dir_all(&below).unwrap();
        assert_eq!(release_of_folder(&below).as_deref(), Some("0123456789ab"));
        put(dir.path(), ".git/refs/heads/main", &"f".repeat(40));
        assert_eq!(release_of_folder(&below).as_deref(), Some("ffffffffffff"));
    }

    #[test]
    fn a_second_work_tree_finds_its_branch_in_the_first_ones_repository() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "tree/.git", "gitdir: ../repo/.git/worktrees/tree\n");
        put(dir.path(), "repo/.git/worktrees/tree/HEAD", "ref: refs/heads/side\n");
        put(dir.path(), "repo/.git/worktrees/tree/commondir", "../..\n");
        put(dir.path(), "repo/.git/refs/heads/side", COMMIT);
        let found = release_of_folder(&dir.path().join("tree"));
        assert_eq!(found.as_deref(), Some("0123456789ab"));
    }

    #[test]
    fn what_leads_out_of_the_repository_or_is_no_commit_is_nothing() {
        for head in ["ref: ../../../etc/passwd", "ref: /etc/passwd", "ref: refs/../../x", "soon"] {
            let dir = tempfile::tempdir().unwrap();
            put(dir.path(), ".git/HEAD", head);
            put(dir.path(), "x", COMMIT);
            assert_eq!(release_of_folder(dir.path()), None, "{head}");
        }
    }

    #[test]
    fn a_pipe_or_a_huge_file_named_version_holds_nobody_up() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("VERSION");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        assert_eq!(release_of_folder(dir.path()), None);
        fs::remove_file(&pipe).unwrap();
        put(dir.path(), "VERSION", &"é\u{7}".repeat(1 << 20));
        let found = release_of_folder(dir.path()).unwrap();
        assert!(found.len() <= NAME_MAX && !found.contains('\u{7}'), "{found}");
    }
}
