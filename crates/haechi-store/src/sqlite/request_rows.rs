use super::texts::{Kept, Texts};
use haechi_event::{Flags, Request};
use rusqlite::{CachedStatement, Connection, OptionalExtension, ffi};

const INSERT: &str = "INSERT INTO requests(id, route, status, duration_us, cpu_us, bytes_in, \
     bytes_out, pid, flags, client, user_agent, referrer, path, query, ticket, trace, user, \
     split, repeats, release) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, \
     ?18, ?19, ?20)";

/// How a path is kept: most say no more than the route does.
pub(crate) const PATH_IS_SLASH_ROUTE: i64 = 1;
pub(crate) const PATH_IS_SLASH_APP_ROUTE: i64 = 2;

/// Ids are tried one by one this often before the table is asked.
const TRIES: u32 = 64;

/// Who sent a request, as its columns hold it.
pub(crate) struct Visitor<'a> {
    pub(crate) client: Kept<'a>,
    pub(crate) user_agent: Kept<'a>,
    pub(crate) referrer: Kept<'a>,
    pub(crate) user: Kept<'a>,
}

impl<'a> Visitor<'a> {
    pub(crate) fn of(
        conn: &Connection,
        request: &Request<'a>,
        texts: &mut Texts,
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            client: texts.keep(conn, request.client)?,
            user_agent: texts.keep(conn, request.user_agent)?,
            referrer: texts.keep(conn, request.referrer)?,
            user: texts.keep(conn, request.user)?,
        })
    }
}

/// Writes rows of the table `requests`.
pub(crate) struct RequestRows<'c> {
    conn: &'c Connection,
    insert: CachedStatement<'c>,
    /// Ids of the day: first, and first of the next day.
    ids: (u64, u64),
    /// The last id that was taken, and what was used instead.
    moved: (u64, u64),
}

impl<'c> RequestRows<'c> {
    pub(crate) fn new(conn: &'c Connection, ids: (u64, u64)) -> rusqlite::Result<Self> {
        Ok(Self { conn, insert: conn.prepare_cached(INSERT)?, ids, moved: (0, 0) })
    }

    /// Writes a request under `id`, or the next free one; says which.
    pub(crate) fn insert(
        &mut self,
        id: u64,
        route: i64,
        pid: u32,
        request: &Request<'_>,
        visitor: &Visitor<'_>,
        texts: &mut Texts,
    ) -> rusqlite::Result<u64> {
        let statement = &mut self.insert;
        // beyond what an integer column holds there is only nonsense
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let cpu = request.flags.contains(Flags::CPU).then(|| number(request.cpu_ns / 1000));
        statement.raw_bind_parameter(2, route)?;
        statement.raw_bind_parameter(3, request.status)?;
        statement.raw_bind_parameter(4, number(request.duration_ns / 1000))?;
        statement.raw_bind_parameter(5, cpu)?;
        statement.raw_bind_parameter(6, number(request.bytes_in))?;
        statement.raw_bind_parameter(7, number(request.bytes_out))?;
        statement.raw_bind_parameter(8, pid)?;
        statement.raw_bind_parameter(9, request.flags.bits())?;
        statement.raw_bind_parameter(10, visitor.client)?;
        statement.raw_bind_parameter(11, visitor.user_agent)?;
        statement.raw_bind_parameter(12, visitor.referrer)?;
        statement.raw_bind_parameter(13, kept_path(request))?;
        statement.raw_bind_parameter(14, none_if_empty(request.query))?;
        statement.raw_bind_parameter(15, none_if_empty(request.ticket))?;
        let mut trace = [0; 24];
        let trace = (request.trace_id != [0; 16]).then(|| {
            trace[..16].copy_from_slice(&request.trace_id);
            trace[16..].copy_from_slice(&request.parent_span_id);
            &trace[..]
        });
        statement.raw_bind_parameter(16, trace)?;
        statement.raw_bind_parameter(17, visitor.user)?;
        let some = |bytes: &'_ [u8]| (!bytes.is_empty()).then(|| bytes.to_vec());
        statement.raw_bind_parameter(18, some(request.split))?;
        statement.raw_bind_parameter(19, some(request.repeats))?;
        statement.raw_bind_parameter(20, texts.keep(self.conn, request.release)?)?;
        self.insert_bound(id)
    }

    fn insert_bound(&mut self, wanted: u64) -> rusqlite::Result<u64> {
        let mut id = wanted.clamp(self.ids.0, self.ids.1 - 1);
        let mut tries = 0;
        loop {
            self.insert.raw_bind_parameter(1, id as i64)?;
            match self.insert.raw_execute() {
                Ok(_) => {
                    if id != wanted {
                        self.moved = (wanted, id);
                    }
                    return Ok(id);
                }
                // past twice as many, only a damaged table has no free id
                Err(error) if is_taken(&error) && tries < 2 * TRIES => {}
                Err(error) => return Err(error),
            }
            tries += 1;
            id = match tries {
                1 if self.moved.0 == wanted => self.after(self.moved.1),
                TRIES => self.free_after(id)?,
                _ => self.after(id),
            };
        }
    }

    /// The next id of the same day; after the last comes the first.
    const fn after(&self, id: u64) -> u64 {
        if id + 1 < self.ids.1 { id + 1 } else { self.ids.0 }
    }

    /// The first free id after a long row of taken ones.
    fn free_after(&self, id: u64) -> rusqlite::Result<u64> {
        let sql = "SELECT r.id + 1 FROM requests r WHERE r.id >= ?1 AND NOT EXISTS \
                   (SELECT 1 FROM requests n WHERE n.id = r.id + 1) ORDER BY r.id LIMIT 1";
        let found = self.conn.prepare_cached(sql)?.query_row([id as i64], |row| row.get(0));
        let free = found.optional()?.and_then(|free: i64| u64::try_from(free).ok());
        Ok(free.filter(|free| *free < self.ids.1).unwrap_or(self.ids.0))
    }
}

fn is_taken(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|e| e.extended_code);
    code == Some(ffi::SQLITE_CONSTRAINT_PRIMARYKEY) || code == Some(ffi::SQLITE_CONSTRAINT_ROWID)
}

fn none_if_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[derive(Debug, PartialEq, Eq)]
enum KeptPath<'a> {
    Route,
    Code(i64),
    Text(&'a str),
}

impl rusqlite::types::ToSql for KeptPath<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::Route => Kept::Empty.to_sql().map(own),
            Self::Code(code) => Ok((*code).into()),
            Self::Text(text) => Ok((*text).into()),
        }
    }
}

fn own(_: rusqlite::types::ToSqlOutput<'_>) -> rusqlite::types::ToSqlOutput<'static> {
    rusqlite::types::Null.into()
}

fn kept_path<'a>(request: &Request<'a>) -> KeptPath<'a> {
    let (path, route) = (request.path, request.route);
    if path == route {
        return KeptPath::Route;
    }
    match path.strip_prefix('/') {
        Some(rest) if rest == route => KeptPath::Code(PATH_IS_SLASH_ROUTE),
        Some(rest) => match rest.strip_prefix(request.app).and_then(|r| r.strip_prefix('/')) {
            Some(rest) if rest == route => KeptPath::Code(PATH_IS_SLASH_APP_ROUTE),
            _ => KeptPath::Text(path),
        },
        None => KeptPath::Text(path),
    }
}

/// The path that was kept as a code; `None` is the route itself.
pub(crate) fn path_of(code: Option<i64>, app: &str, route: &str) -> String {
    match code {
        Some(PATH_IS_SLASH_ROUTE) => format!("/{route}"),
        Some(PATH_IS_SLASH_APP_ROUTE) => format!("/{app}/{route}"),
        _ => route.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_repeats_the_route_is_kept_as_a_code() {
        let request =
            |path| Request { app: "shop", route: "default/index", path, ..Request::default() };
        for (path, code) in [
            ("default/index", None),
            ("/default/index", Some(PATH_IS_SLASH_ROUTE)),
            ("/shop/default/index", Some(PATH_IS_SLASH_APP_ROUTE)),
        ] {
            let kept = kept_path(&request(path));
            assert_eq!(kept, code.map_or(KeptPath::Route, KeptPath::Code));
            assert_eq!(path_of(code, "shop", "default/index"), path);
        }
        for path in ["/shop/default/index/", "shop/default/index", "", "/", "//shop/default/index"]
        {
            assert_eq!(kept_path(&request(path)), KeptPath::Text(path));
        }
    }
}
