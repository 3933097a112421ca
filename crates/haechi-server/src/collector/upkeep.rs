use super::Parts;
use super::round::Rounds;
use crate::ask::Moment;
use crate::countries::CountryTable;
use haechi_spool::read::SpoolDir;
use haechi_store::{Store, StoreError};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the store is looked after.
const EVERY: Duration = Duration::from_secs(60);

/// What must be done now and then: bring long-lived rollups up to date, keep
/// the store within its budget, forget read positions nobody needs, and read a
/// table of countries that was replaced.
pub(super) struct Upkeep {
    store: Arc<dyn Store>,
    spool: SpoolDir,
    budget_bytes: u64,
    keep_days: u32,
    countries: Option<Arc<CountryTable>>,
    next: Instant,
    /// What went wrong last time, so that the same is told once.
    told: Option<String>,
}

impl Upkeep {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            store: Arc::clone(&parts.store),
            spool: parts.spool.clone(),
            budget_bytes: parts.settings.store_budget_bytes,
            keep_days: parts.settings.keep_days,
            countries: parts.countries.clone(),
            next: Instant::now() + EVERY,
            told: None,
        }
    }

    /// Does it if it is time. Trouble here does not stop the collector.
    pub(super) fn look_after(&mut self, rounds: &mut Rounds) {
        if Instant::now() < self.next {
            return;
        }
        // a program may have put its control file aside meanwhile; trouble with
        // that shows when the spool is listed for reading
        rounds.note_aside(self.spool.set_aside_faulty().unwrap_or_default());
        if let Some(countries) = &self.countries
            && countries.refresh()
            && let Some(text) = countries.trouble()
        {
            rounds.note("countries", &countries.path().display().to_string(), text);
        }
        let trouble = self.work(rounds).err().map(|error| error.to_string());
        if trouble != self.told
            && let Some(text) = &trouble
        {
            rounds.note("upkeep", "store", text.clone());
        }
        self.told = trouble;
        self.next = Instant::now() + EVERY;
    }

    fn work(&self, rounds: &Rounds) -> Result<(), StoreError> {
        self.store.fold()?;
        self.store.retain(Moment::now().unix_ms(), self.budget_bytes, self.keep_days)?;
        // one that appears meanwhile has no position yet, and one that is listed
        // but not open yet must keep its own
        let listed = self.spool.segments().ok();
        if let Some(listed) = &listed {
            let mut keep = rounds.open_names();
            keep.extend(listed.iter().map(String::as_str));
            self.store.forget_segments(&keep)?;
        }
        Ok(())
    }
}
