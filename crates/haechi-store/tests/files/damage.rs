//! A damaged file never needs a hand: the store opens, the damaged part is set
//! aside and noted, everything else is there, and writing goes on.

use crate::generate::{DAY_MS, FIRST_DAY_MS, Owned, Random, batch, records};
use crate::naive_issues::assert_issues;
use crate::{copy, open, requests_in, requests_of_day};
use haechi_store::{
    IssuesQuery, LogHistogramQuery, LogsQuery, PatternsQuery, RequestsQuery, RoutesQuery,
    SqliteStore, Store, TrafficQuery,
};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const MIDDLE: &str = "days/2026-03-01.db";
const MAIN: &str = "haechi.db";

/// A closed store with three days, and the records in it.
fn sound(random: &mut Random) -> (TempDir, Vec<Owned>) {
    let dir = TempDir::new().unwrap();
    let records = records(random, 1200);
    let store = open(dir.path());
    store.append(&batch(&records[..700])).unwrap();
    store.fold().unwrap();
    store.append(&batch(&records[700..])).unwrap();
    drop(store);
    (dir, records)
}

/// Opens a copy of the store after `damage` was done to it, in time.
fn open_damaged(sound: &Path, damage: impl FnOnce(&Path)) -> (TempDir, SqliteStore) {
    let dir = TempDir::new().unwrap();
    copy(sound, dir.path());
    damage(dir.path());
    let start = Instant::now();
    let store = open(dir.path());
    assert!(start.elapsed() < Duration::from_secs(5));
    (dir, store)
}

/// Every question gets an answer.
fn ask_everything(store: &SqliteStore) {
    let (from_ms, to_ms) = (FIRST_DAY_MS, FIRST_DAY_MS + 4 * DAY_MS);
    let limit = 10_000;
    let day = TrafficQuery { from_ms, to_ms, step_s: 3600, ..TrafficQuery::default() };
    store.traffic(&day).unwrap();
    store.traffic(&TrafficQuery { step_s: 86_400, ..day.clone() }).unwrap();
    store.traffic(&TrafficQuery { step_s: 60, method: Some("GET".into()), ..day }).unwrap();
    store.routes(&RoutesQuery { from_ms, to_ms, limit, ..RoutesQuery::default() }).unwrap();
    store.requests(&RequestsQuery { from_ms, to_ms, limit, ..RequestsQuery::default() }).unwrap();
    let logs = LogsQuery { from_ms, to_ms, limit, ..LogsQuery::default() };
    store.logs(&LogsQuery { text: Some("disk".into()), ..logs.clone() }).unwrap();
    store.logs(&logs).unwrap();
    let patterns =
        PatternsQuery { from_ms, to_ms, step_s: 3600, limit, ..PatternsQuery::default() };
    store.patterns(&patterns).unwrap();
    for lines in [LogsQuery { text: Some("disk".into()), ..logs.clone() }, logs] {
        store.log_histogram(&LogHistogramQuery { lines, step_s: 3600 }).unwrap();
    }
    let issues = IssuesQuery { from_ms, to_ms, limit, ..IssuesQuery::default() };
    for issue in store.issues(&issues).unwrap().iter().take(3) {
        store.issue(issue.issue, to_ms).unwrap();
        store.events(issue.issue, None, 100).unwrap();
    }
    store.find("shop/1").unwrap();
    store.find("0af7651916cd43dd8448eb211c80319c").unwrap();
    store.apps().unwrap();
    store.notes(100).unwrap();
    store.drops().unwrap();
    store.size().unwrap();
    store.position("boot-1.seg").unwrap();
}

/// Records no store has seen, on all three days.
fn more(random: &mut Random) -> Vec<Owned> {
    let mut more = records(random, 60);
    for record in &mut more {
        record.segment.push_str("-more");
    }
    more
}

fn is_noted(store: &SqliteStore, kind: &str, name: &str) -> bool {
    store.notes(100).unwrap().iter().any(|note| note.kind == kind && note.name == name)
}

fn quarantined(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("quarantine")).unwrap().map(|entry| entry.unwrap().path());
    let is_side_file = |path: &PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".db-shm") || name.ends_with(".db-wal") && !name.contains("2026-05-05")
    };
    entries.filter(|path| !is_side_file(path)).collect()
}

#[test]
fn a_day_cut_at_any_place_is_set_aside_and_the_others_stay() {
    let mut random = Random::seeded(51);
    let (dir, records) = sound(&mut random);
    let len = fs::metadata(dir.path().join(MIDDLE)).unwrap().len();
    let mut cuts: Vec<u64> = vec![0, 1, 16, 50, 99, 100, 101, 1024, 4095, 4096, 4097, len - 1];
    cuts.extend((0..30).map(|_| random.below(len)));
    for cut in cuts {
        let (copy, store) = open_damaged(dir.path(), |dir| {
            let file = OpenOptions::new().write(true).open(dir.join(MIDDLE)).unwrap();
            file.set_len(cut).unwrap();
        });
        assert!(is_noted(&store, "quarantine", "2026-03-01.db"), "cut at {cut}");
        assert_eq!(quarantined(copy.path()).len(), 1, "cut at {cut}");
        ask_everything(&store);
        for day in [0, 2] {
            assert_eq!(requests_of_day(&store, day), requests_in(&records, day), "cut at {cut}");
        }
        assert_eq!(requests_of_day(&store, 1), 0);
        let more = more(&mut random);
        assert_eq!(store.append(&batch(&more)).unwrap().stored, 60);
        assert_eq!(requests_of_day(&store, 1), requests_in(&more, 1));
    }
}

/// When each release of each app was seen first.
fn first_seen(store: &SqliteStore) -> BTreeMap<(String, String), u64> {
    // the oldest come first, and the last word counts
    let seen = store.releases().unwrap().into_iter().rev();
    seen.map(|seen| ((seen.app, seen.release), seen.first_ms)).collect()
}

#[test]
fn a_main_file_cut_at_any_place_is_made_again_from_the_days() {
    let mut random = Random::seeded(52);
    let (dir, records) = sound(&mut random);
    let (apps, releases) = {
        let store = open(dir.path());
        (store.apps().unwrap(), first_seen(&store))
    };
    assert!(!releases.is_empty());
    let len = fs::metadata(dir.path().join(MAIN)).unwrap().len();
    let mut cuts: Vec<u64> = vec![1, 99, 100, 4096, len - 1];
    cuts.extend((0..12).map(|_| 1 + random.below(len - 1)));
    for cut in cuts {
        let (copy, store) = open_damaged(dir.path(), |dir| {
            OpenOptions::new().write(true).open(dir.join(MAIN)).unwrap().set_len(cut).unwrap();
        });
        assert!(is_noted(&store, "quarantine", "haechi.db"), "cut at {cut}");
        assert_eq!(quarantined(copy.path()).len(), 1);
        assert_issues(&store, &records);
        ask_everything(&store);
        for day in 0..3 {
            assert_eq!(requests_of_day(&store, day), requests_in(&records, day));
        }
        let counts = |apps: Vec<haechi_store::AppSummary>| {
            apps.into_iter().map(|app| (app.app, app.requests)).collect::<Vec<_>>()
        };
        assert_eq!(counts(store.apps().unwrap()), counts(apps.clone()));
        assert_eq!(first_seen(&store), releases);
        // positions are lost with it; what is read again is known
        assert_eq!(store.append(&batch(&records)).unwrap().stored, 0);
        store.fold().unwrap();
        assert_eq!(counts(store.apps().unwrap()), counts(apps.clone()));
        assert_issues(&store, &records);
    }
}

#[test]
fn any_changed_bytes_leave_a_store_that_opens_answers_and_writes() {
    let mut random = Random::seeded(53);
    let (dir, records) = sound(&mut random);
    for round in 0..150 {
        let name = if random.one_in(3) { MAIN } else { MIDDLE };
        let (_copy, store) = open_damaged(dir.path(), |dir| {
            let file = OpenOptions::new().write(true).open(dir.join(name)).unwrap();
            let len = file.metadata().unwrap().len();
            for _ in 0..1 + random.below(60) {
                let (page, at) = (random.below(len / 4096), random.below(4096));
                // headers of pages are where damage hurts most
                let at = if random.one_in(2) { at % 64 } else { at };
                file.write_all_at(&[random.next() as u8], page * 4096 + at).unwrap();
            }
        });
        println!("round {round}, {name}");
        ask_everything(&store);
        for day in [0, 2] {
            assert_eq!(requests_of_day(&store, day), requests_in(&records, day));
        }
        assert_eq!(store.append(&batch(&more(&mut random))).unwrap().stored, 60);
        store.fold().unwrap();
        ask_everything(&store);
        store.retain(FIRST_DAY_MS + 3 * DAY_MS, 0, 0).unwrap();
        ask_everything(&store);
    }
}

#[test]
fn files_of_others_and_of_newer_versions_are_set_aside_untouched() {
    let mut random = Random::seeded(54);
    let (dir, records) = sound(&mut random);
    type Damage<'d> = &'d dyn Fn(&Path);
    let foreign: [(&str, Damage<'_>); 6] = [
        (MIDDLE, &|path| {
            // of a program from before the first release
            rusqlite::Connection::open(path)
                .unwrap()
                .pragma_update(None, "application_id", 0x4861_6544)
                .unwrap();
        }),
        (MIDDLE, &|path| fs::write(path, "hello, I am a text file ".repeat(90)).unwrap()),
        (MIDDLE, &|path| {
            fs::remove_file(path).unwrap();
            let other = rusqlite::Connection::open(path).unwrap();
            other.execute_batch("CREATE TABLE theirs(x); INSERT INTO theirs VALUES (1)").unwrap();
        }),
        (MIDDLE, &|path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        }),
        (MIDDLE, &|path| {
            rusqlite::Connection::open(path)
                .unwrap()
                .pragma_update(None, "user_version", 2)
                .unwrap();
        }),
        (MAIN, &|path| {
            rusqlite::Connection::open(path)
                .unwrap()
                .pragma_update(None, "user_version", 99)
                .unwrap();
        }),
    ];
    for (name, damage) in foreign {
        let mut before = None;
        let (copy, store) = open_damaged(dir.path(), |dir| {
            damage(&dir.join(name));
            before = fs::read(dir.join(name)).ok();
        });
        let file = name.trim_start_matches("days/");
        assert!(is_noted(&store, "quarantine", file), "{:?}", store.notes(9));
        let aside = quarantined(copy.path());
        assert_eq!(aside.len(), 1);
        assert!(fs::read(&aside[0]).ok() == before, "{aside:?} was changed");
        ask_everything(&store);
        assert_eq!(requests_of_day(&store, 0), requests_in(&records, 0));
        drop(store);
        let store = open(copy.path());
        assert_eq!(quarantined(copy.path()).len(), 1, "a second start sets nothing more aside");
        assert!(is_noted(&store, "quarantine", file));
    }
}

#[test]
fn what_does_not_belong_among_the_days_is_set_aside() {
    let mut random = Random::seeded(55);
    let (dir, records) = sound(&mut random);
    let names = ["notes.txt", "2026-02-30.db", "2026-05-05.db-wal", "x.db"];
    let (copy, store) = open_damaged(dir.path(), |dir| {
        for name in names {
            fs::write(dir.join("days").join(name), "x").unwrap();
        }
    });
    assert_eq!(quarantined(copy.path()).len(), 4);
    for name in names {
        assert!(is_noted(&store, "quarantine", name), "{name}");
    }
    assert_eq!(requests_of_day(&store, 1), requests_in(&records, 1));
    assert!(store.size().unwrap().quarantine_bytes >= 4);
}

#[test]
fn damage_found_while_open_sets_the_file_aside_and_writing_goes_on() {
    let mut random = Random::seeded(56);
    let (dir, records) = sound(&mut random);
    for name in [MIDDLE, MAIN] {
        let copy_dir = TempDir::new().unwrap();
        copy(dir.path(), copy_dir.path());
        let store = open(copy_dir.path());
        let path = copy_dir.path().join(name);
        let len = fs::metadata(&path).unwrap().len();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        // all pages but the first, under the open store
        file.write_all_at(&vec![0xa5; len as usize - 4096], 4096).unwrap();
        ask_everything(&store);
        assert_eq!(store.append(&batch(&more(&mut random))).unwrap().stored, 60);
        assert!(is_noted(&store, "quarantine", name.trim_start_matches("days/")), "{name}");
        for day in [0, 2] {
            assert!(requests_of_day(&store, day) >= requests_in(&records, day));
        }
        ask_everything(&store);
    }
}
