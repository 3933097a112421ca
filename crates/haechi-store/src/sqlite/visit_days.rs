//! Who visited on whole days, in the main file.

use super::day_file::DayFile;
use super::visit_counts::{MOST_OF_DAY, sketch_at};
use super::visit_sketch::UnitedSketch;
use rusqlite::{Connection, OptionalExtension};

/// Writes who visited an app on this day, as it is now: doing it again changes
/// nothing. `app` is its row of `routes` in the day's file and in the main file.
pub(crate) fn fold_visits(
    file: &DayFile,
    main: &Connection,
    (app, app_in_main): (i64, i64),
) -> rusqlite::Result<()> {
    for programs in [false, true] {
        let mut united = UnitedSketch::default();
        let sql = "SELECT sketch FROM visits WHERE app = ?1 AND programs = ?2";
        let mut statement = file.conn.prepare_cached(sql)?;
        let mut rows = statement.query((app, programs))?;
        while let Some(row) = rows.next()? {
            united.add(&sketch_at(row, 0)?);
        }
        if united.is_empty() {
            continue;
        }
        let sketch = united.finish(MOST_OF_DAY);
        let sql = "INSERT OR REPLACE INTO visits(app, day, part, programs, sketch) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let key = (app_in_main, file.day.number(), file.part, programs);
        let mut write = main.prepare_cached(sql)?;
        write.execute((key.0, key.1, key.2, key.3, sketch.to_bytes()))?;
        for list in &sketch.lists {
            for (hash, _) in list.names() {
                bring_name(&file.conn, main, *hash as i64)?;
            }
        }
    }
    Ok(())
}

fn bring_name(day: &Connection, main: &Connection, hash: i64) -> rusqlite::Result<()> {
    let sql = "SELECT 1 FROM visit_names WHERE hash = ?1";
    if main.prepare_cached(sql)?.exists([hash])? {
        return Ok(());
    }
    if let Some(name) = name_of(day, hash)? {
        let sql = "INSERT INTO visit_names(hash, name) VALUES (?1, ?2)";
        main.prepare_cached(sql)?.execute((hash, name))?;
    }
    Ok(())
}

/// What a hash stands for, in either kind of file.
pub(crate) fn name_of(conn: &Connection, hash: i64) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT name FROM visit_names WHERE hash = ?1";
    conn.prepare_cached(sql)?.query_row([hash], |row| row.get(0)).optional()
}
