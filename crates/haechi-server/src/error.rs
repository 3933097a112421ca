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
        /// Characters of its value before the mistake, if it has a place.
        position: Option<usize>,
        /// What is wrong with it and what would be right.
        message: String,
    },
    /// What was asked for by its name is not there.
    #[error("{0}")]
    Missing(String),
    /// The guard refused the request before anything looked at it.
    #[error("{0}")]
    Refused(String),
    /// A method that the path does not have.
    #[error("{method} is not allowed here; {}", allowed.way_out())]
    Method {
        /// What was tried.
        method: String,
        /// What would be right.
        allowed: Allowed,
    },
    /// The body of a change is of another kind than JSON.
    #[error("the content-type must be application/json")]
    ContentType,
    /// The body of a change is longer than it can be.
    #[error("the body is longer than {0} bytes; send less")]
    TooLong(usize),
    /// The body of a change did not come in time.
    #[error("the body did not come within {0} s; send it at once")]
    TooSlow(u64),
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
        Self::Input { field: field.into(), position: None, message: message.into() }
    }

    /// An input error at a byte of the text that a field has.
    pub(crate) fn input_at(
        field: impl Into<String>,
        text: &str,
        byte: usize,
        message: impl std::fmt::Display,
    ) -> Self {
        let position = text.char_indices().take_while(|(at, _)| *at < byte).count();
        let message = format!("{message} (at character {})", position + 1);
        Self::Input { field: field.into(), position: Some(position), message }
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

/// The methods of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// GET and HEAD.
    Reading,
    /// POST.
    Changing,
}

impl Allowed {
    /// As the `Allow` header names them.
    #[must_use]
    pub fn methods(self) -> &'static str {
        match self {
            Self::Reading => "GET, HEAD",
            Self::Changing => "POST",
        }
    }

    fn way_out(self) -> &'static str {
        match self {
            Self::Reading => "it is read by GET",
            Self::Changing => "it is changed by POST",
        }
    }
}

fn at(address: Option<&String>) -> String {
    address.map(|address| format!(" at http://{address}/")).unwrap_or_default()
}
