use super::SqliteStore;
use super::calendar::Day;
use super::log_conditions::PatternOf;
use super::pattern_days::seen_ms;
use super::plan::Plan;
use super::readers::FileKey;
use crate::{LogFilter, LogId, PatternSort, PatternSummary, Patterns, PatternsQuery, StoreError};
use haechi_event::Severity;
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;

/// Points of one answer.
const MOST_POINTS: u64 = 1500;

/// Points over time that lines are counted in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Points {
    /// Begin and end in minutes since the Unix epoch.
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// Minutes of one.
    pub(crate) step: u32,
}

impl Points {
    pub(crate) fn new(from_ms: u64, to_ms: u64, step_s: u64) -> Result<Self, StoreError> {
        let bad = |message: &str| StoreError::BadQuery {
            field: "step",
            position: 0,
            message: message.to_owned(),
        };
        if step_s == 0 || !step_s.is_multiple_of(60) {
            return Err(bad("step must be whole minutes"));
        }
        let minute = |ms: u64| u32::try_from(ms / 60_000).unwrap_or(u32::MAX / 2);
        let points = Self {
            from: minute(from_ms),
            to: minute(to_ms.saturating_add(59_999)),
            step: u32::try_from(step_s / 60).unwrap_or(u32::MAX / 2),
        };
        if points.count() as u64 > MOST_POINTS {
            return Err(bad("the range has more than 1,500 steps; choose a longer step"));
        }
        Ok(points)
    }

    pub(crate) fn count(self) -> usize {
        if self.to <= self.from {
            return 0;
        }
        ((self.to - 1) / self.step - self.from / self.step + 1) as usize
    }

    /// Which point a minute of the range lies in.
    pub(crate) fn index(self, minute: u32) -> usize {
        (minute.max(self.from) / self.step - self.from / self.step) as usize
    }

    pub(crate) fn times_s(self) -> impl Iterator<Item = u64> {
        let first = u64::from(self.from / self.step);
        (0..self.count() as u64).map(move |n| (first + n) * u64::from(self.step) * 60)
    }

    /// The widest rows of which each lies in one point.
    pub(crate) fn widest(self) -> u32 {
        [60, 5].into_iter().find(|width| self.step.is_multiple_of(*width)).unwrap_or(1)
    }
}

impl SqliteStore {
    pub(super) fn read_patterns(&self, query: &PatternsQuery) -> Result<Patterns, StoreError> {
        let is_known = |filter: &LogFilter| {
            !matches!(filter, LogFilter::Route(_) | LogFilter::Attribute { .. })
        };
        if !query.conditions.iter().all(|condition| is_known(&condition.is)) {
            let message = "patterns are found by words of their text, level, app and logger";
            let message = message.to_owned();
            return Err(StoreError::BadQuery { field: "q", position: 0, message });
        }
        let points = Points::new(query.from_ms, query.to_ms, query.step_s)?;
        let mut found: HashMap<u64, PatternSummary> = HashMap::new();
        let deadline = self.long_deadline();
        for (day, state) in &self.days() {
            if state.part.is_none() {
                continue;
            }
            let key = FileKey::Day(*day);
            let read = self.readers.lend(key, deadline).and_then(|conn| {
                conn.execute_batch("BEGIN")
                    .and_then(|()| read_day(&conn, *day, query, points, &mut found))
                    .map_err(StoreError::sqlite("read patterns"))
            });
            self.skip_damage(*day, read)?;
        }
        found.retain(|_, pattern| pattern.lines > 0);
        self.read_main(deadline, "read patterns", |main| first_ever(main, &mut found))?;
        let mut patterns: Vec<PatternSummary> = found.into_values().collect();
        let (count, lines) = (patterns.len(), patterns.iter().map(|p| p.lines).sum());
        patterns.sort_by_key(|pattern| {
            let by = match query.sort {
                PatternSort::Lines => pattern.lines,
                PatternSort::First => pattern.first_seen_ms,
                PatternSort::Latest => pattern.latest.as_u64(),
            };
            (std::cmp::Reverse(by), pattern.id)
        });
        patterns.truncate(query.limit);
        Ok(Patterns {
            from_ms: u64::from(points.from) * 60_000,
            to_ms: u64::from(points.to) * 60_000,
            step_s: query.step_s,
            times_s: points.times_s().collect(),
            lines,
            count,
            patterns,
        })
    }
}

/// Adds what one day's file has of patterns that pass.
fn read_day(
    conn: &Connection,
    day: Day,
    query: &PatternsQuery,
    points: Points,
    found: &mut HashMap<u64, PatternSummary>,
) -> rusqlite::Result<()> {
    let sql = "SELECT pattern, app, logger, severity, template, lines, first_id, latest_id \
               FROM patterns";
    let contains: Vec<String> = query.contains.iter().map(|text| text.to_lowercase()).collect();
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = row.get::<_, i64>(0)?.unsigned_abs();
        let (app, logger) = (row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?);
        let severity = Severity::from_number(row.get(3)?);
        let template = row.get_ref(4)?.as_str()?;
        let passes = PatternOf { id, app, logger, severity }.passes(&query.conditions) && {
            let lower = if contains.is_empty() { String::new() } else { template.to_lowercase() };
            contains.iter().all(|text| lower.contains(text.as_str()))
        };
        if !passes {
            continue;
        }
        let pattern = found.entry(id).or_insert_with(|| PatternSummary {
            id,
            app: app.to_owned(),
            logger: logger.to_owned(),
            severity,
            template: template.to_owned(),
            counts: vec![0; points.count()],
            first_seen_ms: u64::MAX,
            ..PatternSummary::default()
        });
        let number = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        pattern.total += number(5)?;
        pattern.first_seen_ms = pattern.first_seen_ms.min(seen_ms(number(6)?));
        pattern.latest = pattern.latest.max(LogId::from_u64(number(7)?));
    }
    visit_counts(conn, day, points, |id, minute, lines| {
        if let Some(pattern) = found.get_mut(&id) {
            pattern.lines += lines;
            pattern.counts[points.index(minute)] += lines;
        }
    })
}

/// Hands over how many lines of each pattern there were in minutes of the
/// range, and of a day.
pub(crate) fn visit_counts(
    conn: &Connection,
    day: Day,
    points: Points,
    mut take: impl FnMut(u64, u32, u64),
) -> rusqlite::Result<()> {
    let sql = "SELECT pattern, minute, lines FROM pattern_counts \
               WHERE width = ?1 AND minute >= ?2 AND minute < ?3";
    let mut statement = conn.prepare_cached(sql)?;
    for piece in Plan::of_day_file(day, points.from, points.to, points.widest()).pieces {
        let mut rows = statement.query((piece.width, piece.from, piece.to))?;
        while let Some(row) = rows.next()? {
            let (id, lines): (i64, i64) = (row.get(0)?, row.get(2)?);
            take(id.unsigned_abs(), row.get(1)?, lines.unsigned_abs());
        }
    }
    Ok(())
}

/// The first line may have been on a day that is deleted.
fn first_ever(main: &Connection, found: &mut HashMap<u64, PatternSummary>) -> rusqlite::Result<()> {
    let sql = "SELECT first_id FROM patterns WHERE pattern = ?1";
    let mut statement = main.prepare_cached(sql)?;
    for pattern in found.values_mut() {
        let first: Option<i64> =
            statement.query_row([pattern.id as i64], |row| row.get(0)).optional()?;
        if let Some(first) = first {
            pattern.first_seen_ms = pattern.first_seen_ms.min(seen_ms(first.unsigned_abs()));
        }
    }
    Ok(())
}
