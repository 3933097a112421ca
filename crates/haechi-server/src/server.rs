use crate::ask::Ask;
use crate::collector::{Collector, Parts};
use crate::countries::CountryTable;
use crate::folder::FolderLock;
use crate::health::Health;
use crate::http::Http;
use crate::live::Live;
use crate::tickets::{self, Tickets};
use crate::{ServerError, Settings};
use haechi_spool::read::SpoolDir;
use haechi_store::{Countries, Options, SqliteStore, Store};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// A server of one data folder: the collector from the start, the HTTP side
/// once it was told to listen.
pub struct Server {
    // dropped in this order: the folder is given up when nothing writes any more
    http: Option<Http>,
    tickets: Option<Tickets>,
    collector: Option<Collector>,
    ask: Arc<Ask>,
    live: Arc<Live>,
    lock: FolderLock,
}

impl Server {
    /// Takes the data folder, opens the store and begins to collect.
    ///
    /// # Errors
    /// [`ServerError::Served`] if another server has the folder;
    /// [`ServerError::Store`], [`ServerError::Spool`] or [`ServerError::Io`] if
    /// something in it cannot be used.
    pub fn start(settings: Settings) -> Result<Self, ServerError> {
        let lock = FolderLock::take(&settings.data_dir)?;
        let spool = SpoolDir::open(&settings.spool_dir())?;
        let table = settings.country_table();
        let countries = table.clone().map(|table| table as Arc<dyn Countries>);
        let options = Options { countries, ..Options::default() };
        let store = SqliteStore::open(&settings.data_dir, options)?;
        Self::with_store(lock, settings, spool, Arc::new(store), table)
    }

    fn with_store(
        lock: FolderLock,
        settings: Settings,
        spool: SpoolDir,
        store: Arc<dyn Store>,
        countries: Option<Arc<CountryTable>>,
    ) -> Result<Self, ServerError> {
        let health = Arc::new(Health::default());
        let live = Arc::new(Live::default());
        let collector = Collector::start(Parts {
            settings: settings.clone(),
            spool: spool.clone(),
            store: Arc::clone(&store),
            health: Arc::clone(&health),
            live: Arc::clone(&live),
            countries: countries.clone(),
        })?;
        let tickets = Tickets::start(tickets::Parts {
            spool: spool.clone(),
            store: Arc::clone(&store),
            health: Arc::clone(&health),
        })?;
        let ask = Arc::new(Ask::new(settings, store, spool, health).with_countries(countries));
        let (tickets, collector) = (Some(tickets), Some(collector));
        Ok(Self { http: None, tickets, collector, ask, live, lock })
    }

    /// Begins to answer at an address of this machine. Port 0 takes a free one.
    /// Returns where it answers.
    ///
    /// # Errors
    /// [`ServerError::PortTaken`] or [`ServerError::Io`]; collecting goes on
    /// all the same.
    pub fn listen(&mut self, address: SocketAddr) -> Result<SocketAddr, ServerError> {
        if !address.ip().is_loopback() {
            let message = "haechi answers only on loopback addresses such as 127.0.0.1";
            return Err(ServerError::Refused(message.to_owned()));
        }
        let http = Http::start(address, Arc::clone(&self.ask), Arc::clone(&self.live))?;
        let address = http.address();
        self.http = Some(http);
        self.lock.announce(Some(address))?;
        Ok(address)
    }

    /// The questions this server answers, without the way over HTTP.
    #[must_use]
    pub fn ask(&self) -> &Ask {
        &self.ask
    }

    #[cfg(test)]
    pub(crate) fn shared_ask(&self) -> Arc<Ask> {
        Arc::clone(&self.ask)
    }

    /// Stops answering, stores what is left in the spool for at most `within`,
    /// and gives up the folder. Says whether all of it was stored; what was not
    /// stays in the spool for the next server.
    pub fn stop(mut self, within: Duration) -> bool {
        if let Some(http) = self.http.take() {
            http.stop();
        }
        if let Some(tickets) = self.tickets.take() {
            tickets.stop();
        }
        self.collector.take().is_some_and(|collector| collector.stop(within))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(http) = self.http.take() {
            http.stop();
        }
        if let Some(tickets) = self.tickets.take() {
            tickets.stop();
        }
        if let Some(collector) = self.collector.take() {
            collector.stop(Duration::ZERO);
        }
    }
}
