//! What a batch adds to who visited: exact while it is in memory, bounded once it
//! is in the file.

use super::distinct::name_hash;
use super::hash::QuickMap;
use super::request_rows::Visitor;
use super::texts::Kept;
use super::visit_names::{Counted, TopNames};
use super::visit_sketch::{AGENTS, CLIENTS, COUNTRIES, LISTS, NOT_FOUND, REFERRERS, STATIC_FILES};
use super::visit_sketch::{USERS, UnitedSketch, VisitSketch};
use crate::countries::country_of;
use crate::{Countries, is_program, is_static_file};
use haechi_event::{EventError, Request};
use rusqlite::{Connection, OptionalExtension, Row};
use std::sync::Arc;

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

/// What tells more of visitors than their requests do.
#[derive(Debug)]
pub(crate) struct Lookups {
    programs: Programs,
    countries: Option<Arc<dyn Countries>>,
}

impl Lookups {
    pub(crate) fn new(countries: Option<Arc<dyn Countries>>) -> Self {
        Self { programs: Programs::default(), countries }
    }
}

/// Which user agents are programs, of those seen lately: it takes longer to see
/// than to remember.
#[derive(Debug, Default)]
struct Programs {
    numbered: QuickMap<i64, bool>,
    others: QuickMap<Box<str>, bool>,
}

impl Programs {
    const MOST: usize = 4096;

    #[inline]
    fn is_one(&mut self, user_agent: &str, kept: Kept<'_>) -> bool {
        // numbers stand for the same text as long as the file is there
        if let Kept::Id(id) = kept {
            return *self.numbered.entry(id).or_insert_with(|| is_program(user_agent));
        }
        if let Some(known) = self.others.get(user_agent) {
            return *known;
        }
        if self.others.len() >= Self::MOST {
            self.others.clear();
        }
        let found = is_program(user_agent);
        self.others.insert(user_agent.into(), found);
        found
    }
}

/// App (as its row in `routes`), first minute, programs or people.
type Key = (i64, u32, bool);

/// What is counted of one batch.
#[derive(Default)]
pub(crate) struct VisitCounts<'a> {
    added: Vec<(Key, Added<'a>)>,
}

/// Names of a list, as columns hold them, with their texts.
type Names<'a> = QuickMap<Kept<'a>, (&'a str, Counted)>;

#[derive(Default)]
struct Added<'a> {
    statuses: Vec<(u16, u64)>,
    lists: [Names<'a>; LISTS],
}

impl<'a> VisitCounts<'a> {
    /// Counts a request that began in this minute (since the Unix epoch).
    #[inline]
    pub(crate) fn add(
        &mut self,
        app: i64,
        minute: u32,
        request: &Request<'a>,
        visitor: &Visitor<'a>,
        lookups: &mut Lookups,
    ) {
        let is_program = lookups.programs.is_one(request.user_agent, visitor.user_agent);
        let key = (app, minute - minute % WIDTH, is_program);
        // a batch has few of them, and those of now are the last
        let at = self.added.iter().rposition(|(known, _)| *known == key).unwrap_or_else(|| {
            self.added.push((key, Added::default()));
            self.added.len() - 1
        });
        self.added[at].1.add(request, visitor);
    }

    /// Adds everything to the file; with a table of addresses, also countries.
    pub(crate) fn flush(self, conn: &Connection, lookups: &Lookups) -> rusqlite::Result<()> {
        for (key, mut added) in self.added {
            if let Some(countries) = &lookups.countries {
                added.count_countries(&**countries);
            }
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
    fn add(&mut self, request: &Request<'a>, visitor: &Visitor<'a>) {
        match self.statuses.iter_mut().find(|(status, _)| *status == request.status) {
            Some((_, requests)) => *requests += 1,
            None => self.statuses.push((request.status, 1)),
        }
        let bytes_out = request.bytes_out;
        let mut count = |list: usize, kept: Kept<'a>, name: &'a str| {
            let (_, counted) =
                self.lists[list].entry(kept).or_insert_with(|| (name, Counted::default()));
            counted.requests += 1;
            counted.bytes_out = counted.bytes_out.saturating_add(bytes_out);
        };
        count(CLIENTS, visitor.client, request.client);
        count(AGENTS, visitor.user_agent, request.user_agent);
        if visitor.referrer != Kept::Empty {
            count(REFERRERS, visitor.referrer, request.referrer);
        }
        if request.status == STATUS_NOT_FOUND {
            count(NOT_FOUND, Kept::Inline(request.path), request.path);
        }
        if visitor.user != Kept::Empty {
            count(USERS, visitor.user, request.user);
        }
        if is_static_file(request.flags, request.status, request.path) {
            count(STATIC_FILES, Kept::Inline(request.path), request.path);
        }
    }

    /// Adds up clients by country: each address is looked up once a batch, not
    /// once a request.
    fn count_countries(&mut self, countries: &dyn Countries) {
        let mut counted = Names::default();
        for (client, of_client) in self.lists[CLIENTS].values() {
            let name = country_of(countries, client);
            let entry = counted.entry(Kept::Inline(name));
            let (_, sum) = entry.or_insert_with(|| (name, Counted::default()));
            sum.requests += of_client.requests;
            sum.bytes_out = sum.bytes_out.saturating_add(of_client.bytes_out);
        }
        self.lists[COUNTRIES] = counted;
    }

    fn sketch(&self) -> VisitSketch {
        let hashed = |names: &Names<'_>| {
            TopNames::exact(names.values().map(|(name, counted)| (name_hash(name), *counted)))
        };
        let mut sketch = VisitSketch {
            requests: self.statuses.iter().map(|(_, requests)| requests).sum(),
            statuses: self.statuses.iter().copied().collect(),
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
    texts: &Names<'_>,
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
    for (text, _) in texts.values() {
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
