use haechi_spool::SpoolError;
use haechi_store::StoreError;
use std::net::SocketAddr;
use std::path::PathBuf;
use thiserror::Error;

/// Everything that can go wrong in the server. `http/reply.rs` maps each kind
/// to a status in one match.
#[derive(Debug, Error)]
pub enum ServerError {
    /// A question that cannot be answered as asked; `field` is the parameter at fault.
    #[error("{message}")]
    Input {
        /// Name of the parameter.
        field: String,
        /// What is wrong with it and what would be right.
        message: String,
    },
    /// What was asked for by its name is not there.
    #[error("{0}")]
    Missing(String),
    /// The guard refused the request before anything looked at it.
    #[error("{0}")]
    Refused(String),
    /// A method other than GET and HEAD.
    #[error("{0} is not allowed here; everything is read by GET")]
    Method(String),
    /// As many clients as are allowed are connected already.
    #[error("{0}")]
    Busy(String),
    /// The store failed; a text it could not search for is [`Self::Input`].
    #[error(transparent)]
    Store(StoreError),
    /// The spool failed.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// A thread of the server ended before it gave its answer.
    #[error("the work on this answer was broken off; ask again")]
    BrokenOff,
    /// Another process serves this data folder.
    #[error(
        "{} is already served by process {pid}{}; stop it or choose another folder with --data",
        .folder.display(), at(.address.as_ref())
    )]
    Served {
        /// The data folder.
        folder: PathBuf,
        /// The first process; 0 if it has not said yet.
        pid: u32,
        /// Where its dashboard is, if it has one.
        address: Option<String>,
    },
    /// The address is in use by another program.
    #[error(
        "port {} is taken by another program; stop it or choose another port with --port",
        .0.port()
    )]
    PortTaken(SocketAddr),
    /// A file, folder, thread or socket could not be had.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried, with the name of the thing.
        what: String,
        /// Why the system refused.
        source: std::io::Error,
    },
}

impl ServerError {
    /// An input error of one field.
    pub(crate) fn input(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Input { field: field.into(), message: message.into() }
    }

    /// For `map_err`: says what was tried.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

impl From<StoreError> for ServerError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::BadQuery { field, message, .. } => Self::input(field, message),
            other => Self::Store(other),
        }
    }
}

fn at(address: Option<&String>) -> String {
    address.map(|address| format!(" at http://{address}/")).unwrap_or_default()
}
