//! A scoreboard with any bytes behind its header is shown or left out, in every
//! form there is; a control file of any bytes is used or replaced.
#![no_main]

use haechi::statistics::{Kind, Statistics, html, text};
use haechi_event::{Log, Record};
use haechi_spool::write::{Spool, SpoolConfig};
use haechi_spool::{AppState, Control, board};
use libfuzzer_sys::fuzz_target;
use std::path::Path;
use std::sync::OnceLock;

/// Where a scoreboard's counters begin: all before it is its header.
const COUNTERS: usize = 256;

fn sound_board() -> &'static Vec<u8> {
    // the spool stays: a program has it for ever
    static BOARD: OnceLock<(Vec<u8>, Spool)> = OnceLock::new();
    let (bytes, _) = BOARD.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::new(SpoolConfig::new(dir.path()));
        spool.append(&Record::Log(Log { app: "app", ..Log::default() })).unwrap();
        let _ = spool.with_lane(|mut lane| lane.route("app", "GET", "route"));
        let files = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
        let board = files.into_iter().find(|path| path.extension().is_some_and(|e| e == "board"));
        (std::fs::read(board.unwrap()).unwrap(), spool)
    });
    bytes
}

fn dir() -> &'static Path {
    static DIR: OnceLock<tempfile::TempDir> = OnceLock::new();
    DIR.get_or_init(|| tempfile::tempdir().unwrap()).path()
}

fuzz_target!(|bytes: &[u8]| {
    let mut board = sound_board().clone();
    // pieces of 11 bytes: where (in words; half of them among the first), and what
    for piece in bytes.chunks_exact(11) {
        let words = if piece[0] < 128 { 600 } else { board.len() / 8 };
        let at = u32::from_le_bytes([piece[0], piece[1], piece[2], 0]) as usize % words * 8;
        if let Some(word) = board.get_mut(at + COUNTERS..at + COUNTERS + 8) {
            word.copy_from_slice(&piece[3..]);
        }
    }
    std::fs::write(dir().join("a.board"), &board).unwrap();
    std::fs::write(dir().join("control"), bytes).unwrap();
    let control = Control::open(dir()).unwrap();
    control.set("app", AppState::On);
    assert_eq!(control.state("app"), AppState::On);
    let apps: Vec<String> =
        board::snapshots(dir()).into_iter().flat_map(|b| b.apps).map(|a| a.app).collect();
    for app in apps.iter().take(3) {
        let statistics = Statistics::collect(dir(), app, 1_795_413_600_000_000_000);
        let _ = (html(&statistics, Kind::Page), text(&statistics));
    }
    for entry in std::fs::read_dir(dir()).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
});
