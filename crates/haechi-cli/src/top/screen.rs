//! The terminal while it is ours. Whatever ends the view gives it back as it was.

use crate::error::CliError;
use ratatui::DefaultTerminal;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, enable_raw_mode};
use signal_hook::consts::SIGTSTP;
use signal_hook::low_level::emulate_default_handler;
use std::io::{IsTerminal, stdin, stdout};

/// The alternate screen in raw mode, until dropped. A panic gives it back too.
pub(super) struct Screen {
    terminal: DefaultTerminal,
}

impl Screen {
    /// # Errors
    /// If there is no terminal that can be drawn on.
    pub(super) fn check() -> Result<(), CliError> {
        if !stdin().is_terminal() || !stdout().is_terminal() {
            return Err(CliError::NoTerminal(
                "haechi top draws on a terminal, and this is none; `haechi stats` and `haechi logs` \
                 print",
            ));
        }
        if std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb") {
            return Err(CliError::NoTerminal(
                "haechi top needs a terminal that can move its cursor, and TERM says that this one \
                 cannot; `haechi stats` and `haechi logs` print",
            ));
        }
        Ok(())
    }

    /// # Errors
    /// If the terminal refuses.
    pub(super) fn take() -> Result<Self, CliError> {
        let terminal = ratatui::try_init().map_err(CliError::io("draw on the terminal"))?;
        Ok(Self { terminal })
    }

    pub(super) fn terminal(&mut self) -> &mut DefaultTerminal {
        &mut self.terminal
    }

    /// Gives the terminal back, stops this process as Ctrl-Z does, and goes on
    /// when it is continued.
    pub(super) fn suspend(&mut self) -> Result<(), CliError> {
        give_back();
        emulate_default_handler(SIGTSTP).map_err(CliError::io("stop for a while"))?;
        self.take_again()
    }

    /// Takes the terminal after somebody else may have had it.
    pub(super) fn take_again(&mut self) -> Result<(), CliError> {
        give_back();
        let taken = enable_raw_mode().and_then(|()| execute!(stdout(), EnterAlternateScreen));
        taken.map_err(CliError::io("draw on the terminal"))?;
        // not `clear`: it asks the terminal where the cursor is, and the thread that
        // reads keys would get the answer
        let size = self.terminal.size().map_err(CliError::io("look at the terminal"))?;
        self.terminal.resize(size.into()).map_err(CliError::io("draw on the terminal"))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// A terminal that is gone takes nothing back.
fn give_back() {
    let _ = ratatui::try_restore();
    let _ = execute!(stdout(), Show);
}
