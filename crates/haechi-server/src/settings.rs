use crate::countries::CountryTable;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The port of the dashboard unless another is chosen.
pub const DEFAULT_PORT: u16 = 4240;

/// How a server runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The data folder; made (0700) if it is missing.
    pub data_dir: PathBuf,
    /// Bytes of stored data at the most; the oldest days go first. Default 5 GB.
    pub store_budget_bytes: u64,
    /// Days of single requests and log lines that are kept; 0 means that only
    /// the budget counts. Default 0.
    pub keep_days: u32,
    /// A table of addresses in MaxMind's format, by which countries are counted.
    /// Default none, and none are counted.
    pub countries: Option<PathBuf>,
}

impl Settings {
    /// The defaults, for this data folder.
    #[must_use]
    pub fn new(data_dir: &Path) -> Self {
        Self {
            data_dir: data_dir.to_path_buf(),
            store_budget_bytes: 5_000_000_000,
            keep_days: 0,
            countries: None,
        }
    }

    /// The table of addresses, read now.
    pub(crate) fn country_table(&self) -> Option<Arc<CountryTable>> {
        self.countries.as_deref().map(|path| Arc::new(CountryTable::open(path)))
    }

    /// Where apps write.
    #[must_use]
    pub fn spool_dir(&self) -> PathBuf {
        self.data_dir.join("spool")
    }
}

/// The address of a port on this machine, the only one there is to bind.
#[must_use]
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
