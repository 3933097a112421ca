use crate::ask::Ask;
use crate::folder::FolderLock;
use crate::health::Health;
use crate::{ServerError, Settings};
use haechi_spool::read::SpoolDir;
use haechi_store::{Countries, Options, SqliteStore};
use std::sync::Arc;

/// A short look into a data folder that no server has: the same questions
/// without a server. Nothing is collected, and no server can start meanwhile.
pub struct Visit {
    // dropped in this order: the folder is given up when the store is closed
    ask: Ask,
    _lock: FolderLock,
}

impl Visit {
    /// Opens the store of a folder that is there.
    ///
    /// # Errors
    /// [`ServerError::Served`] if a server or another visitor has the folder;
    /// [`ServerError::Store`], [`ServerError::Spool`] or [`ServerError::Io`] if
    /// something in it cannot be used.
    pub fn open(settings: Settings) -> Result<Self, ServerError> {
        let lock = FolderLock::visit(&settings.data_dir)?;
        let spool = SpoolDir::open(&settings.spool_dir())?;
        let table = settings.country_table();
        let countries = table.clone().map(|table| table as Arc<dyn Countries>);
        let options = Options { countries, ..Options::default() };
        let store = SqliteStore::open(&settings.data_dir, options)?;
        let ask = Ask::new(settings, Arc::new(store), spool, Arc::new(Health::default()))
            .with_countries(table);
        Ok(Self { ask, _lock: lock })
    }

    /// The questions.
    #[must_use]
    pub fn ask(&self) -> &Ask {
        &self.ask
    }
}
