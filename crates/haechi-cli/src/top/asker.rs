//! Asks once a second, and at once when something else is to be shown.

use super::event::Event;
use super::shapes::{Numbers, Traffic};
use super::wanted::{Answer, Wanted, long};
use crate::error::CliError;
use crate::question::{Question, value};
use crate::source::{Source, shaped};
use crate::terminal::Terminal;
use haechi_server::{Pulse, Settings, loopback};
use std::sync::mpsc::Sender;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(1);

/// Where the answers are to be had.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) settings: Settings,
    /// The server at this port, whatever folder it has.
    pub(super) port: Option<u16>,
}

impl Place {
    /// # Errors
    /// If nobody can answer.
    pub(super) fn source(&self) -> Result<Source, CliError> {
        match self.port {
            Some(port) => Ok(Source::Server(loopback(port))),
            None => Source::at(&self.settings),
        }
    }
}

/// What is wanted now; shared with the asking thread.
#[derive(Default)]
pub(super) struct Wish {
    wanted: Mutex<Option<Wanted>>,
    changed: Condvar,
}

impl Wish {
    /// Wants something; asks at once if that is new.
    pub(super) fn set(&self, wanted: Wanted) {
        let mut current = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref() != Some(&wanted) {
            *current = Some(wanted);
            self.changed.notify_one();
        }
    }

    fn get(&self) -> Option<Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns a second later, or when something else is wanted than this.
    fn wait(&self, asked: Option<&Wanted>) {
        let current = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |wanted: &mut Option<Wanted>| wanted.as_ref() == asked;
        drop(self.changed.wait_timeout_while(current, EVERY, same));
    }
}

/// Asks for what is wanted, on a thread of its own.
pub(super) struct Asker {
    pub(super) place: Place,
    pub(super) app: Option<String>,
    pub(super) terminal: Terminal,
    pub(super) events: Sender<Event>,
}

impl Asker {
    /// Asks until nobody takes the answers.
    pub(super) fn ask(&self, wish: &Wish) {
        let mut pulse = Pulse::default();
        let mut has_past = false;
        loop {
            let wanted = wish.get();
            let is_heard = match self.place.source() {
                Ok(source) => {
                    if !has_past && let Ok(past) = past(&source, self.app.as_deref()) {
                        has_past = self.tell(Event::Before(past));
                    }
                    self.look(&mut pulse, &source);
                    self.tell(Event::From(described(&source)));
                    if let Ok(count) = long(&source, self.app.as_deref()) {
                        self.tell(Event::Long(count));
                    }
                    self.answer(wanted.as_ref(), |wanted| wanted.ask(&source, self.terminal))
                }
                Err(error) => self.answer(wanted.as_ref(), |_| Err(error)),
            };
            if !is_heard {
                return;
            }
            wish.wait(wanted.as_ref());
        }
    }

    /// Whether anybody listens.
    fn tell(&self, event: Event) -> bool {
        self.events.send(event).is_ok()
    }

    fn answer(
        &self,
        wanted: Option<&Wanted>,
        ask: impl FnOnce(&Wanted) -> Result<Answer, CliError>,
    ) -> bool {
        let Some(wanted) = wanted else { return true };
        let answer = ask(wanted).map_err(|error| error.to_string());
        self.tell(Event::Answer(wanted.clone(), answer))
    }

    /// Without a server to tick, the scoreboards are looked at here.
    fn look(&self, pulse: &mut Pulse, source: &Source) {
        let Source::Folder(visit) = source else { return };
        let Some(tick) = pulse.look(visit.ask()) else { return };
        let tick = self.app.as_ref().map_or_else(|| tick.clone(), |app| tick.of_app(app));
        if let Ok(numbers) = shaped::<Numbers>(&value(&tick)) {
            self.tell(Event::Tick(numbers));
        }
    }
}

fn described(source: &Source) -> String {
    match source {
        Source::Server(address) => format!("http://{address}/"),
        Source::Folder(_) => "no server: read from the folder".to_owned(),
    }
}

/// The last minutes, from the rollups.
fn past(source: &Source, app: Option<&str>) -> Result<Traffic, CliError> {
    let question = Question::traffic().with("app", app).with("from", Some("-6m"));
    shaped(&source.ask(&question.with("step", Some("1m")))?)
}
