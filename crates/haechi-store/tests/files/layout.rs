//! Who may read the files, and that others can while the store is open.

use crate::generate::{Random, batch, records};
use crate::open;
use haechi_store::Store;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

fn modes(dir: &Path, found: &mut Vec<(String, u32)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        found.push((path.display().to_string(), mode));
        if path.is_dir() {
            modes(&path, found);
        }
    }
}

#[test]
fn only_the_owner_may_read_the_files() {
    let mut random = Random::seeded(61);
    let dir = TempDir::new().unwrap();
    let store = open(&dir.path().join("data"));
    store.append(&batch(&records(&mut random, 200))).unwrap();
    let mut found = Vec::new();
    modes(dir.path(), &mut found);
    assert!(found.len() > 8, "{found:?}");
    for (path, mode) in found {
        let want = if Path::new(&path).is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, want, "{path}");
    }
}

#[test]
fn another_program_may_read_while_the_store_writes() {
    let mut random = Random::seeded(62);
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let records = records(&mut random, 900);
    store.append(&batch(&records[..400])).unwrap();
    let other = rusqlite::Connection::open(dir.path().join("days/2026-02-28.db")).unwrap();
    let count = || -> i64 {
        other.query_row("SELECT count(*) FROM requests", [], |row| row.get(0)).unwrap()
    };
    // a read that goes on does not hold the writer up
    other.execute_batch("BEGIN").unwrap();
    let before = count();
    assert!(before > 0);
    store.append(&batch(&records)).unwrap();
    assert_eq!(count(), before);
    other.execute_batch("COMMIT").unwrap();
    assert!(count() >= before);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = haechi_store::SqliteStore::open(&file.join("data"), Default::default());
    let text = error.unwrap_err().to_string();
    assert!(text.contains("file/data") && text.contains("folder"), "{text}");
}
