use super::SqliteStore;
use super::calendar::Day;
use super::day_file::DayFile;
use super::hash::QuickMap;
use super::query_days::fold_queries;
use super::rollup::{HOUR, NUMBER_COLUMNS, Rollup, RowWriter, WHOLE_DAY};
use super::route_ids::KIND_APP;
use super::size::count;
use super::visit_days::fold_visits;
use super::writer::Writer;
use crate::{Folded, StoreError};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::collections::BTreeSet;

impl SqliteStore {
    pub(super) fn fold_all(&self) -> Result<Folded, StoreError> {
        let mut writer = self.writer()?;
        self.sync_issues(&mut writer)?;
        let mut folded = Folded::default();
        for (day, state) in self.days() {
            if state.dirty && state.part.is_some() {
                folded.hours += self.fold_day(&mut writer, day)?;
            }
        }
        self.save_notes(&mut writer)?;
        writer.close_old();
        self.readers.close_idle();
        Ok(folded)
    }

    /// Brings what the main file knows of a day up to date; says how many hours
    /// were not. A damaged file is set aside: which one, a check tells.
    pub(super) fn fold_day(&self, writer: &mut Writer, day: Day) -> Result<u64, StoreError> {
        self.open_day(writer, day)?;
        let folded = match writer.opened(day) {
            Some(file) => fold_file(file, &writer.main.conn),
            None => return Ok(0),
        };
        match folded.map_err(StoreError::sqlite("fold a day")) {
            Ok(hours) => {
                self.change_days(|days| {
                    if let Some(state) = days.get_mut(&day) {
                        state.dirty = false;
                    }
                });
                Ok(hours)
            }
            Err(error) if error.is_damage() => {
                if is_sound(&writer.main.conn) {
                    self.replace_day(writer, day, &error.to_string())?;
                } else {
                    self.replace_main(writer, &error.to_string())?;
                }
                Ok(0)
            }
            Err(error) => Err(error),
        }
    }
}

/// One transaction: numbers, and that the day is folded.
fn fold_file(file: &DayFile, main: &Connection) -> rusqlite::Result<u64> {
    let hours = dirty_hours(&file.conn)?;
    let transaction = Transaction::new_unchecked(main, TransactionBehavior::Immediate)?;
    fold_hours(file, main, &hours)?;
    // spans may have come before the request that makes its hour dirty
    fold_queries(file, main)?;
    let sql = "INSERT OR REPLACE INTO folded_days(day, part, requests, logs, exceptions, \
               spans, samples, headers) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let requests = count(&file.conn, "requests")? as i64;
    let logs = count(&file.conn, "logs")? as i64;
    let exceptions = count(&file.conn, "exceptions")? as i64;
    let spans = count(&file.conn, "spans")? as i64;
    let samples = count(&file.conn, "samples")? as i64;
    let headers = count(&file.conn, "headers")? as i64;
    let row = (file.day.number(), file.part, requests, logs, exceptions, spans, samples, headers);
    main.execute(sql, row)?;
    main.execute("UPDATE day_files SET dirty = 0 WHERE day = ?1", [file.day.number()])?;
    transaction.commit()?;
    // after a crash before this they are only folded once more
    file.conn.execute("DELETE FROM dirty_hours", [])?;
    Ok(hours.len() as u64)
}

pub(crate) fn is_sound(conn: &Connection) -> bool {
    let check = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    check.is_ok_and(|text| text == "ok")
}

fn dirty_hours(conn: &Connection) -> rusqlite::Result<BTreeSet<u32>> {
    let mut statement = conn.prepare_cached("SELECT minute FROM dirty_hours")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    rows.collect()
}

/// Writes the rows of these hours, and of the whole day, as they are now: doing
/// it again changes nothing.
fn fold_hours(file: &DayFile, main: &Connection, hours: &BTreeSet<u32>) -> rusqlite::Result<()> {
    if hours.is_empty() {
        return Ok(());
    }
    let mut ids = MainRoutes::load(main)?;
    let mut writer = RowWriter::new(main)?;
    let mut names = file.conn.prepare("SELECT id, kind, app, method, route FROM routes")?;
    let sql = format!(
        "SELECT minute, {NUMBER_COLUMNS} FROM rollups WHERE route = ?1 AND width = ?2 \
         ORDER BY minute"
    );
    let mut rollups = file.conn.prepare_cached(&sql)?;
    let mut routes = names.query([])?;
    while let Some(name) = routes.next()? {
        let route =
            ids.find_or_add(main, (name.get(1)?, name.get(2)?, name.get(3)?, name.get(4)?))?;
        let (mut of_day, mut has_new) = (Rollup::default(), false);
        let mut rows = rollups.query((name.get::<_, i64>(0)?, HOUR))?;
        while let Some(row) = rows.next()? {
            let minute: u32 = row.get(0)?;
            let mut of_hour = Rollup::default();
            of_hour.merge_row(row, 1)?;
            of_day.merge(&of_hour);
            if hours.contains(&minute) {
                writer.put((route, HOUR, minute, file.part), &of_hour)?;
                has_new = true;
            }
        }
        if has_new && name.get::<_, i64>(1)? == KIND_APP {
            fold_visits(file, main, (name.get(0)?, route))?;
        }
        if has_new {
            let minute = file.day.first_minute();
            writer.put((route, WHOLE_DAY, minute, file.part), &of_day)?;
        }
    }
    Ok(())
}

/// Kind, app, method, route.
type RouteKey = (i64, String, String, String);

/// The routes of the main file, by name.
struct MainRoutes {
    ids: QuickMap<RouteKey, i64>,
    last: i64,
}

impl MainRoutes {
    fn load(conn: &Connection) -> rusqlite::Result<Self> {
        let mut routes = Self { ids: QuickMap::default(), last: 0 };
        let mut statement = conn.prepare("SELECT id, kind, app, method, route FROM routes")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            routes.ids.insert((row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?), id);
            routes.last = routes.last.max(id);
        }
        Ok(routes)
    }

    fn find_or_add(&mut self, conn: &Connection, key: RouteKey) -> rusqlite::Result<i64> {
        if let Some(id) = self.ids.get(&key) {
            return Ok(*id);
        }
        let id = self.last + 1;
        let sql = "INSERT INTO routes(id, kind, app, method, route) VALUES (?1, ?2, ?3, ?4, ?5)";
        let (kind, app, method, route) = &key;
        conn.prepare_cached(sql)?.execute((id, kind, app, method, route))?;
        self.ids.insert(key, id);
        self.last = id;
        Ok(id)
    }
}
