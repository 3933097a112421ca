//! A data folder with real files, for tests.

use crate::{Server, Settings};
use haechi_event::{
    Exception, Flags, Frame, Log, Record, Request, RequestId, Severity, StackWriter, Tie,
};
use haechi_spool::board::{Entered, Finished};
use haechi_spool::write::{Spool, SpoolConfig};
use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) const APP: &str = "your_app";

/// How a request fails.
pub(crate) struct Failure<'a> {
    pub(crate) kind: &'a str,
    pub(crate) message: &'a str,
    pub(crate) function: &'a str,
    pub(crate) ticket: &'a str,
    pub(crate) release: &'a str,
}

impl Default for Failure<'_> {
    fn default() -> Self {
        Self {
            kind: "ZeroDivisionError",
            message: "division by zero",
            function: "pay",
            ticket: "",
            release: "1.0",
        }
    }
}

/// What a failure left.
pub(crate) struct Failed {
    pub(crate) event: RequestId,
    pub(crate) request: RequestId,
}

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

    /// Another process of it, whose recorder is of this version.
    pub(crate) fn recorder_of(&self, version: &str) -> Spool {
        let config = SpoolConfig {
            recorder: version.to_owned(),
            runtime: "CPython 3.9.1".to_owned(),
            ..SpoolConfig::new(&self.path().join("spool"))
        };
        let spool = Spool::new(config);
        // one may be known before the first record, and may be after
        if version.is_empty() {
            spool.set_framework("web2py 2.26.1");
        }
        spool.append(&Record::Log(Log { app: APP, ..Log::default() })).unwrap();
        spool.set_framework("web2py 2.26.1");
        spool
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
            lane.finish(
                &slot,
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
                    path: b"/some/path",
                },
            );
            lane.append_with(|buffer| Record::Request(request).encode(buffer))
        });
        kept.unwrap().unwrap();
    }

    /// One request of a person, signed in as `user`, that was answered just now.
    pub(crate) fn visited(&self, path: &str, user: &str, status: u16, bytes_out: u64) {
        let now = crate::ask::Moment::now().unix_ms();
        let kept = self.spool.with_lane(|mut lane| {
            let request = Request {
                id: lane.next_id(now),
                start_unix_ns: now * 1_000_000,
                status,
                bytes_out,
                app: APP,
                route: "(unmatched)",
                path,
                user,
                client: "127.0.0.1",
                user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Firefox/130.0",
                ..Request::default()
            };
            lane.append_with(|buffer| request.encode(buffer))
        });
        kept.unwrap().unwrap();
    }

    /// One request that a release handled just now.
    pub(crate) fn released(&self, route: &str, release: &str) {
        let now = crate::ask::Moment::now().unix_ms();
        let kept = self.spool.with_lane(|mut lane| {
            let id = lane.next_id(now);
            let start_unix_ns = now * 1_000_000;
            let request =
                Request { id, start_unix_ns, app: APP, route, release, ..Request::default() };
            lane.append_with(|buffer| request.encode(buffer))
        });
        kept.unwrap().unwrap();
    }

    /// Requests of a release, one every two seconds from so many minutes ago until
    /// so many, each as long as `duration_ms` says of its number.
    pub(crate) fn past(
        &self,
        release: &str,
        minutes: std::ops::Range<u64>,
        duration_ms: impl Fn(u64) -> u64,
    ) -> u64 {
        let now = crate::ask::Moment::now().unix_ms();
        let count = (minutes.end - minutes.start) * 30;
        for number in 0..count {
            let start = now - minutes.end * 60_000 + number * 2000;
            let kept = self.spool.with_lane(|mut lane| {
                let request = Request {
                    id: lane.next_id(start),
                    start_unix_ns: start * 1_000_000,
                    duration_ns: duration_ms(number) * 1_000_000,
                    status: 200,
                    app: APP,
                    method: "GET",
                    route: "default/slow",
                    release,
                    ..Request::default()
                };
                lane.append_with(|buffer| request.encode(buffer))
            });
            kept.unwrap().unwrap();
        }
        count
    }

    /// A request that was handled just now, with where its time went.
    pub(crate) fn timed(&self, split: &haechi_event::Split, duration_ns: u64) {
        let now = crate::ask::Moment::now().unix_ms();
        let (mut parts, start_unix_ns) = (Vec::new(), now * 1_000_000);
        split.encode(&mut parts);
        let kept = self.spool.with_lane(|mut lane| {
            let (id, split) = (lane.next_id(now), parts.as_slice());
            let request =
                Request { id, start_unix_ns, duration_ns, app: APP, split, ..Request::default() };
            lane.append_with(|buffer| request.encode(buffer))
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
                route: "",
                path: path.as_bytes(),
                client: "127.0.0.1",
                start_unix_ns: now * 1_000_000,
                thread: 0,
            };
            lane.board().enter(&entered);
        });
    }

    /// A request that failed with an exception, was logged in, and showed a ticket.
    pub(crate) fn failing(&self, failure: &Failure<'_>) -> Failed {
        let now = crate::ask::Moment::now().unix_ms();
        let time_unix_ns = now * 1_000_000;
        let mut stack = Vec::new();
        let mut writer = StackWriter::new(&mut stack);
        writer.cause(Tie::Raised, failure.kind, failure.message);
        writer.frame(&Frame { file: "gluon/main.py", function: "wsgibase", ..Frame::default() });
        writer.frame(&Frame {
            file: "applications/your_app/controllers/default.py",
            function: failure.function,
            line: 7,
            in_app: true,
            source: "1 / zero",
            ..Frame::default()
        });
        writer.local("zero", "0");
        writer.cause(Tie::Context, "KeyError", "'card'");
        let kept = self.spool.with_lane(|mut lane| {
            let (id, request_id) = (lane.next_id(now), lane.next_id(now));
            let exception = Exception {
                id,
                time_unix_ns,
                request_id,
                app: APP,
                route: "default/pay",
                release: failure.release,
                ticket: failure.ticket,
                kind: failure.kind,
                message: failure.message,
                stack: &stack,
                ..Exception::default()
            };
            let log = Log {
                time_unix_ns,
                request_id,
                severity: Severity::Error,
                app: APP,
                route: "default/pay",
                message: "could not pay",
                ..Log::default()
            };
            let request = Request {
                id: request_id,
                start_unix_ns: time_unix_ns,
                duration_ns: 1_000_000,
                status: 500,
                app: APP,
                method: "POST",
                route: "default/pay",
                path: "/your_app/default/pay",
                ticket: failure.ticket,
                ..Request::default()
            };
            lane.append_with(|buffer| Record::Exception(exception).encode(buffer)).unwrap();
            lane.append_with(|buffer| Record::Log(log).encode(buffer)).unwrap();
            lane.append_with(|buffer| Record::Request(request).encode(buffer)).unwrap();
            Failed { event: id, request: request_id }
        });
        kept.unwrap()
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
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
