//! Lines of the `log` crate become log lines of the request they are written in.
//!
//! A program has one logger: this one writes into the app's log and hands each
//! line on to the one that was to be there.
//!
//! ```
//! let monitor = haechi::Monitor::new("your_app");
//! // let others = env_logger::Builder::from_default_env().build();
//! # struct Nothing;
//! # impl log::Log for Nothing {
//! #     fn enabled(&self, _: &log::Metadata<'_>) -> bool { false }
//! #     fn log(&self, _: &log::Record<'_>) {}
//! #     fn flush(&self) {}
//! # }
//! # let others = Nothing;
//! monitor.log_lines().beside(others).init(log::LevelFilter::Info)?;
//! log::warn!("the stock is low");
//! # std::fs::remove_dir_all(".haechi").ok();
//! # std::fs::remove_dir_all("logs").ok();
//! # Ok::<(), log::SetLoggerError>(())
//! ```
//!
//! A program that uses `tracing` too has its lines by `tracing-log`'s `LogTracer`
//! and [`Monitor::tracing`](crate::Monitor) instead.

use crate::captured_error::bounded;
use crate::{LogLine, Monitor, Severity, current};
use log::{Level, LevelFilter, Log, Metadata, Record, SetLoggerError};
use std::fmt;

/// A logger of the `log` crate. What this crate's own dependencies write is left
/// to the levels that the program sets.
pub struct LogLines {
    monitor: Monitor,
    least: LevelFilter,
    beside: Option<Box<dyn Log>>,
}

impl Monitor {
    /// A logger of the `log` crate. Default: `Info` and graver.
    #[must_use]
    pub fn log_lines(&self) -> LogLines {
        LogLines { monitor: self.clone(), least: LevelFilter::Info, beside: None }
    }
}

impl LogLines {
    /// Lines less grave than this are left out of the app's log.
    #[must_use]
    pub const fn least(mut self, least: LevelFilter) -> Self {
        self.least = least;
        self
    }

    /// Each line goes to this one as well, if it wants it.
    #[must_use]
    pub fn beside(mut self, others: impl Log + 'static) -> Self {
        self.beside = Some(Box::new(others));
        self
    }

    /// Makes it the program's logger; `most` is what gets here at all.
    ///
    /// # Errors
    /// If the program has a logger.
    pub fn init(self, most: LevelFilter) -> Result<(), SetLoggerError> {
        log::set_boxed_logger(Box::new(self))?;
        log::set_max_level(most);
        Ok(())
    }
}

impl fmt::Debug for LogLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLines")
            .field("monitor", &self.monitor)
            .field("least", &self.least)
            .finish_non_exhaustive()
    }
}

const fn severity(level: Level) -> Severity {
    match level {
        Level::Error => Severity::Error,
        Level::Warn => Severity::Warn,
        Level::Info => Severity::Info,
        Level::Debug => Severity::Debug,
        Level::Trace => Severity::Trace,
    }
}

impl Log for LogLines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= self.least
            || self.beside.as_ref().is_some_and(|beside| beside.enabled(metadata))
    }

    fn log(&self, record: &Record<'_>) {
        if record.level() <= self.least {
            // what writes the values is the app's code: nothing is held meanwhile
            let message = bounded(*record.args());
            let place = current::with(|guard| (guard.id(), guard.route().to_owned()));
            let (request_id, route) = place.unwrap_or_default();
            self.monitor.recorder().log(&LogLine {
                request_id,
                severity: severity(record.level()),
                app: self.monitor.app(),
                logger: record.target(),
                route: &route,
                file: record.file().unwrap_or_default(),
                line: record.line().unwrap_or_default(),
                message: &message,
                ..LogLine::default()
            });
        }
        if let Some(beside) = &self.beside
            && beside.enabled(record.metadata())
        {
            beside.log(record);
        }
    }

    fn flush(&self) {
        if let Some(beside) = &self.beside {
            beside.flush();
        }
    }
}
