use std::path::PathBuf;
use thiserror::Error;

/// Why the store could not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The operating system refused a file operation.
    #[error("cannot {doing} {path}: {source}; check that the folder exists, is yours and has room")]
    File {
        /// What was tried, as a verb.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// SQLite reported an error that is not the caller's fault.
    #[error("cannot {doing} in the store: {source}")]
    Sqlite {
        /// What was tried, as a verb.
        doing: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// There is no room left on the disk; nothing of this batch's unfinished
    /// part was kept, and it may be appended again later.
    #[error("the disk is full; free some room or lower the store's budget")]
    Full,
    /// The search text or another part of a query cannot be understood.
    #[error("{message}")]
    BadQuery {
        /// The field of the query, as the API names it.
        field: &'static str,
        /// Byte offset in the field's text where the fault is.
        position: usize,
        /// What is wrong and how to write it instead.
        message: String,
    },
    /// The query ran longer than [`crate::Options::query_limit`].
    #[error("the query took longer than allowed; ask for a shorter range or fewer rows")]
    TimedOut,
    /// Another thread panicked while it held the store.
    #[error("the store was left in an unknown state by a failed thread; restart the program")]
    Poisoned,
}

impl StoreError {
    /// Wraps what SQLite said, telling apart a full disk and a query that was
    /// ended for taking too long.
    pub(crate) fn sqlite(doing: &'static str) -> impl Fn(rusqlite::Error) -> Self {
        move |source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            Some(rusqlite::ErrorCode::OperationInterrupted) => Self::TimedOut,
            _ => Self::Sqlite { doing, source },
        }
    }

    pub(crate) fn file(
        doing: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }

    /// Whether a file's content is damaged or is not ours.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Sqlite { source, .. } => is_damage(source),
            _ => false,
        }
    }
}

/// Errors that only a damaged or foreign file explains. Our statements and
/// schema are fixed, so one that SQLite cannot compile, a constraint that is
/// violated or a value of another type means that the file is not as we left it.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode;
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => matches!(
            failure.code,
            ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::ConstraintViolation
                | ErrorCode::TypeMismatch
                | ErrorCode::Unknown
        ),
        rusqlite::Error::SqlInputError { .. }
        | rusqlite::Error::UserFunctionError(_)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::QueryReturnedNoRows
        | rusqlite::Error::Utf8Error(..) => true,
        _ => false,
    }
}
