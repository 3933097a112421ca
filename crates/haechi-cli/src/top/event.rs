//! Everything that happens to the view arrives on one channel.

use super::shapes::{News, Numbers, Traffic};
use super::wanted::{Answer, Wanted};
use crate::error::CliError;
use ratatui::crossterm::event::{self, KeyEvent, KeyEventKind};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use std::sync::mpsc::Sender;
use std::thread;

/// What the view is told.
pub(super) enum Event {
    Key(KeyEvent),
    /// The size is another; or the terminal has something to say that the view
    /// ignores.
    Redraw,
    /// Somebody wants the program to end.
    End,
    Suspend,
    Continued,
    /// A second of traffic.
    Tick(Numbers),
    /// The minutes before the first tick.
    Before(Traffic),
    Issue(News),
    /// An answer, or why there is none.
    Answer(Wanted, Result<Answer, String>),
    /// Who answers.
    From(String),
    /// How many requests have lasted for long, whatever is shown.
    Long(usize),
    /// The terminal is gone.
    Lost,
    /// A thread of the view has ended by a panic.
    Failed,
}

/// Reads keys and signals, each on a thread of its own.
///
/// # Errors
/// If the system gives no more threads or refuses to tell of signals.
pub(super) fn listen(events: &Sender<Event>) -> Result<(), CliError> {
    let wanted = [SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT];
    let mut signals = Signals::new(wanted).map_err(CliError::io("listen for signals"))?;
    let told = events.clone();
    spawn("haechi-signals", events, move || {
        for signal in signals.forever() {
            let event = match signal {
                SIGTSTP => Event::Suspend,
                SIGCONT => Event::Continued,
                _ => Event::End,
            };
            if told.send(event).is_err() {
                return;
            }
        }
    })?;
    let told = events.clone();
    spawn("haechi-keys", events, move || {
        loop {
            let event = match event::read() {
                Ok(event::Event::Key(key)) if key.kind == KeyEventKind::Release => continue,
                Ok(event::Event::Key(key)) => Event::Key(key),
                Ok(_) => Event::Redraw,
                Err(_) => Event::Lost,
            };
            let is_last = matches!(event, Event::Lost);
            if told.send(event).is_err() || is_last {
                return;
            }
        }
    })
}

/// Starts a thread whose panic ends the view.
///
/// # Errors
/// If there can be no more threads.
pub(super) fn spawn(
    name: &str,
    events: &Sender<Event>,
    work: impl FnOnce() + Send + 'static,
) -> Result<(), CliError> {
    let watched = Watched(events.clone());
    let whole = move || {
        let _watched = watched;
        work();
    };
    let thread = thread::Builder::new().name(name.to_owned()).spawn(whole);
    thread.map(drop).map_err(CliError::io("start a thread"))
}

struct Watched(Sender<Event>);

impl Drop for Watched {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.0.send(Event::Failed);
        }
    }
}
