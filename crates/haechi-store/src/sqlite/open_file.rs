use super::folder::{create_private, has_wal};
use super::schema::{Kind, VERSION};
use crate::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

/// A full check of a file that was not closed is ended after this long: start-up
/// must not depend on how much is stored.
const CHECK_LIMIT: Duration = Duration::from_secs(1);
const HEADER_LEN: usize = 100;

/// What is wrong with a file, in words for its note.
pub(crate) type Fault = String;

/// What a look at a file's header tells.
pub(crate) enum Look {
    /// Nothing speaks against it.
    Sound,
    /// It was not closed or not filled: only opening it will tell.
    Open,
    /// Nothing was ever written to it.
    Empty,
    /// It cannot be used.
    Faulty(Fault),
}

/// Looks at a file without SQLite: cheap enough to do for every day at start.
pub(crate) fn look(path: &Path, kind: Kind) -> Result<Look, StoreError> {
    let meta = fs::symlink_metadata(path).map_err(StoreError::file("look at", path))?;
    if !meta.is_file() {
        return Ok(Look::Faulty("it is not a plain file".into()));
    }
    if has_wal(path) {
        // the log holds a newer header
        return Ok(Look::Open);
    }
    if meta.len() == 0 {
        return Ok(Look::Empty);
    }
    let mut header = [0; HEADER_LEN];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    if let Err(e) = read {
        return match e.kind() {
            std::io::ErrorKind::UnexpectedEof => Ok(Look::Faulty("it was cut".into())),
            _ => Err(StoreError::file("read", path)(e)),
        };
    }
    Ok(fault_in(&header, meta.len(), kind))
}

/// Offsets are those of the SQLite file format, all big-endian.
fn fault_in(header: &[u8; HEADER_LEN], len: u64, kind: Kind) -> Look {
    let word = |at: usize| {
        u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    if !header.starts_with(b"SQLite format 3\0") {
        return Look::Faulty("it is not an SQLite file".into());
    }
    // such a file can be read, but a write to it fails as if the disk forbade it
    if header[18] > 2 || header[19] > 2 {
        return Look::Faulty("its header is damaged".into());
    }
    let (version, application) = (word(60), word(68));
    if (version, application) == (0, 0) {
        return Look::Open;
    }
    if let Some(fault) = fault_in_version(version, application, kind) {
        return Look::Faulty(fault);
    }
    let page_size = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    // the page count is only valid if written by the last change
    let counted = word(24) == word(92);
    if counted && len < u64::from(word(28)) * page_size {
        return Look::Faulty("it was cut".into());
    }
    Look::Sound
}

fn fault_in_version(version: u32, application: u32, kind: Kind) -> Option<Fault> {
    if kind.is_before_release(application) {
        return Some("a program from before the first release made it".into());
    }
    if application != kind.application_id() {
        return Some("another program made it".into());
    }
    (version > VERSION).then(|| {
        format!(
            "its version {version} is newer than this program reads ({VERSION}); upgrade to read it"
        )
    })
}

/// Why a file could not be opened for writing.
pub(crate) enum Refused {
    /// Set it aside and begin a new one.
    Faulty(Fault),
    /// Nothing is wrong with the file.
    Error(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        if error.is_damage() { Self::Faulty(error.to_string()) } else { Self::Error(error) }
    }
}

/// When a file is opened for writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// At the store's start: a file that was not closed is looked through.
    Start,
    /// Later, when a batch waits: its log may be there because someone reads.
    Later,
}

/// Opens a file for writing, making or completing it if it is new. [`look`] at
/// files from before first, and only while none of this program's connections
/// has them open: closing a plain file drops the locks SQLite holds on it.
pub(crate) fn open_writer(path: &Path, kind: Kind, when: When) -> Result<Connection, Refused> {
    create_private(path)?;
    let unclean = when == When::Start && has_wal(path);
    let mut conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // before anything is written: a file of others is left as it is
    let is_new = is_new(&conn, kind)?;
    settings(&conn)?;
    // more than the statements of one append, or each is compiled every time
    conn.set_prepared_statement_cache_capacity(64);
    if unclean {
        check_pages(&mut conn)?;
    }
    if is_new {
        let doing = StoreError::sqlite("make the tables of a new file");
        conn.execute_batch(&kind.create()).map_err(&doing)?;
    }
    Ok(conn)
}

/// Opens a file for reading.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let doing = StoreError::sqlite("prepare a file for reading");
    conn.execute_batch(
        "PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; \
         PRAGMA cell_size_check = ON;",
    )
    .map_err(&doing)?;
    Ok(conn)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let conn =
        Connection::open_with_flags(path, flags).map_err(StoreError::sqlite("open a file"))?;
    let doing = StoreError::sqlite("open a file");
    // a plan does not depend on the values bound: without this, a new begin or
    // end of a range compiles its statement anew
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(&doing)?;
    // another program may be reading, or checkpointing, for a moment
    conn.busy_timeout(Duration::from_secs(5)).map_err(&doing)?;
    Ok(conn)
}

fn settings(conn: &Connection) -> Result<(), StoreError> {
    let doing = StoreError::sqlite("prepare a file for writing");
    conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).map_err(&doing)?;
    conn.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY; \
         PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
    )
    .map_err(&doing)?;
    // moving the log into the file waits for the disk: rather seldom and much
    for pragma in ["PRAGMA wal_autocheckpoint = 8000", "PRAGMA journal_size_limit = 50331648"] {
        conn.query_row(pragma, [], |_| Ok(())).map_err(&doing)?;
    }
    Ok(())
}

/// Looks at every page, for a bounded time.
fn check_pages(conn: &mut Connection) -> Result<(), Refused> {
    let doing = StoreError::sqlite("check a file");
    let end = Instant::now() + CHECK_LIMIT;
    conn.progress_handler(10_000, Some(move || Instant::now() > end)).map_err(&doing)?;
    let answer = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    conn.progress_handler(0, None::<fn() -> bool>).map_err(&doing)?;
    match answer.map_err(&doing) {
        Ok(text) if text == "ok" => Ok(()),
        Ok(text) => Err(Refused::Faulty(format!("it is damaged: {text}"))),
        Err(StoreError::TimedOut) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether the file has no tables yet; it is ours if it has.
fn is_new(conn: &Connection, kind: Kind) -> Result<bool, Refused> {
    let doing = StoreError::sqlite("read the schema of a file");
    let number = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, u32>(0)).map_err(&doing);
    let tables = {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table'";
        let mut statement = conn.prepare(sql).map_err(&doing)?;
        let names = statement.query_map([], |row| row.get::<_, String>(0)).map_err(&doing)?;
        names.collect::<Result<Vec<_>, _>>().map_err(&doing)?
    };
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    if (application, version) == (0, 0) && tables.is_empty() {
        return Ok(true);
    }
    if let Some(fault) = fault_in_version(version, application, kind) {
        return Err(Refused::Faulty(fault));
    }
    match kind.tables().iter().find(|name| !tables.iter().any(|have| have == *name)) {
        Some(missing) => Err(Refused::Faulty(format!("its table {missing} is missing"))),
        None => Ok(false),
    }
}
