//! What happens to numbers and decisions when issues become other issues.

use super::day_file::DayFile;
use super::decision::Decision;
use super::issue_state::settle;
use super::issue_sync::{bring, refresh};
use super::issue_users;
use haechi_event::Grouping;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

type Decisions = BTreeMap<i64, Decision>;

/// After a day was grouped again: its numbers anew, and for each of its issues
/// what was decided about those its occurrences came from.
pub(crate) fn follow(file: &DayFile, main: &Connection) -> rusqlite::Result<()> {
    let day = (file.day.number(), file.part);
    let sql = "SELECT issue FROM issue_days WHERE day = ?1 AND part = ?2";
    let mut before = main.prepare_cached(sql)?;
    let mut issues: BTreeSet<i64> =
        before.query_map(day, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let moves = moves_of(&file.conn)?;
    let mut decisions = Decisions::new();
    let all = issues.iter().chain(moves.keys()).chain(moves.values().flatten());
    for issue in all.copied().collect::<BTreeSet<i64>>() {
        if let Some(known) = Decision::read(main, issue)? {
            decisions.insert(issue, known.decision);
        }
    }
    for issue in &issues {
        forget_day(file, main, *issue)?;
    }
    issues.extend(bring(file, main, 0)?.iter().map(|brought| brought.issue));
    settle_all(file, main, &issues, &inherited(&moves, &decisions))
}

/// The issues each issue of the file came from.
fn moves_of(conn: &Connection) -> rusqlite::Result<BTreeMap<i64, Vec<i64>>> {
    let mut moves = BTreeMap::<i64, Vec<i64>>::new();
    let mut statement = conn.prepare_cached("SELECT old, new FROM issue_moves")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        moves.entry(row.get(1)?).or_default().push(row.get(0)?);
    }
    Ok(moves)
}

fn forget_day(file: &DayFile, main: &Connection, issue: i64) -> rusqlite::Result<()> {
    let (day, part) = (file.day.number(), file.part);
    let sql = "DELETE FROM issue_days WHERE issue = ?1 AND day = ?2 AND part = ?3";
    main.prepare_cached(sql)?.execute((issue, day, part))?;
    let sql = "DELETE FROM issue_shares WHERE issue = ?1 AND day = ?2 AND part = ?3";
    main.prepare_cached(sql)?.execute((issue, day, part))?;
    let sql = "DELETE FROM issue_users WHERE issue = ?1 AND day = ?2 AND part = ?3";
    main.prepare_cached(sql)?.execute((issue, day, part))?;
    let sql = "DELETE FROM issue_hours WHERE issue = ?1 AND hour >= ?2 * 24 \
               AND hour < (?2 + 1) * 24 AND part = ?3";
    main.prepare_cached(sql)?.execute((issue, day, part))?;
    Ok(())
}

/// Writes down what holds for each issue, with its numbers as they are now.
fn settle_all(
    file: &DayFile,
    main: &Connection,
    issues: &BTreeSet<i64>,
    decisions: &Decisions,
) -> rusqlite::Result<()> {
    for issue in issues {
        refresh(main, *issue)?;
        if let Some(decision) = decisions.get(issue) {
            decision.write(main, *issue)?;
        }
        settle(main, &file.conn, *issue)?;
    }
    Ok(())
}

/// What holds for each issue after others became it.
fn inherited(moves: &BTreeMap<i64, Vec<i64>>, before: &Decisions) -> Decisions {
    let mut after = before.clone();
    for (new, olds) in moves {
        let mut from: Vec<&Decision> = olds.iter().filter_map(|old| before.get(old)).collect();
        let own = before.get(new).filter(|_| !olds.contains(new));
        match own {
            // another day of the same grouping again
            Some(own) if own.inherited == Grouping::VERSION => from.push(own),
            // a person has decided about it since
            Some(own) if own.changed_ms.is_some() => continue,
            _ => {}
        }
        let most_urgent = from.into_iter().max_by_key(|d| (d.urgency(), d.changed_ms));
        if let Some(decision) = most_urgent {
            let inherited = Grouping::VERSION;
            after.insert(*new, Decision { inherited, ..decision.clone() });
        }
    }
    after
}

const MOVE_DAYS: &str = "INSERT INTO issue_days(issue, day, part, events, first_id, latest_id, \
     representative_id, frames) SELECT ?2, day, part, events, first_id, latest_id, \
     representative_id, frames FROM issue_days WHERE issue = ?1 \
     ON CONFLICT(issue, day, part) DO UPDATE SET events = events + excluded.events, \
     first_id = min(first_id, excluded.first_id), latest_id = max(latest_id, excluded.latest_id), \
     representative_id = iif(excluded.frames > frames OR excluded.frames = frames \
     AND excluded.representative_id < representative_id, \
     excluded.representative_id, representative_id), frames = max(frames, excluded.frames)";
const MOVE_HOURS: &str = "INSERT INTO issue_hours(issue, hour, part, events) \
     SELECT ?2, hour, part, events FROM issue_hours WHERE issue = ?1 \
     ON CONFLICT(issue, hour, part) DO UPDATE SET events = events + excluded.events";
const MOVE_SHARES: &str = "INSERT INTO issue_shares(issue, of, name, day, part, events) \
     SELECT ?2, of, name, day, part, events FROM issue_shares WHERE issue = ?1 \
     ON CONFLICT(issue, of, name, day, part) DO UPDATE SET events = events + excluded.events";

/// Makes an issue of deleted days part of another one that is there, in the
/// transaction of the caller.
pub(crate) fn merge_into(main: &Connection, old: i64, new: i64) -> rusqlite::Result<()> {
    let mut decisions = Decisions::new();
    for issue in [old, new] {
        if let Some(known) = Decision::read(main, issue)? {
            decisions.insert(issue, known.decision);
        }
    }
    for (sql, table) in
        [(MOVE_DAYS, "issue_days"), (MOVE_HOURS, "issue_hours"), (MOVE_SHARES, "issue_shares")]
    {
        main.prepare_cached(sql)?.execute((old, new))?;
        let sql = format!("DELETE FROM {table} WHERE issue = ?1");
        main.prepare_cached(&sql)?.execute([old])?;
    }
    issue_users::move_to(main, old, new)?;
    let sql = "UPDATE OR REPLACE kept_events SET issue = ?2 WHERE issue = ?1";
    main.prepare_cached(sql)?.execute((old, new))?;
    refresh(main, old)?;
    refresh(main, new)?;
    let after = inherited(&BTreeMap::from([(new, vec![old])]), &decisions);
    match after.get(&new) {
        Some(decision) => decision.write(main, new),
        None => Ok(()),
    }
}
