use crate::app_logs::AppLogs;
use crate::app_releases::AppReleases;
use crate::attribute::encode;
use crate::clock;
use crate::heads::HeaderSettings;
use crate::log_file::Line;
use crate::log_line::LogLine;
use crate::release::named_release;
use crate::settings_file;
use crate::slow_settings::SlowSettings;
use crate::statistics::Statistics;
use haechi_event::{Log, redact};
use haechi_spool::write::{Spool, SpoolConfig};
use haechi_spool::{AppState, DropReason};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a message that are looked at for secrets and kept in the log file;
/// longer ones are cut before anything else is done with them.
const TEXT_MAX: usize = 16 * 1024;

/// How a program records.
#[derive(Debug, Clone)]
pub struct RecorderOptions {
    /// The data folder; the spool is the folder `spool` in it.
    pub data: PathBuf,
    /// Whether apps nobody has switched on or off are monitored.
    pub default_on: bool,
    /// What the program calls itself.
    pub program: String,
    /// `service.version` of what runs; empty if unknown.
    pub release: String,
    /// What the program runs on, as in `CPython 3.13.1`; empty if not known.
    pub runtime: String,
}

/// A program's way to record. Making one reads the folder's rules of redaction
/// and writes nothing. Each one made stays until the process ends: nothing counts
/// references to it, which threads that handle requests at once would wait for
/// each other at.
#[derive(Debug, Clone, Copy)]
pub struct Recorder {
    inner: &'static Inner,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) spool: Spool,
    pub(crate) wall: clock::Wall,
    releases: AppReleases,
    default_on: bool,
    logs: AppLogs,
    why_standard_rules: Option<String>,
    pub(crate) slow: SlowSettings,
    /// The least duration of a slow request.
    pub(crate) slow_from_ns: u64,
    pub(crate) headers: HeaderSettings,
    /// Generation (high half) and pid (low half), to save a system call a line.
    pid: AtomicU64,
}

impl Recorder {
    /// A recorder into `options.data`.
    #[must_use]
    pub fn new(options: RecorderOptions) -> Self {
        let RecorderOptions { data, default_on, program, release, runtime } = options;
        let (told, why_standard_rules) = settings_file::follow(&data);
        let slow = told.slow.or_environment(std::env::var("HAECHI_SLOW_MS").ok().as_deref());
        let recorder = env!("CARGO_PKG_VERSION").to_owned();
        let config =
            SpoolConfig { program, recorder, runtime, ..SpoolConfig::new(&data.join("spool")) };
        let spool = Spool::new(config);
        let inner = Inner {
            spool,
            wall: clock::Wall::default(),
            releases: AppReleases::new(release),
            default_on,
            logs: AppLogs::default(),
            why_standard_rules,
            slow_from_ns: slow.least_ns(),
            slow,
            headers: told.headers,
            pid: AtomicU64::new(0),
        };
        Self { inner: Box::leak(Box::new(inner)) }
    }

    pub(crate) const fn inner(&self) -> &'static Inner {
        self.inner
    }

    /// Monitors an app, in every process, at once and after a restart.
    pub fn enable(&self, app: &str) {
        self.switch(app, AppState::On);
    }

    /// Pauses monitoring of an app, in every process, until it is enabled.
    pub fn disable(&self, app: &str) {
        self.switch(app, AppState::Paused);
    }

    /// The usual call changes nothing, so it only reads.
    fn switch(&self, app: &str, state: AppState) {
        if self.inner.spool.app_state(app) != state {
            self.inner.spool.set_app_state(app, state);
        }
    }

    /// Whether an app is monitored.
    #[must_use]
    pub fn is_on(&self, app: &str) -> bool {
        self.inner.is_on(self.inner.spool.app_state(app))
    }

    /// The numbers of an app over all its processes.
    #[must_use]
    pub fn statistics(&self, app: &str) -> Statistics {
        Statistics::collect(self.inner.spool.dir(), app, clock::unix_ns())
    }

    /// Says which file an app's log lines go to; the first word counts.
    pub fn set_log_path(&self, app: &str, path: &Path) {
        self.inner.logs.set(app, path);
    }

    /// Says in which folder an app lies whose code is read again while the program
    /// runs: its release is that of the folder, looked at every ten seconds at the
    /// most. The first word counts; `HAECHI_RELEASE` counts more.
    pub fn set_app_folder(&self, app: &str, folder: &Path) {
        if named_release().is_none() {
            self.inner.releases.set_folder(app, folder, clock::monotonic_ns());
        }
    }

    /// Says which framework the program runs on, with its version. The first word
    /// counts.
    pub fn set_framework(&self, framework: &str) {
        self.inner.spool.set_framework(framework);
    }

    /// Says in which folder the program's apps are, so that the collector finds
    /// the tickets they wrote before. Writes one small file, once; trouble with
    /// that is nobody's.
    pub fn leave_site(&self, apps: &Path) {
        let _ = haechi_spool::leave_site(self.inner.spool.dir(), apps);
    }

    /// Writes a log line to its app's file, if it has one, and to the spool, if
    /// the app is monitored. Secrets are cut out first.
    pub fn log(&self, line: &LogLine<'_>) {
        self.inner.log(line);
    }

    /// Why nothing is written to the spool, if nothing is.
    #[must_use]
    pub fn why_not(&self) -> Option<String> {
        self.inner.spool.why_not()
    }

    /// Why the folder's own rules of redaction do not apply, if they do not.
    #[must_use]
    pub fn why_standard_rules(&self) -> Option<&str> {
        self.inner.why_standard_rules.as_deref()
    }

    /// Goes up in every forked child.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.inner.spool.generation()
    }

    /// Log lines that did not reach their file.
    #[must_use]
    pub fn log_lines_dropped(&self) -> u64 {
        self.inner.logs.dropped()
    }

    /// The data folder's spool.
    #[must_use]
    pub fn spool_dir(&self) -> &Path {
        self.inner.spool.dir()
    }
}

impl From<&'static Inner> for Recorder {
    fn from(inner: &'static Inner) -> Self {
        Self { inner }
    }
}

impl Inner {
    /// The release of an app; empty if unknown.
    #[inline]
    pub(crate) fn release(&self, app: &str, now_ns: u64) -> &str {
        self.releases.of(app, now_ns)
    }

    pub(crate) fn is_on(&self, state: AppState) -> bool {
        match state {
            AppState::Unset => self.default_on,
            AppState::On => true,
            AppState::Paused => false,
        }
    }

    fn log(&self, line: &LogLine<'_>) {
        let time_unix_ns =
            if line.time_unix_ns == 0 { clock::unix_ns() } else { line.time_unix_ns };
        let message = redact::text(redact::head(line.message, TEXT_MAX));
        let exception = redact::text(redact::head(line.exception, TEXT_MAX));
        if let Some(file) = self.logs.file(line.app).filter(|_| !line.spool_only) {
            file.write(&Line {
                unix_ns: time_unix_ns,
                pid: self.pid(),
                severity: line.severity,
                app: line.app,
                route: line.route,
                message: &with_length(&message, line.message.len()),
                exception: &exception,
            });
        }
        let is_cut = matches!(message, Cow::Owned(_));
        let attributes = encode(line.attributes, &message, is_cut);
        let template = redact::head(line.template, TEXT_MAX);
        // a secret of the template stands in the message, too; only a folder's own
        // patterns may fit one and not the other
        let look = is_cut || redact::rules().has_patterns();
        let template = if look { redact::text(template) } else { Cow::Borrowed(template) };
        let event = Log {
            time_unix_ns,
            request_id: line.request_id,
            severity: line.severity,
            line: line.line,
            message_bytes: line.message.len() as u64,
            app: line.app,
            logger: line.logger,
            route: line.route,
            file: line.file,
            message: &message,
            exception: &exception,
            template: &template,
            attributes: attributes.as_bytes(),
        };
        self.append(&event);
    }

    fn append(&self, event: &Log<'_>) {
        self.append_of(event.app, |buffer| event.encode(buffer));
    }

    /// Appends a record unless its app is paused; a drop is counted where it
    /// happens.
    pub(crate) fn append_of(&self, app: &str, encode: impl Fn(&mut Vec<u8>)) {
        let kept = self.spool.with_lane(|mut lane| {
            let app = lane.route(app, "", "(other)");
            if !self.is_on(lane.app_state(&app)) {
                return Ok(());
            }
            lane.append_with(&encode)
        });
        if kept.is_none() {
            let _: Result<(), DropReason> = self.spool.append_with(encode);
        }
    }

    /// This process's id, asked for once per fork.
    fn pid(&self) -> u32 {
        let generation = self.spool.generation() << 32;
        let known = self.pid.load(Ordering::Relaxed);
        if known & !u64::from(u32::MAX) == generation && known != 0 {
            return (known & u64::from(u32::MAX)) as u32;
        }
        let pid = std::process::id();
        self.pid.store(generation | u64::from(pid), Ordering::Relaxed);
        pid
    }
}

/// A cut message says in the file how long it was.
fn with_length(message: &str, whole: usize) -> Cow<'_, str> {
    if whole <= TEXT_MAX {
        return Cow::Borrowed(message);
    }
    Cow::Owned(format!("{message} … ({whole} bytes)"))
}
