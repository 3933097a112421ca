use thiserror::Error;

/// Why bytes are not an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EventError {
    /// The bytes end inside a field.
    #[error("the record ends inside {0}; it was cut or is damaged")]
    Truncated(&'static str),
    /// A text field is not UTF-8.
    #[error("{0} is not valid UTF-8; the record is damaged")]
    NotUtf8(&'static str),
    /// The kind byte is not one this version knows.
    #[error("record kind {0} is unknown; it was written by a newer version")]
    UnknownKind(u8),
    /// The kind is known, its version is not.
    #[error("record kind {kind} has version {version}, which is newer than this program reads")]
    UnknownVersion {
        /// The kind byte.
        kind: u8,
        /// The version byte.
        version: u8,
    },
    /// A number is outside what its field allows.
    #[error("{0} holds a value outside its range; the record is damaged")]
    OutOfRange(&'static str),
}
