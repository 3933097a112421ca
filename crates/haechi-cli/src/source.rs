//! Where answers come from: the server that has the data folder, or, if none
//! has, the folder itself.

use crate::args::DataArgs;
use crate::error::CliError;
use crate::question::{Question, value};
use crate::settings::choose;
use crate::{http, say};
use haechi_server::ask::{Params, StateChange};
use haechi_server::{ServerError, ServerFile, Settings, Visit};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

/// A server that is starting has this long to say where it answers.
const START_WITHIN: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Who answers.
pub(crate) enum Source {
    /// The server that has the folder.
    Server(SocketAddr),
    /// Nobody has it: this program, until it ends.
    Folder(Box<Visit>),
}

impl Source {
    /// Whoever can answer for this folder.
    ///
    /// # Errors
    /// If nothing was stored there yet, or who has the folder does not answer.
    pub(crate) fn of(data: &DataArgs) -> Result<Self, CliError> {
        let settings = choose(data, None)?.server;
        let data_dir = &settings.data_dir;
        if !data_dir.join("haechi.db").is_file() && ServerFile::of_running(data_dir).is_none() {
            return Err(nothing_yet(data_dir));
        }
        let found = Self::at(&settings)?;
        if matches!(found, Self::Folder(_)) {
            hint(data_dir);
        }
        Ok(found)
    }

    /// Whoever can answer for the folder of these settings now, without a word
    /// about it.
    ///
    /// # Errors
    /// If there is no such folder, or who has it does not answer.
    pub(crate) fn at(settings: &Settings) -> Result<Self, CliError> {
        let deadline = Instant::now() + START_WITHIN;
        loop {
            if let Some(found) = look(settings)? {
                return Ok(found);
            }
            if Instant::now() > deadline {
                return Err(silent(&settings.data_dir));
            }
            std::thread::park_timeout(LOOK_EVERY);
        }
    }

    /// The server, which must be running.
    ///
    /// # Errors
    /// If it does not run.
    pub(crate) fn server(&self, why: &str) -> Result<SocketAddr, CliError> {
        match self {
            Self::Server(address) => Ok(*address),
            Self::Folder(_) => Err(CliError::Nothing(format!(
                "no haechi runs on this folder, but {why}; start one with `haechi serve`"
            ))),
        }
    }

    /// The answer as it is.
    pub(crate) fn ask(&self, question: &Question) -> Result<Value, CliError> {
        match self {
            Self::Server(address) => http::get(*address, &question.path()),
            Self::Folder(visit) => Ok(question.ask(visit.ask())?),
        }
    }

    /// Changes the state of an issue; answers with what it is then.
    pub(crate) fn change(&self, issue: &str, change: &Value) -> Result<Value, CliError> {
        match self {
            Self::Server(address) => {
                http::post(*address, &format!("/api/issues/{issue}/state"), change)
            }
            Self::Folder(visit) => {
                let change = StateChange::parse(change.to_string().as_bytes())?;
                Ok(value(&visit.ask().change_issue(issue, &change, Params::default())?))
            }
        }
    }

    /// Groups stored exceptions again.
    pub(crate) fn regroup(&self) -> Result<Value, CliError> {
        match self {
            Self::Server(address) => {
                http::post(*address, "/api/issues/regroup", &serde_json::json!({}))
            }
            Self::Folder(visit) => Ok(value(&visit.ask().regroup(Params::default())?)),
        }
    }
}

/// The answer as one of the shapes that are shown.
pub(crate) fn shaped<T: DeserializeOwned>(answer: &Value) -> Result<T, CliError> {
    T::deserialize(answer).map_err(|error| {
        CliError::Nothing(format!(
            "the answer is not understood ({error}); is the running haechi of the same version?"
        ))
    })
}

/// One look; `None` if somebody has the folder who has not said where it answers.
fn look(settings: &Settings) -> Result<Option<Source>, CliError> {
    let data_dir = &settings.data_dir;
    match ServerFile::of_running(data_dir) {
        Some(ServerFile { address: Some(address), .. }) => {
            Ok(address.parse().ok().map(Source::Server))
        }
        Some(_) => Ok(None),
        None if !data_dir.join("spool").is_dir() => Err(nothing_yet(data_dir)),
        None => match Visit::open(settings.clone()) {
            Ok(visit) => Ok(Some(Source::Folder(Box::new(visit)))),
            Err(ServerError::Served { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        },
    }
}

fn nothing_yet(data_dir: &Path) -> CliError {
    CliError::Nothing(format!(
        "nothing is stored in {} yet; `haechi run` and `haechi serve` do that",
        data_dir.display()
    ))
}

/// Without a server what was recorded lately may not be stored yet.
fn hint(data_dir: &Path) {
    let segments = haechi_spool::read::SpoolDir::open(&data_dir.join("spool"))
        .and_then(|spool| spool.segments())
        .unwrap_or_default();
    if !segments.is_empty() {
        say::line(
            "no haechi runs on this folder: what was recorded since the last one is not shown",
        );
    }
}

fn silent(data_dir: &Path) -> CliError {
    let who = ServerFile::of_running(data_dir).filter(|server| server.pid != 0);
    let who = who
        .map_or_else(|| "another program".to_owned(), |server| format!("process {}", server.pid));
    CliError::Nothing(format!(
        "{who} has {} but answers nothing: its port may have been taken when it started; restart \
         it with another --port",
        data_dir.display()
    ))
}
