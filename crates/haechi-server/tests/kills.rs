//! `kill -9` of programs that record and of the server that collects, at random
//! moments: no record is lost but the one being written, none is stored twice.
//! The killed programs are this test itself, run again.
//!
//! `HAECHI_SEED` repeats the moments of an earlier run, `HAECHI_SOAK=1` makes
//! the kills hundreds.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail and speak")]

use haechi_event::Request;
use haechi_server::{Server, Settings};
use haechi_spool::board;
use haechi_spool::read::SpoolDir;
use haechi_spool::write::{Spool, SpoolConfig};
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DIR: &str = "HAECHI_TEST_KILL_DIR";
const WRITER: &str = "HAECHI_TEST_KILL_WRITER";
const THREADS: usize = 2;
/// Of each thread of a writer, unless it is killed before.
const RECORDS: u64 = 20_000;

/// Splitmix64: the moments of the kills.
struct Chance(u64);

impl Chance {
    fn from_environment() -> Self {
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
        let seed = std::env::var("HAECHI_SEED").map_or(u64::from(clock), |s| s.parse().unwrap());
        println!("HAECHI_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// Lets a random time pass before a kill: the moment is what is tried out.
    #[expect(clippy::disallowed_methods, reason = "nothing is waited for")]
    fn pause(&mut self, at_most_us: u64) {
        std::thread::sleep(Duration::from_micros(self.below(at_most_us)));
    }
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

/// Where a thread of a writer says how many records it has appended; a file, so
/// that its word outlives it.
fn word_of(dir: &Path, writer: usize, thread: usize) -> PathBuf {
    dir.join(format!("appended-{writer}-{thread}"))
}

/// Appends numbered records as fast as it can and says after each that it did.
fn append(spool: &Spool, dir: &Path, writer: usize, thread: usize) {
    let word = File::create(word_of(dir, writer, thread)).unwrap();
    for n in 1..=RECORDS {
        let now = now_ms();
        let path = format!("/{writer}/{thread}/{n}");
        let kept = spool.with_lane(|mut lane| {
            let request = Request {
                id: lane.next_id(now),
                start_unix_ns: now * 1_000_000,
                duration_ns: n,
                status: 200,
                app: "app",
                method: "GET",
                route: "route",
                path: &path,
                ..Request::default()
            };
            lane.append_with(|buffer| request.encode(buffer))
        });
        assert_eq!(kept, Some(Ok(())));
        word.write_all_at(&n.to_le_bytes(), 0).unwrap();
    }
}

#[test]
fn the_program_that_records_and_is_killed() {
    // does its work only when the test below runs it
    let (Some(dir), Ok(writer)) = (std::env::var_os(DIR), std::env::var(WRITER)) else { return };
    let (dir, writer) = (PathBuf::from(dir), writer.parse().unwrap());
    // never full: what a full spool drops or overwrites is no loss by a kill
    let config = SpoolConfig { budget_bytes: 64 << 30, ..SpoolConfig::new(&dir.join("spool")) };
    let spool = Spool::new(config);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (spool, dir) = (&spool, &dir);
            scope.spawn(move || append(spool, dir, writer, thread));
        }
    });
}

#[test]
fn the_server_that_collects_and_is_killed() {
    let (Some(dir), Err(_)) = (std::env::var_os(DIR), std::env::var(WRITER)) else { return };
    let _server = Server::start(Settings::new(Path::new(&dir))).unwrap();
    loop {
        std::thread::park();
    }
}

/// Runs one of the two above.
fn run(dir: &Path, writer: Option<usize>) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let name = match writer {
        Some(writer) => {
            command.env(WRITER, writer.to_string());
            "the_program_that_records_and_is_killed"
        }
        None => "the_server_that_collects_and_is_killed",
    };
    command.args([name, "--exact", "--nocapture"]).env(DIR, dir);
    command.stdout(Stdio::null()).spawn().unwrap()
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// How many records each thread has said it appended.
fn said(dir: &Path, writers: usize) -> BTreeMap<(usize, usize), u64> {
    let all = (0..writers).flat_map(|writer| (0..THREADS).map(move |thread| (writer, thread)));
    all.map(|(writer, thread)| {
        let mut word = [0; 8];
        if let Ok(file) = File::open(word_of(dir, writer, thread)) {
            let _ = file.read_at(&mut word, 0).unwrap();
        }
        ((writer, thread), u64::from_le_bytes(word))
    })
    .collect()
}

fn day_files(dir: &Path) -> Vec<Connection> {
    let files = std::fs::read_dir(dir.join("days")).unwrap().map(|entry| entry.unwrap().path());
    let days = files.filter(|path| path.extension().is_some_and(|ending| ending == "db"));
    days.map(|path| Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap())
        .collect()
}

/// The numbers that are stored of each thread, in order.
fn stored(dir: &Path) -> BTreeMap<(usize, usize), Vec<u64>> {
    let mut found: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for day in day_files(dir) {
        let mut statement = day.prepare("SELECT path FROM requests").unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let path: String = row.get(0).unwrap();
            let parts: Vec<u64> = path.split('/').skip(1).map(|n| n.parse().unwrap()).collect();
            found.entry((parts[0] as usize, parts[1] as usize)).or_default().push(parts[2]);
        }
    }
    found.values_mut().for_each(|numbers| numbers.sort_unstable());
    found
}

fn counted(dir: &Path) -> i64 {
    let sql = "SELECT coalesce(sum(u.requests), 0) FROM rollups u JOIN routes r ON r.id = u.route \
               WHERE r.kind = 0 AND u.width = 1";
    let count = |day: &Connection| day.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    day_files(dir).iter().map(count).sum()
}

/// Starts `writers` one after the other and kills each, and the collector
/// beside them again and again. Returns how many were killed at work.
fn kill_at_random_moments(dir: &Path, writers: usize, chance: &mut Chance) -> usize {
    let mut collector = run(dir, None);
    let mut killed = 0;
    for number in 0..writers {
        let mut writer = run(dir, Some(number));
        // as often while it starts, reads, commits or unlinks as while it waits
        for _ in 0..chance.below(3) {
            chance.pause(150_000);
            kill(&mut collector);
            collector = run(dir, None);
        }
        chance.pause(60_000);
        killed += usize::from(writer.try_wait().unwrap().is_none());
        kill(&mut writer);
    }
    kill(&mut collector);
    killed
}

#[test]
fn killed_writers_and_collectors_lose_nothing_and_repeat_nothing() {
    let writers = if std::env::var_os("HAECHI_SOAK").is_some() { 300 } else { 15 };
    let dir = tempfile::tempdir().unwrap();
    let killed = kill_at_random_moments(dir.path(), writers, &mut Chance::from_environment());
    let server = Server::start(Settings::new(dir.path())).unwrap();
    assert!(server.stop(Duration::from_secs(120)), "not all was stored in two minutes");
    let spool = SpoolDir::open(&dir.path().join("spool")).unwrap();
    assert_eq!(spool.segments().unwrap(), Vec::<String>::new(), "segments are left");

    let (said, stored) = (said(dir.path(), writers), stored(dir.path()));
    let all: u64 = said.values().sum();
    println!("{killed} of {writers} writers were killed while they wrote; {all} records");
    assert!(killed > writers / 5 && all > 1000, "too little was killed to show anything");
    for (thread, said) in &said {
        let numbers = stored.get(thread).map_or(&[][..], Vec::as_slice);
        let last = numbers.len() as u64;
        assert!(numbers.iter().copied().eq(1..=last), "{thread:?} has gaps or repeats");
        assert!(last == *said || last == said + 1, "{thread:?} said {said}, stored are {last}");
    }
    let rows: usize = stored.values().map(Vec::len).sum();
    assert_eq!(counted(dir.path()), rows as i64, "rollups differ from the rows");
    let dropped = board::snapshots(spool.path()).into_iter().flat_map(|board| board.drops);
    assert_eq!(dropped.collect::<Vec<_>>(), []);
}
