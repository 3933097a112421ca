use super::hash::QuickMap;
use super::plan::minute_of;
use super::rollup::DAY_FILE_WIDTHS;
use super::route_ids::OTHER;
use crate::pattern::{pattern_id, template_of};
use crate::{Appended, AppendedPattern, LogId};
use haechi_event::Log;
use rusqlite::Connection;

/// Apps whose patterns are kept apart per day; those of more count as one.
const MOST_APPS: usize = 200;

const ADD_PATTERN: &str = "INSERT INTO patterns(pattern, app, logger, severity, template, lines, \
     first_id, latest_id) VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, 0)";
const COUNT: &str = "UPDATE patterns SET lines = lines + ?2, first_id = min(first_id, ?3), \
     latest_id = max(latest_id, ?4) WHERE pattern = ?1";
const COUNT_MINUTES: &str = "INSERT INTO pattern_counts(width, minute, pattern, lines) \
     VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT(width, minute, pattern) DO UPDATE SET lines = lines + excluded.lines";

/// The patterns of one day file, and what a batch adds to their counts.
#[derive(Debug, Default)]
pub(crate) struct PatternCounts {
    known: QuickMap<u64, ()>,
    per_app: QuickMap<Box<str>, usize>,
    most_per_app: usize,
    lines: QuickMap<u64, Added>,
    minutes: QuickMap<(u64, u32), u64>,
}

#[derive(Debug, Clone, Copy)]
struct Added {
    lines: u64,
    first: u64,
    latest: u64,
}

impl PatternCounts {
    /// Reads what the file has.
    pub(crate) fn load(conn: &Connection, most_per_app: usize) -> rusqlite::Result<Self> {
        let mut counts = Self { most_per_app, ..Self::default() };
        let mut statement = conn.prepare("SELECT pattern, app FROM patterns")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let pattern = row.get::<_, i64>(0)?.unsigned_abs();
            counts.remember(row.get_ref(1)?.as_str()?, pattern);
        }
        Ok(counts)
    }

    fn remember(&mut self, app: &str, pattern: u64) {
        self.known.insert(pattern, ());
        match self.per_app.get_mut(app) {
            Some(count) => *count += 1,
            None => drop(self.per_app.insert(app.into(), 1)),
        }
    }

    /// The pattern a line counts for. One that is new to this file is told.
    pub(crate) fn place(
        &mut self,
        conn: &Connection,
        index: usize,
        log: &Log<'_>,
        appended: &mut Appended,
    ) -> rusqlite::Result<u64> {
        let template = template_of(log);
        let severity = log.severity.text();
        let pattern = pattern_id(log.app, log.logger, severity, &template);
        if self.known.contains_key(&pattern) {
            return Ok(pattern);
        }
        let has_room = match self.per_app.get(log.app) {
            Some(count) => *count < self.most_per_app,
            None => self.per_app.len() < MOST_APPS,
        };
        let (app, logger, template) = match has_room {
            true => (log.app, log.logger, &*template),
            false if self.per_app.contains_key(log.app) => (log.app, "", OTHER),
            false => (OTHER, "", OTHER),
        };
        let pattern = pattern_id(app, logger, severity, template);
        if !self.known.contains_key(&pattern) {
            let number = log.severity.number();
            let row = (pattern as i64, app, logger, number, template, i64::MAX);
            conn.prepare_cached(ADD_PATTERN)?.execute(row)?;
            self.remember(app, pattern);
            let template = template.to_owned();
            appended.patterns.push(AppendedPattern { index, id: pattern, template });
        }
        Ok(pattern)
    }

    /// Counts a line that is stored under `id`.
    pub(crate) fn count(&mut self, pattern: u64, id: u64) {
        let added = self.lines.entry(pattern).or_insert(Added { lines: 0, first: id, latest: id });
        added.lines += 1;
        added.first = added.first.min(id);
        added.latest = added.latest.max(id);
        let minute = minute_of(LogId::from_u64(id));
        *self.minutes.entry((pattern, minute)).or_default() += 1;
    }

    /// Adds everything to the file.
    pub(crate) fn flush(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let mut count = conn.prepare_cached(COUNT)?;
        for (pattern, added) in self.lines.drain() {
            let (first, latest) = (added.first as i64, added.latest as i64);
            count.execute((pattern as i64, added.lines as i64, first, latest))?;
        }
        let mut count = conn.prepare_cached(COUNT_MINUTES)?;
        for ((pattern, minute), lines) in self.minutes.drain() {
            for width in DAY_FILE_WIDTHS {
                let begin = minute - minute % width;
                count.execute((width, begin, pattern as i64, lines as i64))?;
            }
        }
        Ok(())
    }
}
