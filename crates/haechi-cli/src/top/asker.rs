//! Asks once a second, and at once when something else is to be shown.

use super::event::Event;
use super::shapes::{Numbers, Traffic};
use super::wanted::Wanted;
use crate::error::CliError;
use crate::question::{Question, value};
use crate::source::{Source, shaped};
use crate::terminal::Terminal;
use haechi_server::{Pulse, Settings, loopback};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
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

/// Asks for what is wanted until nobody takes the answers.
pub(super) fn ask(
    place: &Place,
    app: Option<&str>,
    wish: &Arc<Wish>,
    terminal: Terminal,
    events: &Sender<Event>,
) {
    let mut pulse = Pulse::default();
    let mut before = false;
    loop {
        let wanted = wish.get();
        let told = match place.source() {
            Ok(source) => {
                let told = events.send(Event::From(described(&source)));
                if !before && let Ok(past) = past(&source, app) {
                    before = true;
                    drop(events.send(Event::Before(past)));
                }
                if let Source::Folder(visit) = &source
                    && let Some(tick) = pulse.look(visit.ask())
                {
                    let tick = app.map_or_else(|| tick.clone(), |app| tick.of_app(app));
                    drop(
                        shaped::<Numbers>(&value(&tick)).map(|tick| events.send(Event::Tick(tick))),
                    );
                }
                match wanted.clone() {
                    Some(wanted) => {
                        let answer = wanted.ask(&source, terminal);
                        events.send(Event::Answer(wanted, answer.map_err(|e| e.to_string())))
                    }
                    None => told,
                }
            }
            Err(error) => match wanted.clone() {
                Some(wanted) => events.send(Event::Answer(wanted, Err(error.to_string()))),
                None => Ok(()),
            },
        };
        if told.is_err() {
            return;
        }
        wish.wait(wanted.as_ref());
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
