use super::numbers::rounded;
use super::recorders::recorder_rows;
use super::{Ask, Moment, Params, RecorderRow};
use crate::ServerError;
use crate::countries::CountryTable;
use crate::versions::VERSION;
use haechi_store::Note;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Notes shown.
const NOTES: usize = 50;

/// How Haechi itself is doing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    /// Of this program.
    pub version: &'static str,
    /// How long the server runs.
    pub uptime_s: f64,
    /// Processor time this program used since it started.
    pub cpu_s: f64,
    /// Memory this program holds; null where the system does not say.
    pub memory_bytes: Option<u64>,
    /// Records stored since it started.
    pub stored_since_start: u64,
    /// How old the newest record of the last commit was when it was committed.
    pub lag_ms: u64,
    /// Commits the store refused since it started.
    pub commits_failed: u64,
    /// Of the files the store writes.
    pub store_version: u32,
    /// Running processes that record.
    pub recorders: u64,
    /// Those, with the version of Haechi in them; at most 100, of another version
    /// first.
    pub recorder_processes: Vec<RecorderRow>,
    /// The data folder.
    pub data_dir: String,
    /// Bytes of stored data.
    pub store_bytes: u64,
    /// What they may become.
    pub store_budget_bytes: u64,
    /// Bytes of the spool.
    pub spool_bytes: u64,
    /// What they may become.
    pub spool_budget_bytes: u64,
    /// Requests, log lines, exceptions and what belongs to them, ever stored.
    pub records_stored: u64,
    /// Tickets that were written while nobody watched.
    pub tickets: StatusTickets,
    /// The table of addresses that countries are counted by; null if none is set.
    pub countries: Option<StatusCountries>,
    /// Why rows do not move; null if they do.
    pub trouble: Option<String>,
    /// Lost records by reason.
    pub drops: BTreeMap<String, u64>,
    /// What happened to the data, newest first.
    pub notes: Vec<StatusNote>,
}

/// How far the tickets in the folders `errors` of web2py's apps are read, since
/// the server started.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusTickets {
    /// Still to be read; of at most 50,000 at a time.
    pub waiting: u64,
    /// Stored as exceptions.
    pub read: u64,
    /// Files that are no tickets or were made to do harm; the notes name them.
    pub refused: u64,
    /// Why reading does not go on; null if it does.
    pub trouble: Option<String>,
}

/// The table of addresses (`[traffic] countries` in `haechi.toml`).
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusCountries {
    /// The file.
    pub file: String,
    /// What its maker calls it; null while none can be read.
    pub kind: Option<String>,
    /// When it was made; null while none can be read.
    pub built: Option<Moment>,
    /// Bytes of it, which are in memory; 0 while none can be read.
    pub bytes: u64,
    /// Why the file as it is now cannot be used, and the way out; null if it is used.
    pub trouble: Option<String>,
}

/// Something that happened to the data.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusNote {
    /// When.
    pub time: Moment,
    /// `quarantine`, `torn`, `retention`, …
    pub kind: String,
    /// The file or thing it is about.
    pub name: String,
    /// One sentence.
    pub text: String,
    /// How many; 1 if nothing is counted.
    pub count: u64,
}

impl Ask {
    /// How Haechi itself is doing. No parameters.
    ///
    /// # Errors
    /// [`ServerError::Input`] for any parameter; what the store or spool says.
    pub fn status(&self, params: Params) -> Result<Status, ServerError> {
        params.finish()?;
        let size = self.store.size()?;
        let boards = self.boards();
        let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Ok(Status {
            version: VERSION,
            uptime_s: rounded(self.health.uptime().as_secs_f64()),
            cpu_s: rounded(cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9),
            memory_bytes: memory_bytes(),
            stored_since_start: self.health.stored(),
            lag_ms: u64::try_from(self.health.lag().as_millis()).unwrap_or(u64::MAX),
            commits_failed: self.health.appends_failed(),
            store_version: haechi_store::FORMAT_VERSION,
            recorder_processes: recorder_rows(&boards),
            recorders: boards.iter().filter(|board| board.running).count() as u64,
            data_dir: self.settings.data_dir.display().to_string(),
            store_bytes: size.bytes,
            store_budget_bytes: self.settings.store_budget_bytes,
            spool_bytes: self.spool.bytes()?,
            spool_budget_bytes: self.spool_budget_bytes,
            records_stored: size.records(),
            tickets: self.tickets(),
            countries: self.countries.as_deref().map(StatusCountries::from),
            trouble: self.health.ready().err(),
            drops: self.drops_of(&boards)?,
            notes: self.store.notes(NOTES)?.into_iter().map(StatusNote::from).collect(),
        })
    }
}

/// What `/proc` says that this program holds.
fn memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

impl Ask {
    fn tickets(&self) -> StatusTickets {
        let (waiting, read, refused) = self.health.tickets().numbers();
        StatusTickets { waiting, read, refused, trouble: self.health.tickets().trouble() }
    }
}

impl From<&CountryTable> for StatusCountries {
    fn from(table: &CountryTable) -> Self {
        let facts = table.facts();
        let built_s = facts.as_ref().map(|facts| facts.built_s);
        Self {
            file: table.path().display().to_string(),
            built: built_s.map(|s| Moment::from_ms(s.saturating_mul(1000))),
            bytes: facts.as_ref().map_or(0, |facts| facts.bytes),
            kind: facts.map(|facts| facts.kind),
            trouble: table.trouble(),
        }
    }
}

impl From<Note> for StatusNote {
    fn from(note: Note) -> Self {
        Self {
            time: Moment::from_ms(note.time_unix_ms),
            kind: note.kind,
            name: note.name,
            text: note.text,
            count: note.count,
        }
    }
}
