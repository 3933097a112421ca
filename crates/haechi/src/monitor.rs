//! The door for Rust programs: one [`Monitor`] per app.

use crate::recorder::{Recorder, RecorderOptions};
use crate::release::{named_release, release_of_folder};
use crate::statistics::Statistics;
use crate::{LogLine, Severity, current};
use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An app that is being watched. Making one touches no disk and starts no
/// thread; clones share it, and what they share stays until the program ends:
/// one per app is meant.
///
/// ```
/// let monitor = haechi::Monitor::new("your_app");
/// monitor.log(haechi::Severity::Info, "started");
/// # std::fs::remove_dir_all(".haechi").ok();
/// # std::fs::remove_dir_all("logs").ok();
/// ```
#[derive(Debug, Clone)]
pub struct Monitor {
    recorder: Recorder,
    app: &'static str,
    #[cfg_attr(not(feature = "tower"), allow(dead_code, reason = "futures are polled"))]
    blocked_after_ns: u64,
    #[cfg_attr(not(feature = "tower"), allow(dead_code, reason = "others read them later"))]
    keeps_headers: bool,
}

/// Where a [`Monitor`] writes and what it says of its program.
#[derive(Debug, Clone)]
pub struct MonitorBuilder {
    app: String,
    data: PathBuf,
    release: Option<String>,
    log_file: Option<PathBuf>,
    default_on: bool,
    blocked_after: Option<Duration>,
    request_headers: bool,
}

/// What takes a poll longer holds up its thread.
const BLOCKED_AFTER: Duration = Duration::from_millis(100);

impl Monitor {
    /// Watches `app`: into the folder that `HAECHI_DIR` names, else `.haechi`
    /// in the current one; as the release that `HAECHI_RELEASE` names, else a
    /// file `VERSION` or the git commit of the current folder; log lines go to
    /// `logs/<app>.log` too.
    #[must_use]
    pub fn new(app: &str) -> Self {
        Self::builder(app).build()
    }

    /// The same with anything of it changed.
    #[must_use]
    pub fn builder(app: &str) -> MonitorBuilder {
        let data = env::var_os("HAECHI_DIR").filter(|dir| !dir.is_empty());
        MonitorBuilder {
            app: app.to_owned(),
            data: data.map_or_else(|| PathBuf::from(".haechi"), PathBuf::from),
            release: named_release(),
            log_file: Some(PathBuf::from("logs").join(format!("{}.log", file_name(app)))),
            default_on: true,
            blocked_after: Some(BLOCKED_AFTER),
            request_headers: false,
        }
    }

    /// Nanoseconds that one poll may take; 0 if nobody looks.
    #[cfg(feature = "tower")]
    pub(crate) const fn blocked_after_ns(&self) -> u64 {
        self.blocked_after_ns
    }

    /// Whether headers are copied when a request begins.
    #[cfg(feature = "tower")]
    pub(crate) const fn keeps_headers(&self) -> bool {
        self.keeps_headers
    }

    /// `service.name`.
    #[must_use]
    pub const fn app(&self) -> &str {
        self.app
    }

    /// What it records with.
    #[must_use]
    pub const fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Monitors the app in every process, at once and after a restart.
    pub fn enable(&self) {
        self.recorder.enable(self.app);
    }

    /// Pauses that, in every process, until it is enabled.
    pub fn disable(&self) {
        self.recorder.disable(self.app);
    }

    /// The numbers of the app over all its processes.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.recorder.statistics(self.app)
    }

    /// Writes a log line: to the app's file and to the spool, with the request
    /// that is current. Secrets are cut out first.
    #[track_caller]
    pub fn log(&self, severity: Severity, message: &str) {
        let caller = std::panic::Location::caller();
        let place = current::with(|guard| (guard.id(), guard.route().to_owned()));
        let (request_id, route) = place.unwrap_or_default();
        self.recorder.log(&LogLine {
            request_id,
            severity,
            app: self.app,
            logger: self.app,
            route: &route,
            file: caller.file(),
            line: caller.line(),
            message,
            ..LogLine::default()
        });
    }

    /// The layer that records each request of a tower service. Around a router
    /// of axum's, add it by `Router::layer`: routes are known there.
    #[cfg(feature = "tower")]
    #[must_use]
    pub fn layer(&self) -> crate::tower::MonitorLayer {
        crate::tower::MonitorLayer::new(self.clone())
    }

    /// The layer that answers requests whose handler panicked; it belongs inside
    /// of [`Self::layer`]: `.layer(monitor.catch_panic()).layer(monitor.layer())`.
    #[cfg(all(feature = "tower", feature = "panic"))]
    #[must_use]
    pub const fn catch_panic(&self) -> crate::panic::CatchPanicLayer {
        crate::panic::CatchPanicLayer
    }
}

impl MonitorBuilder {
    /// The data folder, which `haechi serve --data` reads. Default: `HAECHI_DIR`,
    /// else `.haechi`.
    #[must_use]
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = folder.into();
        self
    }

    /// `service.version` of what runs. Default: `HAECHI_RELEASE`, else the
    /// first line of a file `VERSION` in the current folder, else the commit of
    /// the git repository that is in.
    #[must_use]
    pub fn release(mut self, release: &str) -> Self {
        self.release = Some(release.to_owned());
        self
    }

    /// The file log lines go to, or none. Default: `logs/<app>.log`.
    #[must_use]
    pub fn log_file(mut self, path: Option<PathBuf>) -> Self {
        self.log_file = path;
        self
    }

    /// Whether the app is monitored before anybody has enabled or disabled it.
    /// Default: it is.
    #[must_use]
    pub const fn on_from_the_start(mut self, on: bool) -> Self {
        self.default_on = on;
        self
    }

    /// How long a request's future may run without a pause before that counts as
    /// holding up its thread, in [`crate::Part::Blocked`] and by a line in the log;
    /// `None`: nobody looks. Default: 100 ms.
    #[must_use]
    pub const fn blocked_after(mut self, time: Option<Duration>) -> Self {
        self.blocked_after = time;
        self
    }

    /// Whether requests that fail (5xx, or an error was recorded) or are slow keep
    /// their headers and those of their answer, with secrets cut out. A request is
    /// given away to its handler, so each one's are copied when it begins, for some
    /// 0.1 µs and without an allocation. The folder's `[headers] keep = false` counts
    /// over it. Default: they do not.
    #[must_use]
    pub const fn request_headers(mut self, keep: bool) -> Self {
        self.request_headers = keep;
        self
    }

    /// The monitor.
    #[must_use]
    pub fn build(self) -> Monitor {
        let program = env::args_os().next().map(PathBuf::from);
        let program = program.as_deref().and_then(|path| path.file_name());
        let recorder = Recorder::new(RecorderOptions {
            data: self.data,
            default_on: self.default_on,
            program: program.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            release: self.release.or_else(|| release_of_folder(Path::new("."))).unwrap_or_default(),
            runtime: "Rust".to_owned(),
        });
        if let Some(path) = self.log_file {
            recorder.set_log_path(&self.app, &path);
        }
        let app: &'static str = self.app.leak();
        #[cfg(feature = "panic")]
        crate::panic::install(recorder, app);
        // no poll is that short: 0 means that nobody looks
        let blocked_after_ns = self.blocked_after.map_or(0, |time| time.as_nanos().max(1) as u64);
        let keeps_headers = self.request_headers && recorder.keeps_headers();
        Monitor { recorder, app, blocked_after_ns, keeps_headers }
    }
}

/// An app's name as one part of a path: what could lead elsewhere becomes `_`.
fn file_name(app: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
    app.chars().take(64).map(safe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_reaches_the_file_and_says_nothing_twice() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("logs").join("your_app.log");
        let monitor =
            Monitor::builder("your_app").data(dir.path()).log_file(Some(file.clone())).build();
        monitor.log(Severity::Warn, "the stock is low");
        let text = std::fs::read_to_string(file).unwrap();
        assert_eq!(text.lines().filter(|line| line.ends_with("the stock is low")).count(), 1);
    }

    #[test]
    fn the_name_of_an_app_cannot_lead_its_log_file_elsewhere() {
        assert_eq!(file_name("../../etc/passwd"), "______etc_passwd");
        assert_eq!(file_name("내 앱"), "내_앱");
    }
}
