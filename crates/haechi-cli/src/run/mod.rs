//! `haechi run`: watches a program with no change to it. Whatever is wrong with
//! haechi itself, the program runs; one line says what and what to do.

mod environment;
mod library;
mod program;

pub(crate) use library::Library;

use crate::args::RunArgs;
use crate::error::CliError;
use crate::settings::{Chosen, choose};
use crate::{say, shutdown};
use haechi_server::{Server, ServerError, loopback};
use haechi_spool::note_exit;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitCode;

/// `haechi run`
pub(crate) fn run(args: &RunArgs) -> Result<ExitCode, CliError> {
    let chosen = choose(&args.data, args.port)?;
    let data_dir = chosen.server.data_dir.clone();
    let output = chosen.output && !args.no_output;
    let library = find_library();
    let server = if args.no_server {
        say::line(&format!("recording to {}", data_dir.display()));
        None
    } else {
        start(chosen)
    };
    let python_path = std::env::var_os("PYTHONPATH");
    let environment =
        environment::environment(&data_dir, output, library.as_ref(), python_path.as_deref());
    let ended = program::run(&args.command, environment);
    if let Ok(ended) = &ended {
        // whoever finds requests it died in shall know how
        note_exit(&data_dir.join("spool"), ended.pid, ended.status.into_raw());
    }
    if let Some(server) = server {
        shutdown::stop(server);
    }
    ended.map(|ended| program::end_like(ended.status))
}

/// The Python part, if all of it is there.
fn find_library() -> Option<Library> {
    let library = Library::expected()?;
    match library.missing() {
        None => Some(library),
        Some(file) => {
            say::line(&format!(
                "{} is missing, so Python programs run unwatched; run `make build`, or set HAECHI_LIB",
                file.display()
            ));
            None
        }
    }
}

/// The server in this process, if there can be one.
fn start(chosen: Chosen) -> Option<Server> {
    let folder = chosen.server.data_dir.display().to_string();
    let mut server = match Server::start(chosen.server) {
        Ok(server) => server,
        Err(ServerError::Served { pid, address, .. }) => {
            let place = address.map(|a| format!(", dashboard at http://{a}/")).unwrap_or_default();
            say::line(&format!(
                "process {pid} already serves {folder}{place}; it shows this program too"
            ));
            return None;
        }
        Err(error) => {
            say::line(&format!("{error}; the program runs without the dashboard"));
            return None;
        }
    };
    if let Some(trouble) = server.ask().countries_trouble() {
        say::line(&trouble);
    }
    match server.listen(loopback(chosen.port)) {
        Ok(address) => say::line(&format!("dashboard at http://{address}/, data in {folder}")),
        Err(error) => {
            say::line(&format!("{error}; until then everything is recorded all the same"));
        }
    }
    Some(server)
}
