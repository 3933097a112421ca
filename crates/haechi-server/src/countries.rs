//! The operator's table of addresses: which country each one is in. A file in
//! MaxMind's format (GeoLite2, DB-IP), read into memory: a mapped one that is cut
//! short while it is used would end the server by SIGBUS.

use haechi_store::Countries;
use maxminddb::{MaxMindDbError, PathElement, Reader, WithinOptions};
use std::fs::{File, Metadata};
use std::io::Read;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// Tables of countries have 10 MB, those of cities 70.
const MOST_BYTES: u64 = 256 << 20;
/// Networks, also such that nothing is said of, that are looked at before a table is
/// believed to have countries.
const LOOKED_AT: usize = 10_000;
const CODE: [PathElement<'static>; 2] = [PathElement::Key("country"), PathElement::Key("iso_code")];

/// A table of addresses, which may be replaced while it is used.
#[derive(Debug)]
pub struct CountryTable {
    path: PathBuf,
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The last one that could be read, and its bytes.
    table: Option<(Reader<Vec<u8>>, u64)>,
    /// The file that was looked at last; `None` if there was none.
    seen: Option<Seen>,
    trouble: Option<String>,
}

/// What changes when a file is replaced or written: device, inode, length, time.
type Seen = (u64, u64, u64, i64, i64);

/// What a table says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFacts {
    /// What its maker calls it, such as `GeoLite2-Country`.
    pub kind: String,
    /// When it was made, Unix seconds.
    pub built_s: u64,
    /// Bytes, which are in memory.
    pub bytes: u64,
}

impl CountryTable {
    /// Reads a table. One that cannot be used knows no country, and says why.
    #[must_use]
    pub fn open(path: &Path) -> Self {
        let table = Self { path: path.to_path_buf(), state: RwLock::default() };
        table.refresh();
        table
    }

    /// Reads the file again if it is another than before. Until one can be read,
    /// the last that could answers. Says whether anything changed.
    pub fn refresh(&self) -> bool {
        let seen = std::fs::metadata(&self.path).ok().map(|of| seen(&of));
        {
            let state = self.state();
            let is_first = state.table.is_none() && state.trouble.is_none();
            if !is_first && seen == state.seen {
                return false;
            }
        }
        let read = read(&self.path);
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.seen = seen;
        match read {
            Ok(table) => *state = State { table: Some(table), seen, trouble: None },
            Err(why) => state.trouble = Some(why),
        }
        true
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why the file as it is now cannot be used, and the way out.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        let why = self.state().trouble.clone()?;
        Some(format!(
            "countries are not counted by {}: {why}; put a table of countries in MaxMind's format \
             (.mmdb) there, or correct `countries` under [traffic] in haechi.toml",
            self.path.display()
        ))
    }

    /// What the table in use says of itself; `None` if there is none.
    #[must_use]
    pub fn facts(&self) -> Option<TableFacts> {
        let state = self.state();
        let (reader, bytes) = state.table.as_ref()?;
        let metadata = reader.metadata();
        let (kind, built_s) = (metadata.database_type.clone(), metadata.build_epoch);
        Some(TableFacts { kind, built_s, bytes: *bytes })
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Countries for CountryTable {
    fn code_of(&self, address: IpAddr) -> Option<[u8; 2]> {
        // a table of IPv4 alone refuses other addresses; a damaged place is unknown
        let state = self.state();
        let (reader, _) = state.table.as_ref()?;
        let found = reader.lookup(address).ok()?;
        found.decode_path::<&str>(&CODE).ok()??.as_bytes().try_into().ok()
    }
}

fn seen(of: &Metadata) -> Seen {
    (of.dev(), of.ino(), of.len(), of.mtime(), of.mtime_nsec())
}

/// The table in a file.
///
/// # Errors
/// Why it is none, as a part of a sentence.
fn read(path: &Path) -> Result<(Reader<Vec<u8>>, u64), String> {
    // a pipe would be waited for
    match std::fs::metadata(path) {
        Ok(of) if !of.is_file() => return Err("it is no file".to_owned()),
        Ok(of) if of.len() > MOST_BYTES => {
            return Err(format!("it has more than {} MiB", MOST_BYTES >> 20));
        }
        Ok(_) => {}
        Err(error) => return Err(error.to_string()),
    }
    let mut bytes = Vec::new();
    let mut file = File::open(path).map_err(|error| error.to_string())?.take(MOST_BYTES);
    let length = file.read_to_end(&mut bytes).map_err(|error| error.to_string())? as u64;
    let reader = Reader::from_source(bytes).map_err(|error| damaged(&error))?;
    if !has_countries(&reader).map_err(|error| damaged(&error))? {
        return Err(format!("{} has no countries", reader.metadata().database_type));
    }
    Ok((reader, length))
}

fn damaged(error: &MaxMindDbError) -> String {
    format!("it is damaged or no table: {error}")
}

/// Whether any of the first networks has a country.
fn has_countries(reader: &Reader<Vec<u8>>) -> Result<bool, MaxMindDbError> {
    // also those without data: a tree that was made to do harm may have no others, and no end
    let options = WithinOptions::default().include_networks_without_data();
    let networks = reader.networks(options)?;
    for network in networks.take(LOOKED_AT) {
        if network?.decode_path::<&str>(&CODE)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
