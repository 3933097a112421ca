//! The users of issues, as [`Distinct`]es: one per issue in a day's file, and
//! repeated per issue and day in the main file.

use super::distinct::Distinct;
use rusqlite::{Connection, OptionalExtension};

/// Adds users to an issue of a day's file.
pub(crate) fn add_to_day(day: &Connection, issue: i64, users: &Distinct) -> rusqlite::Result<()> {
    if users.is_empty() {
        return Ok(());
    }
    let before = of_day(day, issue)?.unwrap_or_default();
    let mut after = before.clone();
    after.unite(users);
    if after != before {
        let sql = "INSERT OR REPLACE INTO issue_users(issue, sketch) VALUES (?1, ?2)";
        day.prepare_cached(sql)?.execute((issue, after.to_bytes()))?;
    }
    Ok(())
}

fn of_day(day: &Connection, issue: i64) -> rusqlite::Result<Option<Distinct>> {
    let sql = "SELECT sketch FROM issue_users WHERE issue = ?1";
    let mut statement = day.prepare_cached(sql)?;
    let found =
        statement.query_row([issue], |row| Ok(Distinct::from_bytes(row.get_ref(0)?.as_blob()?)));
    found.optional()
}

/// Repeats in the main file what a day's file has of an issue.
pub(crate) fn bring(
    day: &Connection,
    main: &Connection,
    issue: i64,
    (number, part): (i64, i64),
) -> rusqlite::Result<()> {
    match of_day(day, issue)? {
        Some(users) => put(main, (issue, number, part), &users),
        None => Ok(()),
    }
}

/// How many users an issue touched.
pub(crate) fn count(main: &Connection, issue: i64) -> rusqlite::Result<u64> {
    let mut all = Distinct::default();
    let mut statement = main.prepare_cached("SELECT sketch FROM issue_users WHERE issue = ?1")?;
    let mut rows = statement.query([issue])?;
    while let Some(row) = rows.next()? {
        all.unite(&Distinct::from_bytes(row.get_ref(0)?.as_blob()?));
    }
    Ok(all.count())
}

/// Makes the users of an issue those of another one, in the main file.
pub(crate) fn move_to(main: &Connection, old: i64, new: i64) -> rusqlite::Result<()> {
    let sql = "SELECT day, part, sketch FROM issue_users WHERE issue = ?1";
    let mut read = main.prepare_cached(sql)?;
    let mut rows = read.query([old])?;
    while let Some(row) = rows.next()? {
        let key = (new, row.get(0)?, row.get(1)?);
        let mut users = Distinct::from_bytes(row.get_ref(2)?.as_blob()?);
        let sql = "SELECT sketch FROM issue_users WHERE issue = ?1 AND day = ?2 AND part = ?3";
        let known: Option<Vec<u8>> =
            main.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?;
        users.unite(&Distinct::from_bytes(&known.unwrap_or_default()));
        put(main, key, &users)?;
    }
    drop(rows);
    main.prepare_cached("DELETE FROM issue_users WHERE issue = ?1")?.execute([old])?;
    Ok(())
}

fn put(main: &Connection, key: (i64, i64, i64), users: &Distinct) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO issue_users(issue, day, part, sketch) \
               VALUES (?1, ?2, ?3, ?4)";
    main.prepare_cached(sql)?.execute((key.0, key.1, key.2, users.to_bytes()))?;
    Ok(())
}
