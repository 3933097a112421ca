//! What an app recorded, for its tests to look at.
//!
//! ```
//! # #[cfg(feature = "axum")] {
//! use axum::{Router, body::Body, routing::get};
//! use http::Request;
//! use tower::ServiceExt;
//!
//! async fn item(logger: haechi::Logger) -> &'static str {
//!     logger.warn("the last one");
//!     "item"
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let recorded = haechi::test::Recorded::new("your_app");
//! let app = Router::new().route("/item/{id}", get(item)).layer(recorded.monitor().layer());
//!
//! app.oneshot(Request::get("/item/7").body(Body::empty()).unwrap()).await.unwrap();
//!
//! let request = recorded.request();
//! assert_eq!((&*request.method, &*request.route, request.status), ("GET", "/item/{id}", 200));
//! let logs = recorded.logs();
//! assert_eq!((&*logs[0].message, logs[0].request_id), ("the last one", request.id));
//! assert!(recorded.exceptions().is_empty());
//! # } main() }
//! ```

mod span;

pub use span::Span;

use crate::{Flags, Monitor, Part, RequestId, Severity, decode_stack};
use haechi_event::{Record, decode_attributes};
use haechi_spool::board::snapshots;
use haechi_spool::read::{SpoolDir, Tail};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A monitor that writes into a temporary folder, and what it has written. The
/// folder goes when this is dropped.
#[derive(Debug)]
pub struct Recorded {
    monitor: Monitor,
    folder: PathBuf,
}

/// A request that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// `http.request.method`.
    pub method: String,
    /// The template, or `(unmatched)`.
    pub route: String,
    /// `url.path`, without its secrets.
    pub path: String,
    /// `url.query`, without its secrets.
    pub query: String,
    /// `http.response.status_code`; 0 if none was sent.
    pub status: u16,
    /// From its first line to the last byte of the body.
    pub duration: Duration,
    /// Bytes of the request's body, as announced.
    pub bytes_in: u64,
    /// Bytes of the response's body that were sent.
    pub bytes_out: u64,
    /// `client.address`; empty if not known.
    pub client: String,
    /// `user_agent.original`.
    pub user_agent: String,
    /// Who was signed in; empty if not known.
    pub user: String,
    /// What else is known: `Flags::ABORTED`, `Flags::RAISED` and so on.
    pub flags: Flags,
    /// What its time was spent on; see [`Self::time_of`].
    pub parts: Vec<(Part, Duration)>,
    /// Queries that were asked five times or more from one line, without their
    /// data, and how often.
    pub repeats: Vec<(String, u32)>,
}

/// A log line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Log {
    /// The request it was written in, or [`RequestId::NONE`].
    pub request_id: RequestId,
    /// Its level.
    pub severity: Severity,
    /// Who wrote it.
    pub logger: String,
    /// Route of the request.
    pub route: String,
    /// The text, without its secrets.
    pub message: String,
    /// What it was given beside the text.
    pub attributes: Vec<(String, String)>,
}

/// A panic, or an error that was captured.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exception {
    /// The request it occurred in, or [`RequestId::NONE`].
    pub request_id: RequestId,
    /// `exception.type`, or `panic`.
    pub kind: String,
    /// `exception.message`, without its secrets.
    pub message: String,
    /// Route of the request.
    pub route: String,
    /// Types and messages of its sources, nearest first.
    pub sources: Vec<(String, String)>,
}

impl Recorded {
    /// A monitor of `app`, with a data folder of its own and its log file there.
    #[must_use]
    pub fn new(app: &str) -> Self {
        static FOLDERS: AtomicU64 = AtomicU64::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("haechi-test-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        // of a process that had our id before and was killed
        let _ = std::fs::remove_dir_all(&folder);
        let log_file = Some(folder.join("app.log"));
        let monitor = Monitor::builder(app).data(&folder).log_file(log_file).build();
        Self { monitor, folder }
    }

    /// The monitor.
    #[must_use]
    pub const fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The requests that have ended, in the order they began.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        let mut found = Vec::new();
        self.each(|record| {
            if let Record::Request(request) = record {
                found.push(Request::of(request));
            }
        });
        found.sort_by_key(|request| request.id);
        found
    }

    /// The only request that has ended.
    ///
    /// # Panics
    /// If there is none, or more than one.
    #[must_use]
    #[track_caller]
    #[allow(clippy::panic, reason = "it is an assertion")]
    pub fn request(&self) -> Request {
        let mut requests = self.requests();
        match (requests.pop(), requests.len()) {
            (Some(request), 0) => request,
            (None, _) => panic!("no request has ended; {} in flight", self.in_flight()),
            (Some(last), others) => panic!("{others} requests ended before {last:?}"),
        }
    }

    /// Requests that have begun and not ended.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        let boards = snapshots(self.monitor.recorder().spool_dir());
        boards.iter().map(|board| board.in_flight.len() + board.overflow_in_flight as usize).sum()
    }

    /// The log lines, in the order they were written.
    #[must_use]
    pub fn logs(&self) -> Vec<Log> {
        let mut found = Vec::new();
        self.each(|record| {
            if let Record::Log(log) = record {
                found.push((log.time_unix_ns, Log::of(log)));
            }
        });
        found.sort_by_key(|(time, _)| *time);
        found.into_iter().map(|(_, log)| log).collect()
    }

    /// The panics and captured errors, in the order they occurred.
    #[must_use]
    pub fn exceptions(&self) -> Vec<Exception> {
        let mut found = Vec::new();
        self.each(|record| {
            if let Record::Exception(exception) = record {
                found.push((exception.time_unix_ns, Exception::of(exception)));
            }
        });
        found.sort_by_key(|(time, _)| *time);
        found.into_iter().map(|(_, exception)| exception).collect()
    }

    /// The timed parts of requests, in the order they began; those of tasks and
    /// threads beside their request too.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        let mut found = Vec::new();
        self.each(|record| {
            if let Record::Span(span) = record {
                found.push(Span::of(span));
            }
        });
        found.sort_by_key(|span| (span.request_id, span.start, span.id));
        found
    }

    /// Reads the spool from its beginning; before anything was recorded there is
    /// none.
    fn each(&self, mut look: impl FnMut(&Record<'_>)) {
        let Ok(dir) = SpoolDir::open(self.monitor.recorder().spool_dir()) else { return };
        for name in dir.segments().unwrap_or_default() {
            let Ok(mut reader) = dir.reader(&name) else { continue };
            let mut buffer = Vec::new();
            while let Ok(chunk) = reader.read(&mut buffer, 1 << 20) {
                for raw in &chunk.records {
                    if let Ok(record) = Record::decode(raw.payload) {
                        look(&record);
                    }
                }
                if chunk.tail != Tail::More {
                    break;
                }
            }
        }
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Request {
    fn of(request: &haechi_event::Request<'_>) -> Self {
        Self {
            id: request.id,
            method: request.method.to_owned(),
            route: request.route.to_owned(),
            path: request.path.to_owned(),
            query: request.query.to_owned(),
            status: request.status,
            duration: Duration::from_nanos(request.duration_ns),
            bytes_in: request.bytes_in,
            bytes_out: request.bytes_out,
            client: request.client.to_owned(),
            user_agent: request.user_agent.to_owned(),
            user: request.user.to_owned(),
            flags: request.flags,
            parts: span::parts(request.split),
            repeats: span::repeats(request.repeats),
        }
    }

    /// How much of its time was spent on a part and on nothing inside it.
    #[must_use]
    pub fn time_of(&self, part: Part) -> Duration {
        let found = self.parts.iter().find(|(of, _)| *of == part);
        found.map_or(Duration::ZERO, |(_, time)| *time)
    }

    /// Whether the client left, or the server gave up, before the response was
    /// whole.
    #[must_use]
    pub const fn is_aborted(&self) -> bool {
        self.flags.contains(Flags::ABORTED)
    }

    /// How a gRPC call ended (`rpc.grpc.status_code`), if it is one.
    #[must_use]
    pub const fn grpc_status(&self) -> Option<u16> {
        self.flags.grpc_status()
    }
}

impl Log {
    fn of(log: &haechi_event::Log<'_>) -> Self {
        let own = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        Self {
            request_id: log.request_id,
            severity: log.severity,
            logger: log.logger.to_owned(),
            route: log.route.to_owned(),
            message: log.message.to_owned(),
            attributes: decode_attributes(log.attributes).map(own).collect(),
        }
    }
}

impl Exception {
    fn of(exception: &haechi_event::Exception<'_>) -> Self {
        let causes = decode_stack(exception.stack).unwrap_or_default();
        let sources = causes.iter().skip(1);
        Self {
            request_id: exception.request_id,
            kind: exception.kind.to_owned(),
            message: exception.message.to_owned(),
            route: exception.route.to_owned(),
            sources: sources
                .map(|cause| (cause.kind.to_string(), cause.message.to_string()))
                .collect(),
        }
    }
}
