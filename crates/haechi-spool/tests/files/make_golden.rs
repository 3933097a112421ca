//! The program that makes the golden files. It is run once for each version of
//! the formats and never again: what it made must stay readable for ever.
//!
//! `cargo test -p haechi-spool --test files -- --ignored make_the_golden_files`

use super::content::{FILLERS, MS, filler, id, records};
use super::folder;
use flate2::{Compression, write::GzEncoder};
use haechi_spool::board::{Entered, Finished};
use haechi_spool::write::{LaneContext, Spool, SpoolConfig};
use haechi_spool::{AppState, Control, read::SpoolDir};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// The version of the formats that this program writes.
const VERSION: u32 = 3;

#[test]
#[ignore = "makes the golden files anew; only for a new version of the formats"]
fn make_the_golden_files_of_this_version() {
    let dir = tempfile::tempdir().unwrap();
    let config =
        SpoolConfig { program: "golden program".to_owned(), ..SpoolConfig::new(dir.path()) };
    let spool = Spool::new(config);
    for record in records() {
        spool.append(&record).unwrap();
    }
    for line in 1..=FILLERS {
        spool.append(&filler(line)).unwrap();
    }
    spool.with_lane(fill_board).unwrap();
    spool.set_app_state("your_app", AppState::On);
    spool.set_app_state("한글 앱", AppState::Paused);

    let names = SpoolDir::open(dir.path()).unwrap().segments().unwrap();
    assert_eq!(names.len(), 2, "one sealed, one live");
    put(&dir.path().join(&names[0]), "sealed.seg");
    put(&dir.path().join(&names[1]), "live.seg");
    put_used(&dir.path().join("full"));
    put(&dir.path().join("control"), "control");
    let board = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let board = board.into_iter().find(|path| path.extension().is_some_and(|e| e == "board"));
    put(&board.unwrap(), "process.board");
}

fn fill_board(mut lane: LaneContext<'_>) {
    let slot = lane.route("your_app", "GET", "default/index");
    for n in 1..=3u64 {
        let done = Finished {
            id: id(n),
            end_unix_s: MS / 1000,
            duration_ns: n * 1_000_000,
            cpu_ns: (n == 1).then_some(500_000),
            status: if n == 3 { 500 } else { 200 },
            bytes_in: n,
            bytes_out: 10 * n,
            app: "your_app",
            method: "GET",
            route: "default/index",
            path: b"/your_app",
        };
        lane.finish(&slot, &done);
    }
    lane.board().enter(&Entered {
        id: id(9),
        start_unix_ns: MS * 1_000_000,
        app: "your_app",
        method: "GET",
        route: "",
        path: b"/your_app/slow",
        client: "192.0.2.7",
        thread: 0,
    });
}

/// A segment in a file that held another before, with much of that behind it.
fn put_used(dir: &Path) {
    let spool = Spool::new(SpoolConfig { budget_bytes: 3 << 20, ..SpoolConfig::new(dir) });
    let reads = SpoolDir::open(dir).unwrap();
    let mut last = 0;
    while Control::open(dir).unwrap().overwritten() < u64::from(FILLERS) * 20 {
        last += 1;
        spool.append(&filler(last)).unwrap();
    }
    for line in 1..=FILLERS {
        spool.append(&filler(last + line)).unwrap();
    }
    put(&dir.join(reads.segments().unwrap().pop().unwrap()), "used.seg");
}

fn put(from: &Path, name: &str) {
    fs::create_dir_all(folder(VERSION)).unwrap();
    // never over one that is there
    let file = File::create_new(folder(VERSION).join(format!("{name}.gz"))).unwrap();
    let mut packed = GzEncoder::new(file, Compression::best());
    packed.write_all(&fs::read(from).unwrap()).unwrap();
    packed.finish().unwrap();
}
