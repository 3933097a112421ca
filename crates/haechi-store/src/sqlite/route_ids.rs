use super::hash::QuickMap;
use haechi_event::known_method;
use rusqlite::Connection;

/// A route's rows in one day file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RouteId {
    /// The route itself.
    pub(crate) route: i64,
    /// All of its app.
    pub(crate) app_total: i64,
}

impl RouteId {
    /// The id of the rows that count everything.
    pub(crate) const EVERYTHING: i64 = 1;
}

/// Kinds of rows of the table `routes`.
pub(crate) const KIND_ROUTE: i64 = 0;
pub(crate) const KIND_APP: i64 = 1;
pub(crate) const KIND_EVERYTHING: i64 = 2;

/// Route of what came after the cap.
pub(crate) const OTHER: &str = "(other)";

/// Apps kept apart per day; more count as `(other)`.
const MOST_APPS: usize = 200;

/// The routes of one day file, by name.
#[derive(Debug, Default)]
pub(crate) struct RouteIds {
    routes: QuickMap<Vec<u8>, RouteId>,
    apps: QuickMap<String, AppEntry>,
    next: i64,
    most_per_app: usize,
    key: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct AppEntry {
    total: i64,
    routes: usize,
}

impl RouteIds {
    /// Reads what the file has.
    pub(crate) fn load(conn: &Connection, most_per_app: usize) -> rusqlite::Result<Self> {
        let mut ids = Self { most_per_app, next: RouteId::EVERYTHING, ..Self::default() };
        let sql = "SELECT id, kind, app, method, route FROM routes ORDER BY kind DESC, id";
        let mut statement = conn.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, kind): (i64, i64) = (row.get(0)?, row.get(1)?);
            let text = |column: usize| row.get_ref(column)?.as_str().map_err(Into::into);
            let text = |column: usize| -> rusqlite::Result<&str> { text(column) };
            let app = text(2)?;
            match kind {
                KIND_APP => {
                    ids.apps.insert(app.to_owned(), AppEntry { total: id, routes: 0 });
                }
                KIND_ROUTE => {
                    if let Some(entry) = ids.apps.get_mut(app) {
                        entry.routes += 1;
                        let found = RouteId { route: id, app_total: entry.total };
                        put_key(&mut ids.key, app, text(3)?, text(4)?);
                        ids.routes.insert(ids.key.clone(), found);
                    }
                }
                _ => {}
            }
            ids.next = ids.next.max(id);
        }
        Ok(ids)
    }

    /// The ids of a route, made if they are new and within the caps.
    #[inline]
    pub(crate) fn find_or_add(
        &mut self,
        conn: &Connection,
        app: &str,
        method: &str,
        route: &str,
    ) -> rusqlite::Result<RouteId> {
        put_key(&mut self.key, app, method, route);
        match self.routes.get(self.key.as_slice()) {
            Some(found) => Ok(*found),
            None => self.add(conn, app, method, route),
        }
    }

    #[cold]
    fn add(
        &mut self,
        conn: &Connection,
        app: &str,
        method: &str,
        route: &str,
    ) -> rusqlite::Result<RouteId> {
        if !self.apps.contains_key(app) {
            if self.apps.len() >= MOST_APPS && app != OTHER {
                return self.find_or_add(conn, OTHER, known_method(method), OTHER);
            }
            let total = self.insert(conn, KIND_APP, [app, "", ""])?;
            self.apps.insert(app.to_owned(), AppEntry { total, routes: 0 });
        }
        let entry = self.apps.get(app).copied().unwrap_or(AppEntry { total: 0, routes: 0 });
        let is_other = route == OTHER && known_method(method) == method;
        if entry.routes >= self.most_per_app && !is_other {
            return self.find_or_add(conn, app, known_method(method), OTHER);
        }
        let id = self.insert(conn, KIND_ROUTE, [app, method, route])?;
        if let Some(entry) = self.apps.get_mut(app) {
            entry.routes += 1;
        }
        let found = RouteId { route: id, app_total: entry.total };
        put_key(&mut self.key, app, method, route);
        self.routes.insert(self.key.clone(), found);
        Ok(found)
    }

    fn insert(
        &mut self,
        conn: &Connection,
        kind: i64,
        [app, method, route]: [&str; 3],
    ) -> rusqlite::Result<i64> {
        let sql = "INSERT INTO routes(id, kind, app, method, route) VALUES (?1, ?2, ?3, ?4, ?5)";
        let mut statement = conn.prepare_cached(sql)?;
        if self.next == RouteId::EVERYTHING {
            statement.execute((RouteId::EVERYTHING, KIND_EVERYTHING, "", "", ""))?;
        }
        self.next += 1;
        statement.execute((self.next, kind, app, method, route))?;
        Ok(self.next)
    }
}

/// Lengths before the texts, so that no choice of texts can look like another.
#[inline]
fn put_key(key: &mut Vec<u8>, app: &str, method: &str, route: &str) {
    key.clear();
    key.extend_from_slice(&(app.len() as u32).to_le_bytes());
    key.extend_from_slice(&(method.len() as u32).to_le_bytes());
    key.extend_from_slice(app.as_bytes());
    key.extend_from_slice(method.as_bytes());
    key.extend_from_slice(route.as_bytes());
}
