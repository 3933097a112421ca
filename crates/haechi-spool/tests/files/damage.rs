//! Scoreboards and control files that were cut or changed anywhere are read or
//! refused; nobody panics, and sound files beside them are read as ever.

use super::content::filler;
use super::golden_file;
use haechi_spool::board::snapshots;
use haechi_spool::read::SpoolDir;
use haechi_spool::write::{Spool, SpoolConfig};
use haechi_spool::{AppState, Control};
use proptest::prelude::*;
use std::fs;

/// Changes to the bytes of a file: where, as a share of its length, and to what.
fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..60)
}

fn change(bytes: &mut [u8], from: usize, changes: &[(prop::sample::Index, u8)]) {
    for (at, value) in changes {
        let at = from + at.index(bytes.len() - from);
        bytes[at] = *value;
    }
}

/// Every offset near the beginning, where the fields lie close, then some.
fn cuts(len: usize) -> impl Iterator<Item = usize> {
    (0..600).chain((600..len).step_by(1999)).chain([len - 1])
}

#[test]
fn a_scoreboard_cut_anywhere_is_left_out_and_set_aside() {
    let whole = golden_file(1, "process.board");
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.board"), &whole).unwrap();
    let spool = SpoolDir::open(dir.path()).unwrap();
    for end in cuts(whole.len()) {
        fs::write(dir.path().join("b.board"), &whole[..end]).unwrap();
        assert_eq!(snapshots(dir.path()).len(), 1, "cut at {end}");
        let aside = spool.set_aside_faulty().unwrap();
        assert_eq!(aside.len(), 1, "cut at {end}");
        assert_eq!(aside[0].name, "b.board");
    }
}

#[test]
fn every_changed_bit_of_a_scoreboards_header_is_noticed() {
    let whole = golden_file(1, "process.board");
    let dir = tempfile::tempdir().unwrap();
    for bit in 0..252 * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(dir.path().join("a.board"), bytes).unwrap();
        assert_eq!(snapshots(dir.path()).len(), 0, "bit {bit}");
    }
}

#[test]
fn a_control_file_cut_anywhere_is_replaced() {
    let whole = golden_file(1, "control");
    for end in cuts(whole.len()) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("control"), &whole[..end]).unwrap();
        let control = Control::open(dir.path()).unwrap();
        assert_eq!(control.apps(), [], "cut at {end}");
        control.set("a", AppState::On);
        assert_eq!(control.state("a"), AppState::On);
        let aside = SpoolDir::open(dir.path()).unwrap().set_aside_faulty().unwrap();
        assert_eq!(aside[0].name, "control");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_scoreboard_changed_anywhere_behind_its_header_never_panics(changes in changes()) {
        let mut bytes = golden_file(1, "process.board");
        change(&mut bytes, 256, &changes);
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.board"), bytes).unwrap();
        for board in snapshots(dir.path()) {
            let quantile = board.routes.iter().map(|route| route.latency.quantile_ns(0.99));
            prop_assert!(quantile.flatten().all(f64::is_finite));
            prop_assert!(board.routes.len() <= 256 && board.in_flight.len() <= 256);
        }
    }

    #[test]
    fn a_scoreboard_of_nothing_but_large_numbers_never_panics(
        from in 256usize..600, changes in changes(),
    ) {
        let mut bytes = golden_file(1, "process.board");
        bytes[from..].fill(0xff);
        change(&mut bytes, 256, &changes);
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.board"), bytes).unwrap();
        let _ = snapshots(dir.path());
    }

    #[test]
    fn a_control_file_changed_anywhere_never_panics_and_is_used_on(changes in changes()) {
        let mut bytes = golden_file(1, "control");
        change(&mut bytes, 0, &changes);
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("control"), bytes).unwrap();
        // opened by a program that records, as well as read
        let spool = Spool::new(SpoolConfig::new(dir.path()));
        prop_assert!(spool.append(&filler(1)).is_ok());
        spool.set_app_state("an app nobody knew", AppState::Paused);
        let control = Control::open(dir.path()).unwrap();
        prop_assert_eq!(control.state("an app nobody knew"), AppState::Paused);
        prop_assert!(control.apps().len() <= 126);
    }
}
