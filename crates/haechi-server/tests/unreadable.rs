//! A record that this version does not understand is counted once, however
//! often Haechi is started again while its segment is there.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use haechi_event::{Log, Record};
use haechi_server::ask::{Params, Status};
use haechi_server::{Server, Settings};
use haechi_spool::write::{Spool, SpoolConfig};
use std::time::{Duration, Instant};

fn status(server: &Server) -> Status {
    server.ask().status(Params::default()).unwrap()
}

fn until(server: &Server, holds: impl Fn(&Status) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds(&status(server)) {
        assert!(Instant::now() < deadline, "{:?}", status(server));
        std::thread::yield_now();
    }
}

#[test]
fn records_of_a_newer_version_are_counted_once_over_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::new(SpoolConfig::new(&dir.path().join("spool")));
    for _ in 0..3 {
        spool.append_with(|bytes| bytes.extend_from_slice(b"\xee\x01of a later version")).unwrap();
    }
    let server = Server::start(Settings::new(dir.path())).unwrap();
    until(&server, |status| status.drops.get("newer_version") == Some(&3));
    assert!(server.stop(Duration::from_secs(30)));

    // twice, for what the second adds shows at once in the third
    for stored in 1..=2 {
        let again = Server::start(Settings::new(dir.path())).unwrap();
        assert_eq!(status(&again).drops.get("newer_version"), Some(&3));
        let log = Log { app: "app", message: "after", ..Log::default() };
        spool.append(&Record::Log(log)).unwrap();
        until(&again, |status| status.records_stored == stored);
        let notes = status(&again).notes;
        assert_eq!(notes.iter().filter(|note| note.kind == "unreadable").count(), 1);
        assert!(again.stop(Duration::from_secs(30)));
    }
    let last = Server::start(Settings::new(dir.path())).unwrap();
    assert_eq!(status(&last).drops.get("newer_version"), Some(&3));
}
