//! `haechi top`: what happens now, on the terminal.
//!
//! Threads read keys and signals (`event.rs`), listen to the live stream
//! (`ticks.rs`) and ask for what is shown (`asker.rs`, `wanted.rs`); all they
//! have goes through one channel to the thread that has the terminal
//! (`screen.rs`). What is shown follows from the state alone (`state.rs`,
//! `keys.rs`, `panes/`, `draw.rs`).

mod asker;
mod draw;
mod event;
mod figures;
mod help;
mod history;
mod keys;
mod listing;
mod palette;
mod panes;
mod screen;
mod shapes;
mod state;
mod ticks;
mod wanted;

use crate::args::TopArgs;
use crate::error::CliError;
use crate::probe::{Found, probe};
use crate::settings::choose;
use crate::terminal::Terminal;
use asker::{Asker, Place, Wish};
use event::Event;
use haechi_server::loopback;
use palette::Palette;
use screen::Screen;
use state::State;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Ages on the screen become older between answers.
const REDRAW_EVERY: Duration = Duration::from_millis(250);

/// `haechi top`
pub(crate) fn top(args: &TopArgs) -> Result<ExitCode, CliError> {
    let settings = choose(&args.data, None)?.server;
    let place = Place { settings, port: args.port };
    // what cannot be answered at all is said before the terminal is taken, and
    // that there is none before anything is looked for
    let terminal = Terminal::of_stdout().unbounded();
    Screen::check()?;
    check(&place)?;
    let (events, told) = channel();
    let wish = Arc::new(Wish::default());
    let mut state = State::new(args.app.clone());
    wish.set(state.wanted());
    let mut screen = Screen::take()?;
    event::listen(&events)?;
    let asker =
        Asker { place: place.clone(), app: args.app.clone(), terminal, events: events.clone() };
    let wanted = Arc::clone(&wish);
    event::spawn("haechi-ask", &events, move || asker.ask(&wanted))?;
    let app = args.app.clone();
    let ticks = events.clone();
    event::spawn("haechi-ticks", &events, move || {
        ticks::follow(&place, app.as_deref(), &ticks);
    })?;
    drop(events);
    let palette = Palette { colours: terminal.has_colours() };
    let done = show(&mut screen, &mut state, palette, &wish, &told);
    drop(screen);
    done.map(|()| ExitCode::SUCCESS)
}

/// # Errors
/// If nobody can answer.
fn check(place: &Place) -> Result<(), CliError> {
    let Some(port) = place.port else { return place.source().map(drop) };
    match probe(loopback(port), "/healthz") {
        Found::Haechi(_) => Ok(()),
        Found::Nobody | Found::Other => {
            Err(CliError::Nothing(format!("no haechi answers at http://{}/", loopback(port))))
        }
    }
}

/// Draws and waits for what happens, until it is over.
fn show(
    screen: &mut Screen,
    state: &mut State,
    palette: Palette,
    wish: &Wish,
    told: &Receiver<Event>,
) -> Result<(), CliError> {
    while !state.is_over {
        let drawn = screen.terminal().draw(|frame| draw::draw(frame, state, palette));
        drawn.map_err(CliError::io("draw on the terminal"))?;
        let mut next = match told.recv_timeout(REDRAW_EVERY) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        while let Some(event) = next {
            match event {
                Event::Key(key) if is_stop(key) => screen.suspend()?,
                Event::Key(key) => keys::press(state, key),
                Event::Suspend => screen.suspend()?,
                Event::Continued => screen.take_again()?,
                Event::Failed => {
                    let why = "a part of haechi top has failed; the lines above say where";
                    return Err(CliError::Nothing(why.to_owned()));
                }
                event => state.take(event),
            }
            wish.set(state.wanted());
            next = told.try_recv().ok();
        }
    }
    Ok(())
}

fn is_stop(key: ratatui::crossterm::event::KeyEvent) -> bool {
    use ratatui::crossterm::event::{KeyCode, KeyModifiers};
    key.code == KeyCode::Char('z') && key.modifiers.contains(KeyModifiers::CONTROL)
}
