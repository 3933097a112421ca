use super::SqliteStore;
use super::calendar::Day;
use super::log_conditions::{PatternOf, all_conditions, expression_of, is_of_patterns};
use super::log_terms::of_severity;
use super::patterns::{Points, visit_counts};
use super::plan::minute_of;
use super::readers::{Deadline, FileKey};
use crate::{
    LogCondition, LogFilter, LogHistogram, LogHistogramQuery, LogId, LogPoint, StoreError,
};
use haechi_event::Severity;
use rusqlite::Connection;
use std::collections::HashMap;

/// Minutes counted at once where lines are looked for: what is counted when the
/// time is over is whole.
const CHUNK: u32 = 30;

impl SqliteStore {
    pub(super) fn read_log_histogram(
        &self,
        query: &LogHistogramQuery,
    ) -> Result<LogHistogram, StoreError> {
        let lines = &query.lines;
        let points = Points::new(lines.from_ms, lines.to_ms, query.step_s)?;
        let mut counts = vec![[0; 6]; points.count()];
        let conditions = all_conditions(lines);
        let counted_from = if lines.text.is_none() && is_of_patterns(&conditions) {
            self.count_by_patterns(&conditions, points, &mut counts)?;
            points.from
        } else {
            let expression = expression_of(lines)?.unwrap_or_default();
            let passes = |severity: &Severity| may_pass(*severity, &conditions);
            let severities: Vec<Severity> = Severity::ALL.into_iter().filter(passes).collect();
            self.count_by_search(&expression, &severities, points, &mut counts)?
        };
        let of_time = |(time_s, lines)| LogPoint { time_s, lines };
        Ok(LogHistogram {
            from_ms: u64::from(points.from) * 60_000,
            to_ms: u64::from(points.to) * 60_000,
            counted_from_ms: u64::from(counted_from) * 60_000,
            step_s: query.step_s,
            points: points.times_s().zip(counts).map(of_time).collect(),
        })
    }

    fn days_within(&self, points: Points) -> Vec<Day> {
        let days = self.days();
        let within = days.iter().filter(|(day, state)| {
            let overlaps = day.first_minute() < points.to && day.end_minute() > points.from;
            state.part.is_some() && overlaps
        });
        within.map(|(day, _)| *day).collect()
    }

    /// From the counts of patterns.
    fn count_by_patterns(
        &self,
        conditions: &[LogCondition],
        points: Points,
        counts: &mut [[u64; 6]],
    ) -> Result<(), StoreError> {
        let deadline = self.long_deadline();
        for day in self.days_within(points) {
            let read = self.readers.lend(FileKey::Day(day), deadline).and_then(|conn| {
                conn.execute_batch("BEGIN")
                    .and_then(|()| count_day(&conn, day, conditions, points, counts))
                    .map_err(StoreError::sqlite("count lines"))
            });
            self.skip_damage(day, read)?;
        }
        Ok(())
    }

    /// From the full-text index, from the end on while there is time; gives the
    /// minute from which on all were counted.
    fn count_by_search(
        &self,
        expression: &str,
        severities: &[Severity],
        points: Points,
        counts: &mut [[u64; 6]],
    ) -> Result<u32, StoreError> {
        let deadline = Deadline::after(self.options.query_limit / 4);
        let mut counted_from = points.to;
        for day in self.days_within(points).into_iter().rev() {
            let mut end = points.to.min(day.end_minute());
            let low = points.from.max(day.first_minute());
            while end > low {
                let begin = (end - 1).max(low) / CHUNK * CHUNK;
                let begin = begin.max(low);
                let read = self.readers.lend(FileKey::Day(day), deadline).and_then(|conn| {
                    count_chunk(&conn, expression, severities, (begin, end))
                        .map_err(StoreError::sqlite("count lines"))
                });
                let found = match read {
                    Err(StoreError::TimedOut) => return Ok(counted_from),
                    read => self.skip_damage(day, read)?.unwrap_or_default(),
                };
                for (minute, lines) in found {
                    let point = &mut counts[points.index(minute)];
                    point.iter_mut().zip(lines).for_each(|(sum, lines)| *sum += lines);
                }
                (counted_from, end) = (begin, begin);
                if deadline.is_over() && counted_from > points.from {
                    return Ok(counted_from);
                }
            }
        }
        Ok(points.from)
    }
}

fn count_day(
    conn: &Connection,
    day: Day,
    conditions: &[LogCondition],
    points: Points,
    counts: &mut [[u64; 6]],
) -> rusqlite::Result<()> {
    let mut passing: HashMap<u64, usize> = HashMap::new();
    let mut statement =
        conn.prepare_cached("SELECT pattern, app, logger, severity FROM patterns")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = row.get::<_, i64>(0)?.unsigned_abs();
        let (app, logger) = (row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?);
        let severity = Severity::from_number(row.get(3)?);
        if (PatternOf { id, app, logger, severity }).passes(conditions) {
            passing.insert(id, rank(severity));
        }
    }
    visit_counts(conn, day, points, |id, minute, lines| {
        if let Some(rank) = passing.get(&id) {
            counts[points.index(minute)][*rank] += lines;
        }
    })
}

/// Lines per severity of minutes that have some.
fn count_chunk(
    conn: &Connection,
    expression: &str,
    severities: &[Severity],
    (from, to): (u32, u32),
) -> rusqlite::Result<Vec<(u32, [u64; 6])>> {
    let sql = "SELECT rowid FROM logs_text WHERE logs_text MATCH ?1 AND rowid >= ?2 AND rowid < ?3";
    let mut statement = conn.prepare_cached(sql)?;
    let first = |minute: u32| LogId::first_at_us(u64::from(minute) * 60_000_000).as_u64() as i64;
    let mut found: HashMap<u32, [u64; 6]> = HashMap::new();
    for severity in severities {
        let expression = format!("{} AND ({expression})", of_severity(*severity));
        let mut rows = statement.query((expression, first(from), first(to)))?;
        while let Some(row) = rows.next()? {
            let id = LogId::from_u64(row.get::<_, i64>(0)?.unsigned_abs());
            found.entry(minute_of(id)).or_default()[rank(*severity)] += 1;
        }
    }
    Ok(found.into_iter().collect())
}

/// Whether lines of a severity can be among those that are wanted: a list of
/// millions need not be walked to find none.
fn may_pass(severity: Severity, conditions: &[LogCondition]) -> bool {
    conditions.iter().all(|LogCondition { not, is }| match is {
        LogFilter::Severity(least) => (severity >= *least) != *not,
        _ => true,
    })
}

/// Where a severity stands in [`Severity::ALL`].
fn rank(severity: Severity) -> usize {
    usize::from(severity.number() / 4).min(5)
}
