use haechi_server::ServerError;
use std::path::PathBuf;
use std::process::ExitCode;
use thiserror::Error;

/// Why a subcommand could not do its work.
#[derive(Debug, Error)]
pub(crate) enum CliError {
    /// The settings file is not understood.
    #[error("{} is not understood: {why}", .file.display())]
    Settings {
        /// The file.
        file: PathBuf,
        /// What is wrong, in one line.
        why: String,
    },
    /// An environment variable is not understood.
    #[error("{name} is {value:?}, but must be {wanted}")]
    Environment {
        /// Its name.
        name: &'static str,
        /// What it is.
        value: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// The server cannot start.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The program to watch cannot be started.
    #[error("cannot start {}: {source}", .program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The running server answers with an error.
    #[error("{message}")]
    Answered {
        /// The HTTP status.
        status: u16,
        /// What it says.
        message: String,
    },
    /// There is nothing to show.
    #[error("{0}")]
    Nothing(String),
    /// What the command needs of its terminal is not there.
    #[error("{0}")]
    NoTerminal(&'static str),
    /// The system refused something else.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why not.
        source: std::io::Error,
    },
}

impl CliError {
    /// For `map_err`: says what was tried.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { what, source }
    }

    /// Whether it is only that whoever read the output has gone, as with `| head`.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// 2 for what the person wrote, as for a wrong command line; for a program
    /// that cannot be started what a shell gives.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Settings { .. } | Self::Environment { .. } | Self::NoTerminal(_) => 2,
            Self::Start { source, .. } if source.kind() == std::io::ErrorKind::NotFound => 127,
            Self::Start { .. } => 126,
            Self::Answered { status: 400, .. } | Self::Server(ServerError::Input { .. }) => 2,
            Self::Server(_) | Self::Answered { .. } | Self::Nothing(_) | Self::Io { .. } => 1,
        })
    }
}
