use super::SqliteStore;
use super::decision::{DECISION_COLUMNS, Decided, Decision};
use super::issue_deltas::{MOST_SHARES, OF_ROUTES};
use super::issue_users;
use crate::{IssueSort, IssueState, IssueSummary, IssuesQuery, StoreError};
use haechi_event::RequestId;
use rusqlite::{Connection, OptionalExtension, Row};

pub(crate) const HOUR_MS: u64 = 3_600_000;
const DAY_HOURS: u64 = 24;

impl SqliteStore {
    /// Only the main file is read: it repeats what day files count.
    pub(super) fn read_issues(&self, query: &IssuesQuery) -> Result<Vec<IssueSummary>, StoreError> {
        if query.limit == 0 {
            return Ok(Vec::new());
        }
        let deadline = self.long_deadline();
        let text = query.text.as_deref().map(str::to_lowercase);
        self.read_main(deadline, "read the issues", |main| {
            // the numbers of one moment
            let _snapshot = main.unchecked_transaction()?;
            let mut found = Vec::new();
            for (issue, events) in passing(main, query, text.as_deref())? {
                found.extend(summary(main, issue, events, query.now_ms)?);
            }
            Ok(found)
        })
    }
}

/// Issues that pass and how often they occurred in the range, in order.
fn passing(
    main: &Connection,
    query: &IssuesQuery,
    text: Option<&str>,
) -> rusqlite::Result<Vec<(i64, u64)>> {
    let hours = (query.from_ms / HOUR_MS, query.to_ms.div_ceil(HOUR_MS));
    let order = match query.sort {
        IssueSort::LastSeen => "latest_id DESC, issue",
        IssueSort::FirstSeen => "first_id DESC, issue",
        IssueSort::Events => "events DESC, latest_id DESC, issue",
    };
    let sql = format!(
        "SELECT {DECISION_COLUMNS}, issue, kind, message, culprit FROM issues \
         WHERE (?1 IS NULL OR app = ?1) AND latest_id >= ?2 AND first_id < ?3 \
         AND (?4 IS NULL OR EXISTS (SELECT 1 FROM issue_shares s \
         WHERE s.issue = issues.issue AND of = {OF_ROUTES} AND name = ?4)) ORDER BY {order}"
    );
    let first_of = |hour: u64| RequestId::first_at_ms(hour.saturating_mul(HOUR_MS)).as_u64() as i64;
    let mut statement = main.prepare_cached(&sql)?;
    let range = (first_of(hours.0), first_of(hours.1));
    let mut rows = statement.query((&query.app, range.0, range.1, &query.route))?;
    let mut found: Vec<(i64, u64)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (issue, total): (i64, i64) = (row.get(11)?, row.get(9)?);
        let is_enough = match query.sort {
            // no later one occurred more often in the range than ever
            IssueSort::Events => least_of(&found, query.limit) >= total.unsigned_abs(),
            IssueSort::LastSeen | IssueSort::FirstSeen => found.len() >= query.limit,
        };
        if is_enough {
            break;
        }
        if passes(row, query, text)? {
            let events = events_in(main, issue, hours)?;
            if events > 0 {
                put(&mut found, (issue, events), query);
            }
        }
    }
    Ok(found)
}

/// The fewest occurrences among the first `limit`; without so many, none.
fn least_of(found: &[(i64, u64)], limit: usize) -> u64 {
    limit.checked_sub(1).and_then(|at| found.get(at)).map_or(0, |(_, events)| *events)
}

/// Keeps what is found in order; rows come in the order of times, or of all
/// their occurrences.
fn put(found: &mut Vec<(i64, u64)>, new: (i64, u64), query: &IssuesQuery) {
    let at = match query.sort {
        IssueSort::Events => found.partition_point(|(_, events)| *events >= new.1),
        IssueSort::LastSeen | IssueSort::FirstSeen => found.len(),
    };
    found.insert(at, new);
    found.truncate(query.limit);
}

fn passes(row: &Row<'_>, query: &IssuesQuery, text: Option<&str>) -> rusqlite::Result<bool> {
    if let Some(state) = query.state {
        let Decided { decision, .. } = Decision::of_row(row, 0)?;
        if decision.state_at(query.now_ms) != state {
            return Ok(false);
        }
    }
    let Some(text) = text else { return Ok(true) };
    for column in 12..15 {
        if row.get_ref(column)?.as_str()?.to_lowercase().contains(text) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Occurrences in a range of hours.
pub(crate) fn events_in(
    main: &Connection,
    issue: i64,
    (from, to): (u64, u64),
) -> rusqlite::Result<u64> {
    let sql = "SELECT coalesce(sum(events), 0) FROM issue_hours \
               WHERE issue = ?1 AND hour >= ?2 AND hour < ?3";
    let to = to.min(i64::MAX as u64) as i64;
    let mut statement = main.prepare_cached(sql)?;
    statement.query_row((issue, from as i64, to), |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
}

/// What a list tells of an issue; `None` if there is no such.
pub(crate) fn summary(
    main: &Connection,
    issue: i64,
    events: u64,
    now_ms: u64,
) -> rusqlite::Result<Option<IssueSummary>> {
    let sql = format!(
        "SELECT {DECISION_COLUMNS}, app, kind, message, culprit, first_id, ignored_until_events \
         FROM issues WHERE issue = ?1"
    );
    let mut statement = main.prepare_cached(&sql)?;
    let found = statement
        .query_row([issue], |row| {
            let Decided { decision, events: total, latest_ms } = Decision::of_row(row, 0)?;
            let state = decision.state_at(now_ms);
            let ignored = state == IssueState::Ignored;
            let until_events = row.get::<_, Option<i64>>(16)?.map(i64::unsigned_abs);
            let first = RequestId::from_u64(row.get::<_, i64>(15)?.unsigned_abs());
            Ok(IssueSummary {
                issue: issue.unsigned_abs(),
                app: row.get(11)?,
                kind: row.get(12)?,
                message: row.get(13)?,
                culprit: row.get(14)?,
                state,
                state_changed_ms: decision.changed_ms,
                resolved_release: decision.resolved_release,
                ignored_until_ms: decision.until_ms.filter(|_| ignored),
                ignored_until_events: until_events.filter(|_| ignored),
                regressed_ms: decision.regressed_ms,
                regressed_release: decision.regressed_release,
                first_seen_ms: first.unix_ms(),
                last_seen_ms: latest_ms,
                events,
                events_total: total,
                ..IssueSummary::default()
            })
        })
        .optional()?;
    let Some(mut found) = found else { return Ok(None) };
    found.routes = shares(main, issue, OF_ROUTES)?;
    found.users = issue_users::count(main, issue)?;
    found.hours = hours_until(main, issue, now_ms, DAY_HOURS)?;
    Ok(Some(found))
}

/// Routes, releases or users with their occurrences, most first.
pub(crate) fn shares(
    main: &Connection,
    issue: i64,
    of: i64,
) -> rusqlite::Result<Vec<(String, u64)>> {
    let sql = "SELECT name, sum(events) FROM issue_shares WHERE issue = ?1 AND of = ?2 \
               GROUP BY name ORDER BY sum(events) DESC, name LIMIT ?3";
    let mut statement = main.prepare_cached(sql)?;
    let rows = statement.query_map((issue, of, MOST_SHARES), |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
    })?;
    rows.collect()
}

/// Occurrences per hour, so many hours ending with the one of `now_ms`.
pub(crate) fn hours_until(
    main: &Connection,
    issue: i64,
    now_ms: u64,
    count: u64,
) -> rusqlite::Result<Vec<u64>> {
    let end = now_ms / HOUR_MS + 1;
    let from = end.saturating_sub(count);
    let mut hours = vec![0; count as usize];
    let sql = "SELECT hour, sum(events) FROM issue_hours WHERE issue = ?1 AND hour >= ?2 \
               AND hour < ?3 GROUP BY hour";
    let mut statement = main.prepare_cached(sql)?;
    let mut rows = statement.query((issue, from as i64, end as i64))?;
    while let Some(row) = rows.next()? {
        let back = end - row.get::<_, i64>(0)?.unsigned_abs();
        if let Some(slot) = (count - back).try_into().ok().and_then(|at: usize| hours.get_mut(at)) {
            *slot = row.get::<_, i64>(1)?.unsigned_abs();
        }
    }
    Ok(hours)
}
