use super::SqliteStore;
use super::plan::{Piece, Plan};
use super::rollup::WHOLE_DAY;
use super::visit::{FIRST_NUMBER, NamedRoute, Selection, Sink};
use crate::{AppSummary, StoreError};
use rusqlite::Row;
use std::collections::BTreeMap;

impl SqliteStore {
    pub(super) fn read_apps(&self) -> Result<Vec<AppSummary>, StoreError> {
        let deadline = self.long_deadline();
        let seen = self.read_main(deadline, "read the apps", |main| {
            let mut statement =
                main.prepare_cached("SELECT app, first_seen_ms, last_seen_ms FROM apps")?;
            let rows = statement.query_map([], |row| {
                Ok(AppSummary {
                    app: row.get(0)?,
                    first_seen_ms: row.get::<_, i64>(1)?.unsigned_abs(),
                    last_seen_ms: row.get::<_, i64>(2)?.unsigned_abs(),
                    requests: 0,
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let by_name = seen.into_iter().map(|app| (app.app.clone(), app)).collect();
        let mut apps = Apps { by_name };
        let plan = Plan::new(&self.days(), 0, u32::MAX, WHOLE_DAY);
        self.visit(&plan, Selection::Apps(None), deadline, &mut apps)?;
        Ok(apps.by_name.into_values().collect())
    }
}

/// Adds up the requests of each app.
struct Apps {
    by_name: BTreeMap<String, AppSummary>,
}

impl Sink for Apps {
    fn begin(&mut self, _: &Piece) {}

    fn row(&mut self, route: &NamedRoute, _: u32, row: &Row<'_>) -> rusqlite::Result<()> {
        let requests: i64 = row.get(FIRST_NUMBER)?;
        if let Some(app) = self.by_name.get_mut(&route.app) {
            app.requests = app.requests.saturating_add(requests.unsigned_abs());
        }
        Ok(())
    }
}
