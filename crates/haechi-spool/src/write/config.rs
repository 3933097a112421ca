use std::path::{Path, PathBuf};

/// Where a spool is and how large it may become.
#[derive(Debug, Clone)]
pub struct SpoolConfig {
    /// The folder; made (0700) when the first record comes.
    pub dir: PathBuf,
    /// Bytes of segments at the most; 256 MiB unless said otherwise.
    pub budget_bytes: u64,
    /// What the program calls itself, shown beside its pid.
    pub program: String,
    /// Version of what records; that of this crate unless said otherwise.
    pub recorder: String,
    /// What the program runs on, as in `CPython 3.13.1`; empty if not known.
    pub runtime: String,
}

impl SpoolConfig {
    /// The defaults, for this folder.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_path_buf(),
            budget_bytes: 256 << 20,
            program: String::new(),
            recorder: env!("CARGO_PKG_VERSION").to_owned(),
            runtime: String::new(),
        }
    }
}
