//! Files that earlier versions wrote are read as they were meant, by every
//! later version. `make_golden.rs` made them.

use super::content::{FILLERS, MS, filler, id, records};
use super::golden_file;
use haechi_event::Record;
use haechi_spool::board::{Doing, InFlight, snapshots};
use haechi_spool::read::{SpoolDir, Tail};
use haechi_spool::{AppState, Control, WriterState};
use std::fs;
use std::path::{Path, PathBuf};

/// Puts one golden file of a version into a spool folder of its own.
fn unpack(version: u32, name: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, golden_file(version, name)).unwrap();
    (dir, path)
}

/// All records of a segment in their byte form, and what stands behind them.
fn read(dir: &Path, name: &str) -> (Vec<Vec<u8>>, Vec<u32>, Tail) {
    let mut reader = SpoolDir::open(dir).unwrap().reader(name).unwrap();
    assert_eq!(reader.writer_state(), WriterState::Gone, "its writer is gone");
    let (mut payloads, mut sequences, mut buffer) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        let chunk = reader.read(&mut buffer, 0).unwrap();
        payloads.extend(chunk.records.iter().map(|raw| raw.payload.to_vec()));
        sequences.extend(chunk.records.iter().map(|raw| raw.sequence));
        if chunk.tail != Tail::More {
            return (payloads, sequences, chunk.tail);
        }
    }
}

#[test]
fn segments_of_version_1_are_read_exactly() {
    segments_are_read_exactly(1);
}

#[test]
fn segments_of_version_2_are_read_exactly() {
    segments_are_read_exactly(2);
}

fn segments_are_read_exactly(version: u32) {
    let (dir, _) = unpack(version, "sealed.seg");
    let (sealed, sequences, tail) = read(dir.path(), "sealed.seg");
    assert_eq!(tail, Tail::Sealed);
    assert_eq!(sequences, (1..=sealed.len() as u32).collect::<Vec<_>>());
    let reader = SpoolDir::open(dir.path()).unwrap().reader("sealed.seg").unwrap();
    assert_eq!(reader.sealed_records(), Some(sealed.len() as u64));
    assert_eq!((reader.header().number, reader.header().lane), (0, 0));

    let (dir, _) = unpack(version, "live.seg");
    let (live, sequences, tail) = read(dir.path(), "live.seg");
    assert_eq!(tail, Tail::Live);
    assert_eq!(sequences, (1..=live.len() as u32).collect::<Vec<_>>());
    let reader = SpoolDir::open(dir.path()).unwrap().reader("live.seg").unwrap();
    assert_eq!((reader.header().number, reader.sealed_records()), (1, None));

    let expected: Vec<_> = records().into_iter().chain((1..=FILLERS).map(filler)).collect();
    assert_eq!(sealed.len() + live.len(), expected.len());
    for (payload, expected) in sealed.iter().chain(&live).zip(&expected) {
        assert_eq!(Record::decode(payload).as_ref(), Ok(expected));
        // and the other way: what is written today, that version would have written
        let mut bytes = Vec::new();
        expected.encode(&mut bytes);
        assert_eq!(&bytes, payload);
    }
}

#[test]
fn segments_of_version_3_are_read_exactly() {
    segments_are_read_exactly(3);
}

#[test]
fn of_a_file_that_was_used_before_only_the_new_records_are_read() {
    let (dir, path) = unpack(2, "used.seg");
    let (live, sequences, tail) = read(dir.path(), "used.seg");
    assert_eq!(tail, Tail::Live);
    assert_eq!(sequences, (1..=live.len() as u32).collect::<Vec<_>>());
    let line = |payload: &[u8]| match Record::decode(payload) {
        Ok(Record::Log(log)) => log.line,
        other => panic!("{other:?}"),
    };
    let first = line(&live[0]);
    let (lines, count) = (live.iter().map(|payload| line(payload)), live.len() as u32);
    assert_eq!(lines.collect::<Vec<_>>(), (first..first + count).collect::<Vec<_>>());
    // behind them lies what the file held before
    let old = b"one of many lines that fill a segment";
    let times = fs::read(path).unwrap().windows(old.len()).filter(|bytes| bytes == old).count();
    assert!(count > FILLERS && times > 2 * live.len(), "{count} of {times}");
}

#[test]
fn scoreboards_of_each_version_of_the_spool_are_read_exactly() {
    a_scoreboard_is_read_exactly(1, 9);
    // places were taken by id at first, later by thread
    a_scoreboard_is_read_exactly(2, 0);
    // its counters stand in a row of the lane's own
    a_scoreboard_is_read_exactly(3, 0);
}

fn a_scoreboard_is_read_exactly(version: u32, place: u16) {
    let (dir, _) = unpack(version, "process.board");
    let boards = snapshots(dir.path());
    let [board] = &boards[..] else { panic!("{} boards", boards.len()) };
    assert!(!board.running);
    assert_eq!(board.program, "golden program");
    assert_eq!(board.records, u64::from(FILLERS) + 4);
    assert_eq!(board.drops, []);
    let [app] = &board.apps[..] else { panic!("{:?}", board.apps) };
    assert_eq!(app.app, "your_app");
    assert_eq!(app.seconds, [(MS / 1000, 3)]);
    assert_eq!(app.minutes, [(MS / 60_000, 3)]);
    let [route] = &board.routes[..] else { panic!("{:?}", board.routes) };
    assert_eq!((&*route.app, &*route.method, &*route.route), ("your_app", "GET", "default/index"));
    assert_eq!((route.requests, route.duration_ns, route.max_ns), (3, 6_000_000, 3_000_000));
    assert_eq!((route.cpu_ns, route.cpu_requests), (500_000, 1));
    assert_eq!((route.bytes_in, route.bytes_out), (6, 60));
    assert_eq!(route.status, [0, 0, 2, 0, 0, 1]);
    assert_eq!(route.latency.count(), 3);
    let median = route.latency.quantile_ns(0.5).unwrap();
    assert!((median - 2_000_000.0).abs() < 50_000.0, "{median}");
    let mut slowest: Vec<_> = board.slowest.iter().map(|slow| (slow.id, slow.status)).collect();
    slowest.sort_unstable_by_key(|(id, _)| id.as_u64());
    assert_eq!(slowest, [(id(1), 200), (id(2), 200), (id(3), 500)]);
    let waiting = InFlight {
        id: id(9),
        app: "your_app".to_owned(),
        method: "GET".to_owned(),
        path: "/your_app/slow".to_owned(),
        route: String::new(),
        client: "192.0.2.7".to_owned(),
        start_unix_ns: MS * 1_000_000,
        place,
        // none of these files said
        doing: Doing::default(),
    };
    assert_eq!(board.in_flight, [waiting]);
}

#[test]
fn control_files_of_each_version_of_the_spool_are_read_exactly_and_used_on() {
    a_control_file_is_read_exactly_and_used_on(1);
    a_control_file_is_read_exactly_and_used_on(2);
    a_control_file_is_read_exactly_and_used_on(3);
}

fn a_control_file_is_read_exactly_and_used_on(version: u32) {
    let (dir, path) = unpack(version, "control");
    let control = Control::open(dir.path()).unwrap();
    let told = [("your_app".to_owned(), AppState::On), ("한글 앱".to_owned(), AppState::Paused)];
    assert_eq!(control.apps(), told);
    assert_eq!(control.overwritten(), 0);
    control.set("your_app", AppState::Paused);
    drop(control);
    assert_eq!(Control::open(dir.path()).unwrap().state("your_app"), AppState::Paused);
    assert!(path.exists());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing was set aside");
}
