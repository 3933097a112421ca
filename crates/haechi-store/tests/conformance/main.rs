//! What every store must do, whatever it keeps its data in. Each test gets an
//! empty store from [`Fresh`] and only speaks to `dyn Store`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail and speak"
)]

mod answers;
mod find;
mod generate;
mod headers;
mod issue_states;
mod issues;
mod kept;
mod naive;
mod naive_issues;
mod patterns;
mod releases;
mod replay;
mod retention;
mod rules;
mod samples;
mod search;
mod spans;
mod visits;

use haechi_store::{Countries, Options, SqliteStore, Store};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// A place for one store, which can be opened again and again.
struct Fresh {
    dir: TempDir,
}

impl Fresh {
    fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    fn open(&self) -> Box<dyn Store> {
        let countries: Option<Arc<dyn Countries>> = Some(Arc::new(Table));
        open_with(self.dir.path(), Options { countries, ..Options::default() })
    }

    /// Closes the store and opens it once more.
    fn open_again(&self, store: Box<dyn Store>) -> Box<dyn Store> {
        drop(store);
        self.open()
    }
}

/// A table of addresses that knows two countries.
#[derive(Debug)]
struct Table;

impl Countries for Table {
    fn code_of(&self, address: IpAddr) -> Option<[u8; 2]> {
        match address {
            IpAddr::V4(address) => (address.octets()[0] == 203).then_some(*b"KR"),
            IpAddr::V6(_) => Some(*b"DE"),
        }
    }
}

fn open_with(dir: &Path, options: Options) -> Box<dyn Store> {
    Box::new(SqliteStore::open(dir, options).unwrap())
}
