use super::SqliteStore;
use super::plan::{Piece, Plan};
use super::readers::FileKey;
use super::rollup::WHOLE_DAY;
use super::visit::{FIRST_NUMBER, NamedRoute, Selection, Sink};
use crate::{AppSummary, StoreError};
use rusqlite::Row;
use std::collections::BTreeMap;

impl SqliteStore {
    pub(super) fn read_apps(&self) -> Result<Vec<AppSummary>, StoreError> {
        let deadline = self.long_deadline();
        let mut apps = Apps::default();
        let main = self.readers.lend(FileKey::Main, deadline)?;
        let mut read = || -> rusqlite::Result<()> {
            let sql = "SELECT app, first_seen_ms, last_seen_ms FROM apps";
            let mut statement = main.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let summary = AppSummary {
                    app: row.get(0)?,
                    first_seen_ms: row.get::<_, i64>(1)?.unsigned_abs(),
                    last_seen_ms: row.get::<_, i64>(2)?.unsigned_abs(),
                    requests: 0,
                };
                apps.by_name.insert(summary.app.clone(), summary);
            }
            Ok(())
        };
        read().map_err(StoreError::sqlite("read the apps"))?;
        let plan = Plan::new(&self.days(), 0, u32::MAX, WHOLE_DAY);
        self.visit(&plan, Selection::Apps(None), deadline, &mut apps)?;
        Ok(apps.by_name.into_values().collect())
    }
}

/// Adds up the requests of each app.
#[derive(Default)]
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
