//! The spool at its budget: what goes, what is counted, and what old files leave.

use crate::read::{SegmentReader, SpoolDir, Tail};
use crate::write::{Spool, SpoolConfig};
use crate::{Control, SpoolError};
use haechi_event::{Log, Record};
use std::collections::BTreeSet;
use std::path::Path;

const BUDGET: u64 = 3 << 20;

fn spool(dir: &Path, budget_bytes: u64) -> Spool {
    Spool::new(SpoolConfig { budget_bytes, ..SpoolConfig::new(dir) })
}

/// Appends one line of a length that varies, so that records lie elsewhere in
/// each use of a file.
fn append(spool: &Spool, line: u32) -> bool {
    let text = "x".repeat(1000 + (line as usize * 37) % 900);
    spool.append(&Record::Log(Log { line, message: &text, ..Log::default() })).is_ok()
}

/// All lines of a segment from where `reader` stands, and what stands behind.
fn read(mut reader: SegmentReader) -> (Vec<u32>, Tail) {
    let (mut lines, mut buffer) = (Vec::new(), Vec::new());
    loop {
        let chunk = reader.read(&mut buffer, 1 << 16).unwrap();
        lines.extend(chunk.records.iter().map(|raw| match Record::decode(raw.payload) {
            Ok(Record::Log(log)) => log.line,
            other => panic!("{other:?}"),
        }));
        if chunk.tail != Tail::More {
            return (lines, chunk.tail);
        }
    }
}

/// Every line in the spool; each segment must be sound.
fn lines(dir: &Path) -> Vec<u32> {
    let dir = SpoolDir::open(dir).unwrap();
    let mut all = Vec::new();
    for name in dir.segments().unwrap() {
        let (lines, tail) = read(dir.reader(&name).unwrap());
        assert!(matches!(tail, Tail::Live | Tail::Sealed), "{name}: {tail:?}");
        all.extend(lines);
    }
    all
}

fn dropped(dir: &Path) -> u64 {
    let boards = crate::board::snapshots(dir);
    boards.iter().flat_map(|board| board.drops.iter().map(|(_, count)| *count)).sum()
}

fn overwritten(dir: &Path) -> u64 {
    Control::open(dir).unwrap().overwritten()
}

fn inodes(dir: &Path) -> BTreeSet<u64> {
    use std::os::unix::fs::MetadataExt;
    let spool = SpoolDir::open(dir).unwrap();
    let names = spool.segments().unwrap();
    names.iter().map(|name| dir.join(name).metadata().unwrap().ino()).collect()
}

#[test]
fn at_the_budget_files_are_used_again_and_the_newest_records_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let spool = spool(dir.path(), BUDGET);
    let until_full = (0..).take_while(|line| {
        append(&spool, *line);
        overwritten(dir.path()) == 0
    });
    let first = until_full.count() as u32 + 1;
    let total = first + 20_000;
    assert!((first..total).all(|line| append(&spool, line)), "nothing is dropped");
    let files = inodes(dir.path());
    assert!((total..total + 5000).all(|line| append(&spool, line)));
    assert_eq!(inodes(dir.path()), files, "no new file is made");
    let total = total + 5000;
    let kept = lines(dir.path());
    assert_eq!(kept, (total - kept.len() as u32..total).collect::<Vec<_>>());
    assert_eq!(kept.len() as u64 + overwritten(dir.path()), u64::from(total));
    assert!(SpoolDir::open(dir.path()).unwrap().bytes().unwrap() <= BUDGET);
}

#[test]
fn processes_and_threads_that_overwrite_at_once_count_every_record_once() {
    const EACH: u32 = 15_000;
    const CHILDREN: u32 = 3;
    let dir = tempfile::tempdir().unwrap();
    let spool = spool(dir.path(), 4 * BUDGET);
    append(&spool, 0);
    let children: Vec<_> = (0..CHILDREN)
        .map(|child| {
            // SAFETY: the child only appends and leaves by `_exit`.
            let pid = unsafe { libc::fork() };
            if pid == 0 {
                let from = 1 + child * EACH;
                for line in from..from + EACH {
                    let _ = append(&spool, line);
                }
                // SAFETY: ends the child without running the test harness's exits.
                unsafe { libc::_exit(0) };
            }
            pid
        })
        .collect();
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let (spool, from) = (&spool, 1 + (CHILDREN + thread) * EACH);
            scope.spawn(move || {
                for line in from..from + EACH {
                    let _ = append(spool, line);
                }
            });
        }
    });
    for pid in children {
        let mut status = 0;
        // SAFETY: waits for a child just made.
        assert_eq!(unsafe { libc::waitpid(pid, &mut status, 0) }, pid);
        assert_eq!(status, 0);
    }
    // who counts while others make a segment may miss it, and says so with the next
    let bytes = || SpoolDir::open(dir.path()).unwrap().bytes().unwrap();
    let at_once = u64::from(CHILDREN + 2) * crate::segment::SIZES[2] as u64;
    assert!(bytes() <= 4 * BUDGET + at_once, "{}", bytes());
    let mut total = EACH * (CHILDREN + 2) + 1;
    let patience = total + 2 * EACH;
    while bytes() > 4 * BUDGET && total < patience {
        let _ = append(&spool, total);
        total += 1;
    }
    assert!(bytes() <= 4 * BUDGET, "{}", bytes());
    let kept = lines(dir.path());
    assert_eq!(kept.iter().collect::<BTreeSet<_>>().len(), kept.len(), "nothing twice");
    assert!(overwritten(dir.path()) > 0);
    assert_eq!(kept.len() as u64 + overwritten(dir.path()) + dropped(dir.path()), u64::from(total));
}

#[test]
fn a_reader_of_a_file_that_is_used_again_takes_nothing_new_for_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let spool = spool(dir.path(), BUDGET);
    let dir_read = SpoolDir::open(dir.path()).unwrap();
    // records of one size: the new ones lie exactly where the old ones did
    let same = |line| spool.append(&Record::Log(Log { line, message: "m", ..Log::default() }));
    let mut line = 0;
    let mut next = || {
        same(line).unwrap();
        line += 1;
    };
    while dir_read.segments().unwrap().len() < 4 {
        (0..100).for_each(|_| next());
    }
    let name = dir_read.segments().unwrap().remove(2);
    let mut reader = dir_read.reader(&name).unwrap();
    let seen = reader.read(&mut Vec::new(), 1 << 16).unwrap().records.len();
    assert!(seen > 100);
    while dir_read.reader(&name).is_ok() {
        (0..100).for_each(|_| next());
    }
    // until the file is full again
    let newest = dir_read.segments().unwrap().pop();
    while dir_read.segments().unwrap().pop() == newest {
        (0..100).for_each(|_| next());
    }
    let (late, tail) = read(reader);
    assert!(matches!(tail, Tail::Damaged { .. }), "{tail:?}");
    assert_eq!(late, Vec::<u32>::new());
}

#[test]
fn a_collector_that_came_and_went_left_room_and_nothing_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let spool = spool(dir.path(), BUDGET);
    let mut line = 0;
    while overwritten(dir.path()) == 0 {
        append(&spool, line);
        line += 1;
    }
    let before = overwritten(dir.path());
    let reads = SpoolDir::open(dir.path()).unwrap();
    let collector = reads.lock_collector().unwrap();
    let names = reads.segments().unwrap();
    // not the oldest: that one is what would be overwritten next
    names[1..names.len() - 1].iter().for_each(|name| reads.remove(name).unwrap());
    drop(collector);
    let segments = reads.segments().unwrap().len();
    while reads.segments().unwrap().len() == segments {
        assert!(append(&spool, line));
        line += 1;
    }
    assert_eq!(overwritten(dir.path()), before);
}

#[test]
fn a_segment_with_a_second_name_is_not_written_to_again() {
    let dir = tempfile::tempdir().unwrap();
    let backup = tempfile::tempdir_in(dir.path()).unwrap();
    let spool = spool(dir.path(), BUDGET);
    let reads = SpoolDir::open(dir.path()).unwrap();
    let mut line = 0;
    while reads.segments().unwrap().len() < 4 {
        append(&spool, line);
        line += 1;
    }
    for name in reads.segments().unwrap() {
        std::fs::hard_link(dir.path().join(&name), backup.path().join(&name)).unwrap();
    }
    let saved = SpoolDir::open(backup.path()).unwrap();
    let sealed = reads.segments().unwrap().remove(2);
    let as_it_was = std::fs::read(backup.path().join(&sealed)).unwrap();
    while !matches!(reads.reader(&sealed), Err(SpoolError::Io { .. })) {
        assert!(append(&spool, line));
        line += 1;
    }
    for more in 0..2000 {
        let _ = append(&spool, line + more);
    }
    assert!(std::fs::read(backup.path().join(&sealed)).unwrap() == as_it_was);
    assert!(read(saved.reader(&sealed).unwrap()).1 == Tail::Sealed);
}

#[test]
fn what_a_killed_process_had_not_finished_counts_as_bytes_of_the_spool() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(".1-unfinished.seg"), [0; 5000]).unwrap();
    std::fs::write(dir.path().join("2-whole.seg"), [0; 300]).unwrap();
    let census = SpoolDir::open(dir.path()).unwrap().census().unwrap();
    assert_eq!((census.names, census.bytes), (vec!["2-whole.seg".to_owned()], 5300));
}
