//! What a batch adds to who visited: exact while it is in memory, bounded once it
//! is in the file.

use super::distinct::name_hash;
use super::hash::QuickMap;
use super::visit_names::{Counted, TopNames};
use super::visit_sketch::{AGENTS, CLIENTS, LISTS, NOT_FOUND, REFERRERS};
use super::visit_sketch::{UnitedSketch, VisitSketch};
use crate::is_program;
use haechi_event::{EventError, Request};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::BTreeMap;

/// Minutes that a row counts.
pub(crate) const WIDTH: u32 = 5;
/// Names of each list in a row, and in the row of a whole day.
pub(crate) const MOST_OF_WIDTH: usize = 256;
pub(crate) const MOST_OF_DAY: usize = 512;
/// The answer to what is not there.
pub(crate) const STATUS_NOT_FOUND: u16 = 404;

const READ: &str = "SELECT sketch FROM visits WHERE app = ?1 AND minute = ?2 AND programs = ?3";
const WRITE: &str =
    "INSERT OR REPLACE INTO visits(app, minute, programs, sketch) VALUES (?1, ?2, ?3, ?4)";
const ADD_NAME: &str = "INSERT OR IGNORE INTO visit_names(hash, name) VALUES (?1, ?2)";

/// Which user agents are programs, of those seen lately: it takes longer to see
/// than to remember.
#[derive(Debug, Default)]
pub(crate) struct Programs(QuickMap<Box<str>, bool>);

impl Programs {
    const MOST: usize = 4096;

    #[inline]
    fn is_one(&mut self, user_agent: &str) -> bool {
        if let Some(known) = self.0.get(user_agent) {
            return *known;
        }
        if self.0.len() >= Self::MOST {
            self.0.clear();
        }
        let found = is_program(user_agent);
        self.0.insert(user_agent.into(), found);
        found
    }
}

/// App (as its row in `routes`), first minute, programs or people.
type Key = (i64, u32, bool);

/// What is counted of one batch.
#[derive(Default)]
pub(crate) struct VisitCounts<'a> {
    added: QuickMap<u64, (Key, Added<'a>)>,
}

#[derive(Default)]
struct Added<'a> {
    requests: u64,
    statuses: BTreeMap<u16, u64>,
    lists: [QuickMap<&'a str, Counted>; LISTS],
}

impl<'a> VisitCounts<'a> {
    /// Counts a request that began in this minute (since the Unix epoch).
    #[inline]
    pub(crate) fn add(
        &mut self,
        app: i64,
        minute: u32,
        request: &Request<'a>,
        programs: &mut Programs,
    ) {
        let is_program = programs.is_one(request.user_agent);
        let minute = minute - minute % WIDTH;
        let key = (app as u64) << 33 | u64::from(minute) << 1 | u64::from(is_program);
        let added = self.added.entry(key).or_default();
        added.0 = (app, minute, is_program);
        added.1.add(request);
    }

    /// Adds everything to the file.
    pub(crate) fn flush(self, conn: &Connection) -> rusqlite::Result<()> {
        for (key, added) in self.added.into_values() {
            let mut read = conn.prepare_cached(READ)?;
            let before = read.query_row(key, |row| sketch_at(row, 0)).optional()?;
            let before = before.unwrap_or_default();
            let mut united = UnitedSketch::default();
            united.add(&before);
            united.add(&added.sketch());
            let after = united.finish(MOST_OF_WIDTH);
            let (app, minute, is_program) = key;
            let mut write = conn.prepare_cached(WRITE)?;
            write.execute((app, minute, is_program, after.to_bytes()))?;
            for (texts, lists) in added.lists.iter().zip(before.lists.iter().zip(&after.lists)) {
                add_names(conn, texts, lists)?;
            }
        }
        Ok(())
    }
}

impl<'a> Added<'a> {
    fn add(&mut self, request: &Request<'a>) {
        self.requests += 1;
        *self.statuses.entry(request.status).or_default() += 1;
        let bytes_out = request.bytes_out;
        let mut count = |list: usize, name: &'a str| {
            let counted = self.lists[list].entry(name).or_default();
            counted.requests += 1;
            counted.bytes_out = counted.bytes_out.saturating_add(bytes_out);
        };
        count(CLIENTS, request.client);
        count(AGENTS, request.user_agent);
        if !request.referrer.is_empty() {
            count(REFERRERS, request.referrer);
        }
        if request.status == STATUS_NOT_FOUND {
            count(NOT_FOUND, request.path);
        }
    }

    fn sketch(&self) -> VisitSketch {
        let hashed = |names: &QuickMap<&str, Counted>| {
            TopNames::exact(names.iter().map(|(name, counted)| (name_hash(name), *counted)))
        };
        let mut sketch = VisitSketch {
            requests: self.requests,
            statuses: self.statuses.clone(),
            lists: self.lists.each_ref().map(hashed),
            ..VisitSketch::default()
        };
        sketch.lists[CLIENTS].names().iter().for_each(|(hash, _)| sketch.clients.add_hash(*hash));
        sketch
    }
}

/// Keeps the texts of the names that came into a list.
fn add_names(
    conn: &Connection,
    texts: &QuickMap<&str, Counted>,
    (before, after): (&TopNames, &TopNames),
) -> rusqlite::Result<()> {
    let known: QuickMap<u64, ()> = before.names().iter().map(|(hash, _)| (*hash, ())).collect();
    let is_new = |hash: &u64| !known.contains_key(hash);
    let come: QuickMap<u64, ()> =
        after.names().iter().map(|(hash, _)| *hash).filter(is_new).map(|hash| (hash, ())).collect();
    if come.is_empty() {
        return Ok(());
    }
    let mut add = conn.prepare_cached(ADD_NAME)?;
    for text in texts.keys() {
        let hash = name_hash(text);
        if come.contains_key(&hash) {
            add.execute((hash as i64, text))?;
        }
    }
    Ok(())
}

/// The sketch in a column.
pub(crate) fn sketch_at(row: &Row<'_>, column: usize) -> rusqlite::Result<VisitSketch> {
    let failed = |e: EventError| rusqlite::Error::UserFunctionError(Box::new(e));
    VisitSketch::from_bytes(row.get_ref(column)?.as_blob()?).map_err(failed)
}
