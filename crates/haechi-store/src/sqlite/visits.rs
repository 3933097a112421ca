use super::SqliteStore;
use super::calendar::Day;
use super::distinct::{Distinct, name_hash};
use super::hash::QuickMap;
use super::main_file::DayState;
use super::readers::{Deadline, FileKey};
use super::visit::{Selection, select};
use super::visit_counts::{WIDTH, sketch_at};
use super::visit_days::name_of;
use super::visit_names::Counted;
use super::visit_rows::read_rows;
use super::visit_sketch::{AGENTS, CLIENTS, COUNTRIES, LISTS, NOT_FOUND, REFERRERS, STATIC_FILES};
use super::visit_sketch::{USERS, VisitSketch};
use crate::{Countries, StoreError, Visit, Visits, VisitsQuery};
use rusqlite::Connection;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Different names of a kind that single requests may add; the rest is [`OTHER`].
const MOST_NAMES: usize = 20_000;
const OTHER: &str = "(other)";
const DOING: &str = "read visits";
const WIDTH_MS: u64 = WIDTH as u64 * 60_000;

impl SqliteStore {
    /// Newest day first, for as long as one query may take. Whole days come from
    /// the main file, five minutes from the day's, and what is left at both ends
    /// from single requests.
    pub(super) fn read_visits(&self, query: &VisitsQuery) -> Result<Visits, StoreError> {
        let deadline = self.short_deadline();
        let mut sum = Sum { from_ms: query.from_ms, to_ms: query.to_ms, ..Sum::default() };
        let days = self.days();
        if query.from_ms < query.to_ms {
            let wanted = Day::of_ms(query.from_ms)..=Day::of_ms(query.to_ms - 1);
            for (day, state) in days.range(wanted).rev() {
                match self.read_visits_of(query, (*day, *state), deadline, &mut sum) {
                    Err(StoreError::TimedOut) => {
                        sum.from_ms = day.end_ms().min(query.to_ms);
                        sum.is_partial = true;
                        break;
                    }
                    done => done?,
                }
            }
        }
        self.finish(sum, query.limit)
    }

    fn read_visits_of(
        &self,
        query: &VisitsQuery,
        (day, state): (Day, DayState),
        deadline: Deadline,
        sum: &mut Sum,
    ) -> Result<(), StoreError> {
        let (from, to) = (query.from_ms.max(day.start_ms()), query.to_ms.min(day.end_ms()));
        let is_whole = (from, to) == (day.start_ms(), day.end_ms());
        let mut not_part = None;
        if let Some(part) = state.part.filter(|_| state.dirty || !is_whole) {
            let of_day = self.read_day(day, deadline, DOING, |conn| {
                conn.execute_batch("BEGIN")?;
                read_file(conn, query, (from, to), self.options.countries.as_deref())
            })?;
            if let Some(of_day) = of_day {
                sum.merge(of_day, FileKey::Day(day));
            }
            if !(is_whole && state.older_parts) {
                return Ok(());
            }
            not_part = Some(part);
        }
        let of_day =
            self.read_main(deadline, DOING, |conn| read_whole_day(conn, query, day, not_part))?;
        // of a day without a file there is only all of it
        sum.from_ms = sum.from_ms.min(day.start_ms());
        sum.to_ms = sum.to_ms.max(day.end_ms());
        sum.merge(of_day, FileKey::Main);
        Ok(())
    }

    fn finish(&self, sum: Sum, limit: usize) -> Result<Visits, StoreError> {
        let mut lists = sum.lists.map(|list| top(list, limit));
        let mut texts = sum.texts;
        let deadline = self.long_deadline();
        for file in &sum.files {
            let missing = lists.iter().flatten().map(|(hash, _)| *hash);
            let missing: Vec<u64> = missing.filter(|hash| !texts.contains_key(hash)).collect();
            if missing.is_empty() {
                break;
            }
            let found = match file {
                FileKey::Day(day) => {
                    self.read_day(*day, deadline, DOING, |conn| read_names(conn, &missing))?
                }
                FileKey::Main => {
                    Some(self.read_main(deadline, DOING, |conn| read_names(conn, &missing))?)
                }
            };
            texts.extend(found.unwrap_or_default());
        }
        let mut named = |list: usize| {
            let visits = std::mem::take(&mut lists[list]).into_iter();
            let mut visits: Vec<Visit> = visits.map(|one| visit(one, &texts)).collect();
            visits.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| a.name.cmp(&b.name)));
            visits.truncate(limit);
            visits
        };
        Ok(Visits {
            requests: sum.requests,
            by_programs: sum.by_programs,
            clients_seen: sum.clients.count(),
            clients: named(CLIENTS),
            agents: named(AGENTS),
            referrers: named(REFERRERS),
            not_found: named(NOT_FOUND),
            users: named(USERS),
            static_files: named(STATIC_FILES),
            countries: named(COUNTRIES),
            statuses: sum.statuses.into_iter().collect(),
            counted_from_ms: sum.from_ms,
            counted_to_ms: sum.to_ms,
            is_partial: sum.is_partial,
            is_capped: sum.is_capped,
        })
    }
}

/// Adds what a day's file has of a range of Unix ms.
fn read_file(
    conn: &Connection,
    query: &VisitsQuery,
    (from, to): (u64, u64),
    countries: Option<&dyn Countries>,
) -> rusqlite::Result<Sum> {
    let mut sum = Sum::default();
    let (first, last) = (from.div_ceil(WIDTH_MS) * WIDTH_MS, to / WIDTH_MS * WIDTH_MS);
    if first >= last {
        read_rows(conn, query, (from, to), countries, &mut sum)?;
        return Ok(sum);
    }
    read_rows(conn, query, (last, to), countries, &mut sum)?;
    let sql = "SELECT programs, sketch FROM visits WHERE app = ?1 AND minute >= ?2 AND \
               minute < ?3 AND (?4 IS NULL OR programs = ?4)";
    let mut statement = conn.prepare_cached(sql)?;
    for app in select(conn, Selection::Apps(query.app.as_deref()))? {
        let (first, last) = (first / 60_000, last / 60_000);
        let mut rows = statement.query((app.id, first as i64, last as i64, query.programs))?;
        while let Some(row) = rows.next()? {
            sum.add(row.get(0)?, &sketch_at(row, 1)?);
        }
    }
    read_rows(conn, query, (from, first), countries, &mut sum)?;
    Ok(sum)
}

/// Adds what the main file has of a day.
fn read_whole_day(
    conn: &Connection,
    query: &VisitsQuery,
    day: Day,
    not_part: Option<i64>,
) -> rusqlite::Result<Sum> {
    let mut sum = Sum::default();
    let sql = "SELECT programs, sketch FROM visits WHERE app = ?1 AND day = ?2 AND \
               (?3 IS NULL OR part <> ?3) AND (?4 IS NULL OR programs = ?4)";
    let mut statement = conn.prepare_cached(sql)?;
    for app in select(conn, Selection::Apps(query.app.as_deref()))? {
        let mut rows = statement.query((app.id, day.number(), not_part, query.programs))?;
        while let Some(row) = rows.next()? {
            sum.add(row.get(0)?, &sketch_at(row, 1)?);
        }
    }
    Ok(sum)
}

/// Hashes and what they stand for, of those this file knows.
fn read_names(conn: &Connection, hashes: &[u64]) -> rusqlite::Result<Vec<(u64, Box<str>)>> {
    let mut found = Vec::new();
    for hash in hashes {
        if let Some(name) = name_of(conn, *hash as i64)? {
            found.push((*hash, name.into()));
        }
    }
    Ok(found)
}

/// Those with the most requests, and others with as many as the last of them.
fn top(list: QuickMap<u64, Name>, limit: usize) -> Vec<(u64, Name)> {
    let mut names: Vec<(u64, Name)> = list.into_iter().collect();
    names.sort_unstable_by_key(|(_, name)| Reverse(name.counted.requests));
    let least = limit.checked_sub(1).and_then(|last| Some(names.get(last)?.1.counted.requests));
    let of_same = |name: &Name| least.is_none_or(|least| name.counted.requests >= least);
    let most = limit.saturating_add(MOST_NAMES);
    let end = names.iter().take_while(|(_, name)| of_same(name)).take(most).count();
    names.truncate(end);
    names
}

fn visit((hash, name): (u64, Name), texts: &QuickMap<u64, Box<str>>) -> Visit {
    let text = texts.get(&hash).map_or(OTHER, |text| text);
    Visit {
        name: text.to_owned(),
        requests: name.counted.requests,
        by_programs: name.by_programs,
        bytes_out: name.counted.bytes_out,
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Name {
    counted: Counted,
    by_programs: u64,
}

/// Who visited, being added up.
#[derive(Default)]
pub(crate) struct Sum {
    requests: u64,
    by_programs: u64,
    statuses: BTreeMap<u16, u64>,
    pub(crate) clients: Distinct,
    lists: [QuickMap<u64, Name>; LISTS],
    /// Names of single requests, by their hashes.
    texts: QuickMap<u64, Box<str>>,
    /// Where the other names stand.
    files: Vec<FileKey>,
    from_ms: u64,
    to_ms: u64,
    is_capped: bool,
    is_partial: bool,
}

impl Sum {
    pub(crate) fn count(
        &mut self,
        is_program: bool,
        statuses: impl IntoIterator<Item = (u16, u64)>,
    ) {
        for (status, requests) in statuses {
            *self.statuses.entry(status).or_default() += requests;
            self.requests += requests;
            self.by_programs += if is_program { requests } else { 0 };
        }
    }

    /// Counts a request of a name.
    pub(crate) fn count_name(&mut self, list: usize, name: &str, is_program: bool, bytes: u64) {
        let mut hash = name_hash(name);
        if !self.lists[list].contains_key(&hash) {
            let has_room = self.lists[list].len() < MOST_NAMES;
            self.is_capped |= !has_room;
            let name = if has_room { name } else { OTHER };
            hash = name_hash(name);
            self.texts.entry(hash).or_insert_with(|| name.into());
        }
        let one = Counted { requests: 1, bytes_out: bytes, over: 0 };
        self.put(list, hash, Name { counted: one, by_programs: u64::from(is_program) });
    }

    fn put(&mut self, list: usize, hash: u64, name: Name) {
        let sum = self.lists[list].entry(hash).or_default();
        sum.counted.requests += name.counted.requests;
        sum.counted.bytes_out = sum.counted.bytes_out.saturating_add(name.counted.bytes_out);
        sum.by_programs += name.by_programs;
    }

    fn add(&mut self, is_program: bool, sketch: &VisitSketch) {
        self.count(is_program, sketch.statuses.iter().map(|(status, count)| (*status, *count)));
        self.clients.unite(&sketch.clients);
        for (list, names) in sketch.lists.iter().enumerate() {
            self.is_capped |= names.is_capped();
            for (hash, counted) in names.names() {
                let by_programs = if is_program { counted.requests } else { 0 };
                self.put(list, *hash, Name { counted: *counted, by_programs });
            }
        }
    }

    /// Adds what was read whole from a file.
    fn merge(&mut self, other: Self, file: FileKey) {
        self.requests += other.requests;
        self.by_programs += other.by_programs;
        for (status, requests) in other.statuses {
            *self.statuses.entry(status).or_default() += requests;
        }
        self.clients.unite(&other.clients);
        for (list, names) in other.lists.into_iter().enumerate() {
            names.into_iter().for_each(|(hash, name)| self.put(list, hash, name));
        }
        self.texts.extend(other.texts);
        if !self.files.contains(&file) {
            self.files.push(file);
        }
        self.is_capped |= other.is_capped;
    }
}
