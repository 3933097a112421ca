//! A data folder with real files, for tests.

use crate::{Server, Settings};
use haechi_event::{Flags, Log, Record, Request, Severity};
use haechi_spool::board::{Entered, Finished};
use haechi_spool::write::{Spool, SpoolConfig};
use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) const APP: &str = "your_app";

/// A data folder that a program writes to.
pub(crate) struct Folder {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) spool: Spool,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::new(SpoolConfig {
            program: "test".to_owned(),
            ..SpoolConfig::new(&dir.path().join("spool"))
        });
        Self { dir, spool }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn server(&self) -> Server {
        Server::start(Settings::new(self.path())).unwrap()
    }

    /// One request that ended just now, also counted in the scoreboard.
    pub(crate) fn request(&self, route: &str, status: u16, duration_ms: u64) {
        let now = crate::ask::Moment::now().unix_ms();
        let duration_ns = duration_ms * 1_000_000;
        let kept = self.spool.with_lane(|mut lane| {
            let id = lane.next_id(now);
            let request = Request {
                id,
                start_unix_ns: now * 1_000_000,
                duration_ns,
                status,
                flags: Flags::default(),
                app: APP,
                method: "GET",
                route,
                path: "/some/path",
                client: "127.0.0.1",
                user_agent: "curl",
                ..Request::default()
            };
            let slot = lane.route(APP, "GET", route);
            lane.board().finish(
                slot,
                &Finished {
                    id,
                    status,
                    duration_ns,
                    cpu_ns: None,
                    bytes_in: 0,
                    bytes_out: 0,
                    end_unix_s: now / 1000,
                    app: APP,
                    method: "GET",
                    route,
                    path: "/some/path",
                },
            );
            lane.append_with(|buffer| Record::Request(request).encode(buffer))
        });
        kept.unwrap().unwrap();
    }

    /// A request that has begun and not ended.
    pub(crate) fn begin(&self, path: &str) {
        let now = crate::ask::Moment::now().unix_ms();
        self.spool.with_lane(|mut lane| {
            let entered = Entered {
                id: lane.next_id(now),
                app: APP,
                method: "GET",
                path,
                client: "127.0.0.1",
                start_unix_ns: now * 1_000_000,
            };
            lane.board().enter(&entered);
        });
    }

    pub(crate) fn log(&self, severity: Severity, message: &str) {
        let now = crate::ask::Moment::now().unix_ms();
        let log = Log {
            time_unix_ns: now * 1_000_000,
            severity,
            message_bytes: message.len() as u64,
            app: APP,
            logger: "web2py.app.your_app",
            message,
            ..Log::default()
        };
        self.spool.append(&Record::Log(log)).unwrap();
    }
}

/// Waits for a condition instead of for a time.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
