use super::refusing_store::Refusing;
use super::{Collector, Parts};
use crate::Settings;
use crate::health::Health;
use crate::live::Live;
use crate::sample::{Folder, until};
use haechi_event::Severity;
use haechi_spool::board::{BoardSnapshot, snapshots};
use haechi_spool::read::SpoolDir;
use haechi_store::{IssuesQuery, Note, Options, SqliteStore, Store};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

struct Bench {
    store: Arc<Refusing>,
    health: Arc<Health>,
    spool: SpoolDir,
    collector: Collector,
}

fn start(folder: &Folder, refuses: bool) -> Bench {
    let settings = Settings::new(folder.path());
    let spool = SpoolDir::open(&settings.spool_dir()).unwrap();
    let store = SqliteStore::open(folder.path(), Options::default()).unwrap();
    let store = Arc::new(Refusing::new(store, refuses));
    let health = Arc::new(Health::default());
    let parts = Parts {
        settings,
        spool: spool.clone(),
        store: Arc::clone(&store) as Arc<dyn Store>,
        health: Arc::clone(&health),
        live: Arc::new(Live::default()),
        countries: None,
    };
    let collector = Collector::start(parts).unwrap();
    Bench { store, health, spool, collector }
}

impl Bench {
    fn stored(&self) -> (u64, u64) {
        let size = self.store.size().unwrap();
        (size.requests, size.logs)
    }

    fn notes(&self, kind: &str) -> Vec<Note> {
        let notes = self.store.notes(100).unwrap();
        notes.into_iter().filter(|note| note.kind == kind).collect()
    }
}

#[test]
fn records_are_stored_once_over_restarts_of_the_collector() {
    let folder = Folder::new();
    for round in 1..=5 {
        let bench = start(&folder, false);
        for _ in 0..300 {
            folder.request("default/index", 200, 1);
            folder.log(Severity::Info, "a line");
        }
        assert!(bench.collector.stop(Duration::from_secs(10)), "round {round}");
        let size = bench.store.size().unwrap();
        assert_eq!((size.requests, size.logs), (300 * round, 300 * round));
    }
}

#[test]
fn finished_segments_are_unlinked_and_the_one_being_written_is_not() {
    let folder = Folder::new();
    let bench = start(&folder, false);
    // more than the first, small segment holds
    for _ in 0..2000 {
        folder.request("default/index", 200, 1);
    }
    until("all is stored", || bench.stored() == (2000, 0));
    until("one segment is left", || bench.spool.segments().unwrap().len() == 1);
    folder.request("default/index", 200, 1);
    until("the next is stored", || bench.stored() == (2001, 0));
    assert!(bench.collector.stop(Duration::from_secs(5)));
}

#[test]
fn a_refused_commit_loses_nothing_and_shows() {
    let folder = Folder::new();
    for _ in 0..50 {
        folder.request("default/index", 200, 1);
    }
    let bench = start(&folder, true);
    until("it is not ready", || bench.health.ready().is_err());
    assert!(bench.health.ready().unwrap_err().contains("disk is full"));
    assert!(bench.health.appends_failed() >= 1);
    assert_eq!(bench.stored(), (0, 0));
    assert_eq!(bench.spool.segments().unwrap().len(), 1);
    bench.store.refuses.store(false, Ordering::Release);
    until("all is stored", || bench.stored() == (50, 0));
    until("it is ready", || bench.health.ready().is_ok());
    assert!(bench.collector.stop(Duration::from_secs(5)));
    assert!(bench.health.ready().is_err());
}

#[test]
fn a_backlog_read_ahead_is_stored_once_though_commits_are_refused_between() {
    const RECORDS: u64 = 60_000;
    let folder = Folder::new();
    for _ in 0..RECORDS {
        folder.request("default/index", 200, 1);
    }
    let bench = start(&folder, true);
    until("a commit was refused", || bench.health.appends_failed() >= 1);
    bench.store.falters.store(true, Ordering::Release);
    bench.store.refuses.store(false, Ordering::Release);
    until("all is stored", || bench.stored() == (RECORDS, 0));
    assert!(bench.health.appends_failed() >= 3, "{}", bench.health.appends_failed());
    assert_eq!(bench.store.repeated.load(Ordering::Acquire), 0);
    bench.store.falters.store(false, Ordering::Release);
    until("one segment is left", || bench.spool.segments().unwrap().len() == 1);
    assert!(bench.collector.stop(Duration::from_secs(5)));
}

#[test]
fn more_segments_than_may_be_open_are_all_read_and_none_twice() {
    let folder = Folder::new();
    let others: Vec<Folder> = (0..300).map(|_| Folder::new()).collect();
    for other in &others {
        other.request("default/index", 200, 1);
        let spool = SpoolDir::open(&other.path().join("spool")).unwrap();
        for name in spool.segments().unwrap() {
            let to = folder.path().join("spool").join(&name);
            std::fs::create_dir_all(folder.path().join("spool")).unwrap();
            std::fs::rename(spool.path().join(&name), to).unwrap();
        }
    }
    let bench = start(&folder, false);
    until("all is stored", || bench.stored() == (300, 0));
    for other in &others {
        other.request("default/index", 200, 1);
    }
    until("the next are stored", || bench.stored() == (600, 0));
    assert_eq!(bench.store.repeated.load(Ordering::Acquire), 0);
    assert!(bench.collector.stop(Duration::from_secs(10)));
}

#[test]
fn a_foreign_segment_is_set_aside_and_the_rest_is_collected() {
    let folder = Folder::new();
    folder.request("default/index", 200, 1);
    let foreign = folder.path().join("spool").join("00000000000000000000-1-0-0-0.seg");
    std::fs::write(&foreign, "not ours").unwrap();
    let bench = start(&folder, false);
    until("the request is stored", || bench.stored() == (1, 0));
    until("a note is there", || bench.notes("quarantine").len() == 1);
    assert!(!foreign.exists());
    assert_eq!(std::fs::read_dir(folder.path().join("spool/quarantine")).unwrap().count(), 1);
    assert!(bench.collector.stop(Duration::from_secs(5)));
}

#[test]
fn a_record_of_a_newer_version_is_counted_and_those_after_it_are_stored() {
    let folder = Folder::new();
    folder.spool.append_with(|buffer| buffer.extend([200, 1, 2, 3])).unwrap();
    folder.spool.append_with(|buffer| buffer.extend([1, 99, 2, 3])).unwrap();
    folder.spool.append_with(|buffer| buffer.extend([1, 1])).unwrap();
    folder.request("default/index", 200, 1);
    let bench = start(&folder, false);
    until("the request is stored", || bench.stored() == (1, 0));
    // they are counted in another file than the request, a moment later
    until("the others are counted", || bench.store.drops().unwrap().len() == 2);
    let mut drops = bench.store.drops().unwrap();
    drops.sort();
    assert_eq!(drops, [("damaged".to_owned(), 1), ("newer_version".to_owned(), 2)]);
    until("notes are there", || bench.notes("unreadable").len() == 3);
    assert!(bench.collector.stop(Duration::from_secs(5)));
}

/// A segment whose writer is gone: one of another boot.
fn leave_behind(folder: &Folder, damage: impl FnOnce(&mut Vec<u8>)) {
    let other = Folder::new();
    for _ in 0..10 {
        other.request("default/index", 200, 1);
    }
    let spool = SpoolDir::open(&other.path().join("spool")).unwrap();
    let name = spool.segments().unwrap().remove(0);
    let mut bytes = std::fs::read(spool.path().join(&name)).unwrap();
    // the boot id, and the sums that cover it: the header's and those of the records
    bytes[16] ^= 0xff;
    let header = crc32c(0, &bytes[..92]);
    bytes[92..96].copy_from_slice(&header.to_le_bytes());
    let word = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let mut at = 128;
    while word(&bytes, at) != 0 {
        let (payload, sequence) = (at + 12, word(&bytes, at + 8));
        let end = payload + word(&bytes, at) as usize;
        let sum = crc32c(header ^ sequence, &bytes[payload..end]);
        bytes[at + 4..at + 8].copy_from_slice(&sum.to_le_bytes());
        at = end.next_multiple_of(8);
    }
    damage(&mut bytes);
    let to = folder.path().join("spool");
    std::fs::create_dir_all(&to).unwrap();
    std::fs::File::create(to.join(name)).unwrap().write_all(&bytes).unwrap();
}

/// Castagnoli's checksum, bit by bit, continued from `begun`.
fn crc32c(begun: u32, bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!begun, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0x82f6_3b78 & 0u32.wrapping_sub(sum & 1))
        })
    })
}

#[test]
fn what_a_killed_program_left_is_stored_and_its_segment_unlinked() {
    let folder = Folder::new();
    leave_behind(&folder, |_| {});
    let bench = start(&folder, false);
    until("all is stored", || bench.stored() == (10, 0));
    until("it is unlinked", || bench.spool.segments().unwrap().is_empty());
    assert_eq!(bench.store.drops().unwrap(), []);
    assert!(bench.collector.stop(Duration::from_secs(5)));
}

#[test]
fn a_torn_record_is_counted_once_and_those_before_it_are_stored() {
    let folder = Folder::new();
    // the last byte written belongs to the last record
    leave_behind(&folder, |bytes| {
        let last = bytes.iter().rposition(|byte| *byte != 0).unwrap();
        bytes[last] ^= 0x55;
    });
    let bench = start(&folder, false);
    until("the whole ones are stored", || bench.stored() == (9, 0));
    until("the torn one is counted", || {
        bench.store.drops().unwrap() == [("torn".to_owned(), 1)] && bench.notes("torn").len() == 1
    });
    until("it is unlinked", || bench.spool.segments().unwrap().is_empty());
    assert!(bench.collector.stop(Duration::from_secs(5)));
}

/// Forks a process that is in two requests when it ends.
fn die_in_two_requests(folder: &Folder) {
    // SAFETY: the child records and leaves by `_exit`; it has this one thread.
    let child = unsafe { libc::fork() };
    if child == 0 {
        folder.begin("/first");
        folder.begin("/second");
        // SAFETY: ends the child without running the test harness's exits.
        unsafe { libc::_exit(3) };
    }
    let mut status = 0;
    // SAFETY: waits for the child just made.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    haechi_spool::note_exit(&folder.path().join("spool"), child as u32, status);
}

/// The one scoreboard, and its file.
fn scoreboard(spool: &SpoolDir) -> (BoardSnapshot, PathBuf) {
    let board = snapshots(spool.path()).pop().unwrap();
    let path = spool.path().join(&board.name);
    (board, path)
}

fn deaths(store: &dyn Store) -> Vec<String> {
    let query = IssuesQuery { to_ms: u64::MAX, now_ms: 1, limit: 9, ..IssuesQuery::default() };
    let issues = store.issues(&query).unwrap();
    let events = issues.iter().flat_map(|issue| store.events(issue.issue, None, 9).unwrap());
    events.map(|event| event.message).collect()
}

#[test]
fn requests_a_process_died_in_are_told_once_wherever_the_telling_was_cut() {
    let folder = Folder::new();
    die_in_two_requests(&folder);
    // cut between the decision and the commit: nothing is stored
    let bench = start(&folder, true);
    until("it is decided", || scoreboard(&bench.spool).0.end.is_some());
    let decided = scoreboard(&bench.spool).0.end;
    assert_eq!(bench.stored(), (0, 0));
    bench.collector.stop(Duration::from_secs(5));
    drop(bench.store);
    let bench = start(&folder, false);
    until("it is told", || scoreboard(&bench.spool).0.in_flight.is_empty());
    assert_eq!(scoreboard(&bench.spool).0.end, decided);
    assert!(bench.collector.stop(Duration::from_secs(5)));
    let told = deaths(&*bench.store);
    assert_eq!((bench.store.size().unwrap().requests, told.len()), (2, 2));
    assert!(told.iter().all(|message| message.starts_with("ended with exit status 3 while")));
    // cut between the commit and the mark: it is all done again
    let path = scoreboard(&bench.spool).1;
    let told_at = 3584 + 8;
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.write_all_at(&[0; 8], told_at).unwrap();
    assert_eq!(scoreboard(&bench.spool).0.in_flight.len(), 2);
    drop(bench.store);
    let bench = start(&folder, false);
    until("it is told again", || scoreboard(&bench.spool).0.in_flight.is_empty());
    assert!(bench.collector.stop(Duration::from_secs(5)));
    assert_eq!((bench.store.size().unwrap().requests, deaths(&*bench.store)), (2, told));
    let board = scoreboard(&bench.spool).0;
    assert_eq!(board.records, 4, "two requests and two exceptions");
    assert_eq!(board.routes.iter().map(|route| route.requests).sum::<u64>(), 2);
}
