//! Old generations are packed, also over late writers and killed packers.

use super::*;

fn settle(path: &Path) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
}

/// Lines `from..` in a file of about this many bytes that compress badly.
fn fill(path: &Path, from: u64, bytes: usize) -> u64 {
    let log = LogFile::new(path.to_owned(), LogFileOptions { max_bytes: u64::MAX, keep: 9 });
    let mut number = from;
    let mut state = 88_172_645_463_325_252u64;
    while fs::metadata(path).map_or(0, |m| m.size()) < bytes as u64 {
        for _ in 0..1000 {
            let noise: String = (0..200)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    format!("{state:x}")
                })
                .collect();
            log.write(&line(&format!("{number} {noise}")));
            number += 1;
        }
    }
    number
}

fn numbers(path: &Path) -> Vec<u64> {
    let found = messages(path);
    assert!(found.values().all(|count| *count == 1));
    let mut numbers: Vec<_> =
        found.keys().map(|m| m.split(' ').next().unwrap().parse().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn an_old_generation_is_packed_after_the_next_rotation_and_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("your_app.log");
    let end = fill(&path, 0, 200_000);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(&path, folder.path().join("your_app.log.1")).unwrap();
    settle(&folder.path().join("your_app.log.1"));
    let end = fill(&path, end, 200_000);
    let log = LogFile::new(path.clone(), LogFileOptions { max_bytes: 1000, keep: 9 });
    (end..end + 2).for_each(|n| log.write(&Line { pid: n as u32, ..line(&n.to_string()) }));
    let packed = folder.path().join("your_app.log.2.gz");
    wait_until("the packed file", || {
        packed.exists() && rotated(&path, ".part") == 0 && rotated(&path, ".2") == 0
    });
    assert_eq!(numbers(&path), (0..end + 2).collect::<Vec<_>>());
    assert_eq!(fs::metadata(&packed).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(folder.path().join("your_app.log.1").exists(), "the newest generation stays plain");
}

#[test]
fn a_generation_a_late_writer_may_still_hold_is_not_packed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("your_app.log");
    for name in ["your_app.log.1", "your_app.log.2"] {
        fill(&path, 0, 10_000);
        fs::rename(&path, folder.path().join(name)).unwrap();
    }
    settle(&folder.path().join("your_app.log.1"));
    pack::run(&generations::Generations::new(path.clone(), 9));
    assert_eq!((rotated(&path, ".gz"), rotated(&path, ".part")), (0, 0));
}

#[test]
#[ignore = "a process that another test starts"]
fn packs_until_it_is_killed() {
    let Some((path, _)) = told() else { return };
    pack::run(&generations::Generations::new(path, 9));
}

#[test]
fn packing_that_was_killed_is_mended_at_the_next_rotation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("your_app.log");
    let end = fill(&path, 0, 24 << 20);
    let old = folder.path().join("your_app.log.2");
    fs::rename(&path, &old).unwrap();
    settle(&old);
    let part = folder.path().join("your_app.log.gz.part");
    let mut packer = process("packing::packs_until_it_is_killed", &path, "");
    wait_until("half a packed file", || fs::metadata(&part).is_ok_and(|m| m.len() > 1 << 20));
    packer.kill().unwrap();
    packer.wait().unwrap();
    assert!(part.exists() && old.exists(), "it was killed too late to prove anything");

    let end = fill(&path, end, 10_000);
    fs::rename(&path, folder.path().join("your_app.log.1")).unwrap();
    let end = fill(&path, end, 10_000);
    let log = LogFile::new(path.clone(), LogFileOptions { max_bytes: 1000, keep: 9 });
    // opened by the first, looked at anew and rotated for the second
    (end..end + 2).for_each(|n| log.write(&Line { pid: n as u32, ..line(&n.to_string()) }));
    wait_until("the packed file", || rotated(&path, ".part") == 0 && rotated(&path, ".3") == 0);
    assert_eq!(rotated(&path, ".3.gz"), 1);
    assert_eq!(numbers(&path), (0..end + 2).collect::<Vec<_>>());
}

#[test]
fn a_part_whose_lock_outlived_its_packer_is_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("your_app.log");
    fill(&path, 0, 10_000);
    fs::rename(&path, folder.path().join("your_app.log.2")).unwrap();
    settle(&folder.path().join("your_app.log.2"));
    let generations = generations::Generations::new(path.clone(), 9);
    let held = claim::Claim::take(&generations.part()).unwrap();
    pack::run(&generations);
    assert_eq!(rotated(&path, ".gz"), 0, "a packer that works is left alone");
    settle(&generations.part());
    pack::run(&generations);
    pack::run(&generations);
    assert_eq!((rotated(&path, ".2.gz"), rotated(&path, ".part")), (1, 0));
    drop(held);
}

#[test]
fn packing_needs_no_more_than_half_of_its_stack() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("your_app.log");
    fill(&path, 0, 1 << 20);
    fs::rename(&path, folder.path().join("your_app.log.2")).unwrap();
    settle(&folder.path().join("your_app.log.2"));
    let generations = generations::Generations::new(path.clone(), 9);
    let small = std::thread::Builder::new().stack_size(pack::STACK_BYTES / 2);
    small.spawn(move || pack::run(&generations)).unwrap().join().unwrap();
    assert_eq!(rotated(&path, ".2.gz"), 1);
}
