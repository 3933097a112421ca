use super::SqliteStore;
use super::plan::{Piece, Plan};
use super::readers::{Deadline, FileKey, Lent};
use super::rollup::NUMBER_COLUMNS;
use super::route_ids::{KIND_APP, KIND_EVERYTHING, KIND_ROUTE};
use crate::StoreError;
use rusqlite::{Connection, Row};
use std::sync::atomic::Ordering;

/// Which rows of the table `routes`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Selection<'q> {
    /// The one that counts everything.
    Everything,
    /// Those that count a whole app: one, or each.
    Apps(Option<&'q str>),
    /// Routes that agree with what is given.
    Routes { app: Option<&'q str>, method: Option<&'q str>, route: Option<&'q str> },
}

/// A row of the table `routes`.
#[derive(Debug, Clone)]
pub(crate) struct NamedRoute {
    pub(crate) id: i64,
    pub(crate) app: String,
    pub(crate) method: String,
    pub(crate) route: String,
}

/// The rows of `routes` that are selected, by id.
pub(crate) fn select(
    conn: &Connection,
    selection: Selection<'_>,
) -> rusqlite::Result<Vec<NamedRoute>> {
    let (kind, app, method, route) = match selection {
        Selection::Everything => (KIND_EVERYTHING, None, None, None),
        Selection::Apps(app) => (KIND_APP, app, None, None),
        Selection::Routes { app, method, route } => (KIND_ROUTE, app, method, route),
    };
    let sql = "SELECT id, app, method, route FROM routes WHERE kind = ?1 \
               AND (?2 IS NULL OR app = ?2) AND (?3 IS NULL OR method = ?3) \
               AND (?4 IS NULL OR route = ?4) ORDER BY id";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map((kind, app, method, route), |row| {
        Ok(NamedRoute {
            id: row.get(0)?,
            app: row.get(1)?,
            method: row.get(2)?,
            route: row.get(3)?,
        })
    })?;
    rows.collect()
}

/// Where rollup rows go.
pub(crate) trait Sink {
    /// Rows of this piece follow. No row of it or of a later piece begins
    /// before `piece.from`.
    fn begin(&mut self, piece: &Piece);
    /// A row: column 0 is the minute it begins at, from column
    /// [`FIRST_NUMBER`] on it is [`NUMBER_COLUMNS`].
    fn row(&mut self, route: &NamedRoute, minute: u32, row: &Row<'_>) -> rusqlite::Result<()>;
}

/// Column of the first number of a rollup in [`Sink::row`].
pub(crate) const FIRST_NUMBER: usize = 1;

impl SqliteStore {
    /// Reads the rollups of a plan, each file in one snapshot.
    pub(super) fn visit(
        &self,
        plan: &Plan,
        selection: Selection<'_>,
        deadline: Deadline,
        sink: &mut impl Sink,
    ) -> Result<(), StoreError> {
        let epoch = self.main_epoch.load(Ordering::Acquire);
        let mut main: Option<Opened<'_>> = None;
        let mut day: Option<Opened<'_>> = None;
        let mut skipped = Vec::new();
        for piece in &plan.pieces {
            if skipped.contains(&piece.file) {
                continue;
            }
            let slot = if piece.file == FileKey::Main { &mut main } else { &mut day };
            let opened = match slot.take() {
                Some(opened) if opened.key == piece.file => Ok(opened),
                _ => self.open_selected(piece.file, selection, deadline),
            };
            let read = opened.and_then(|opened| {
                sink.begin(piece);
                read_piece(&opened, piece, sink).map_err(StoreError::sqlite("read rollups"))?;
                Ok(opened)
            });
            let read = match (piece.file, read) {
                (FileKey::Day(day), read) => self.skip_damage(day, read)?,
                (FileKey::Main, Err(error)) if error.is_damage() => {
                    self.heal_main(epoch, &error)?;
                    None
                }
                (FileKey::Main, read) => Some(read?),
            };
            match read {
                Some(opened) => *slot = Some(opened),
                None => skipped.push(piece.file),
            }
        }
        Ok(())
    }

    fn open_selected(
        &self,
        key: FileKey,
        selection: Selection<'_>,
        deadline: Deadline,
    ) -> Result<Opened<'_>, StoreError> {
        let conn = self.readers.lend(key, deadline)?;
        let doing = StoreError::sqlite("read rollups");
        conn.execute_batch("BEGIN").map_err(&doing)?;
        let routes = select(&conn, selection).map_err(&doing)?;
        Ok(Opened { key, conn, routes })
    }
}

/// A file being read and its selected routes.
struct Opened<'r> {
    key: FileKey,
    conn: Lent<'r>,
    routes: Vec<NamedRoute>,
}

fn read_piece(opened: &Opened<'_>, piece: &Piece, sink: &mut impl Sink) -> rusqlite::Result<()> {
    let other_parts = if piece.not_part.is_some() { " AND part <> ?5" } else { "" };
    let sql = format!(
        "SELECT minute, {NUMBER_COLUMNS} FROM rollups WHERE route = ?1 AND width = ?2 \
         AND minute >= ?3 AND minute < ?4{other_parts} ORDER BY minute"
    );
    let mut statement = opened.conn.prepare_cached(&sql)?;
    statement.raw_bind_parameter(2, piece.width)?;
    statement.raw_bind_parameter(3, piece.from)?;
    statement.raw_bind_parameter(4, piece.to)?;
    if let Some(part) = piece.not_part {
        statement.raw_bind_parameter(5, part)?;
    }
    for route in &opened.routes {
        statement.raw_bind_parameter(1, route.id)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            sink.row(route, row.get(0)?, row)?;
        }
    }
    Ok(())
}
