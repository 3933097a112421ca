use std::{io, path::PathBuf};
use thiserror::Error;

/// What can go wrong with the files of the spool.
#[derive(Debug, Error)]
pub enum SpoolError {
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was being done, as in "open".
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not one of ours, or its header is damaged.
    #[error("{} is no readable spool file ({why}); it is set aside, nothing else is lost", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The file was made by a newer version.
    #[error("{} has format version {version}, newer than this program reads; upgrade haechi", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        version: u16,
    },
    /// Another collector works on this spool.
    #[error("another haechi collects from {}; stop it or use another --data folder", path.display())]
    CollectorRuns {
        /// The spool.
        path: PathBuf,
    },
}

impl SpoolError {
    pub(crate) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }

    /// Whether the disk or a quota is full.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if matches!(source.raw_os_error(), Some(libc::ENOSPC | libc::EDQUOT)))
    }

    /// Whether the file has gone, which is normal between listing and opening.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}
