//! Which patterns of log lines were ever seen, also on days that are deleted:
//! the main file's table `patterns` follows the days' own.

use super::SqliteStore;
use super::calendar::Day;
use super::day_file::DayFile;
use super::main_file::MainFile;
use super::writer::Writer;
use crate::{Appended, AppendedPattern, LogId, StoreError};
use rusqlite::{Connection, Transaction, TransactionBehavior};

/// Patterns that are remembered; those seen last the longest ago go first.
const MOST: i64 = 100_000;

impl SqliteStore {
    /// Remembers patterns that are new to a day; tells those that are new to
    /// all.
    pub(super) fn note_patterns(
        &self,
        writer: &mut Writer,
        day: Day,
        fresh: Vec<AppendedPattern>,
        appended: &mut Appended,
    ) -> Result<(), StoreError> {
        if fresh.is_empty() {
            return Ok(());
        }
        let seen: Vec<u64> = fresh.iter().map(|pattern| pattern.id).collect();
        let first_of_day = day.log_ids().0;
        let firsts = match writer.opened(day) {
            Some(file) => firsts(&file.conn).map_err(StoreError::sqlite("read patterns"))?,
            None => Vec::new(),
        };
        let of_batch: Vec<(u64, u64)> = seen
            .iter()
            .map(|id| {
                let first = firsts.iter().find(|(known, _)| known == id);
                (*id, first.map_or(first_of_day, |(_, first)| *first))
            })
            .collect();
        let new = self.with_main(writer, |main| main.see_patterns(day, &of_batch))?;
        appended.patterns.extend(fresh.into_iter().filter(|pattern| new.contains(&pattern.id)));
        Ok(())
    }
}

impl DayFile {
    /// Makes the main file know what this one has.
    pub(crate) fn bring_patterns(&self, main: &MainFile) -> Result<(), StoreError> {
        let firsts = firsts(&self.conn).map_err(StoreError::sqlite("read patterns"))?;
        main.see_patterns(self.day, &firsts).map(drop)
    }
}

impl MainFile {
    /// Remembers patterns with their first lines of a day; says which were
    /// never seen before.
    fn see_patterns(&self, day: Day, firsts: &[(u64, u64)]) -> Result<Vec<u64>, StoreError> {
        let work = || -> rusqlite::Result<Vec<u64>> {
            let transaction =
                Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)?;
            let mut new = Vec::new();
            {
                let mut add = self.conn.prepare_cached(
                    "INSERT OR IGNORE INTO patterns(pattern, first_id, day) VALUES (?1, ?2, ?3)",
                )?;
                let mut move_on = self.conn.prepare_cached(
                    "UPDATE patterns SET first_id = min(first_id, ?2), day = max(day, ?3) \
                     WHERE pattern = ?1",
                )?;
                for (pattern, first) in firsts {
                    let row = (*pattern as i64, *first as i64, day.number());
                    match add.execute(row)? {
                        0 => drop(move_on.execute(row)?),
                        _ => new.push(*pattern),
                    }
                }
            }
            if !new.is_empty() {
                self.forget_patterns()?;
            }
            transaction.commit()?;
            Ok(new)
        };
        work().map_err(StoreError::sqlite("remember patterns"))
    }

    fn forget_patterns(&self) -> rusqlite::Result<()> {
        let sql = "DELETE FROM patterns WHERE pattern IN (SELECT pattern FROM patterns \
                   ORDER BY day DESC, first_id DESC LIMIT -1 OFFSET ?1)";
        let count: i64 = self
            .conn
            .prepare_cached("SELECT count(*) FROM patterns")?
            .query_row([], |row| row.get(0))?;
        if count > MOST {
            // a tenth at once: not again for every new one
            self.conn.prepare_cached(sql)?.execute([MOST - MOST / 10])?;
        }
        Ok(())
    }
}

/// Every pattern of a day file with its first line.
fn firsts(conn: &Connection) -> rusqlite::Result<Vec<(u64, u64)>> {
    let mut statement = conn.prepare_cached("SELECT pattern, first_id FROM patterns")?;
    let rows = statement.query_map([], |row| {
        let (pattern, first): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok((pattern.unsigned_abs(), first.unsigned_abs()))
    })?;
    rows.collect()
}

/// When a pattern's first line was written, Unix ms.
pub(crate) fn seen_ms(first: u64) -> u64 {
    LogId::from_u64(first).unix_us() / 1000
}
