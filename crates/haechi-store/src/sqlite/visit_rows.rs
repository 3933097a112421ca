//! Who visited, counted from single requests: the ends of a range, of less than
//! five minutes each.

use super::distinct::name_hash;
use super::requests::path_at;
use super::stored_text::StoredTexts;
use super::visit::{NamedRoute, Selection, select};
use super::visit_counts::STATUS_NOT_FOUND;
use super::visit_sketch::{AGENTS, CLIENTS, COUNTRIES, NOT_FOUND, REFERRERS, STATIC_FILES, USERS};
use super::visits::Sum;
use crate::countries::country_of;
use crate::{Countries, VisitsQuery, is_program, is_static_file};
use haechi_event::{Flags, RequestId};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use std::collections::HashMap;

const SQL: &str = "SELECT id, route, status, bytes_out, client, user_agent, referrer, path, \
     user, flags FROM requests WHERE id >= ?1 AND id < ?2";
const PATH: usize = 7;

/// Adds the requests that began in these Unix ms.
pub(crate) fn read_rows(
    conn: &Connection,
    query: &VisitsQuery,
    (from_ms, to_ms): (u64, u64),
    countries: Option<&dyn Countries>,
    sum: &mut Sum,
) -> rusqlite::Result<()> {
    if from_ms >= to_ms {
        return Ok(());
    }
    let all = Selection::Routes { app: query.app.as_deref(), method: None, route: None };
    let mut reading = Reading {
        routes: select(conn, all)?,
        texts: StoredTexts::new(conn),
        programs: HashMap::new(),
        countries,
    };
    let id = |ms: u64| RequestId::first_at_ms(ms).as_u64() as i64;
    let mut statement = conn.prepare_cached(SQL)?;
    let mut rows = statement.query((id(from_ms), id(to_ms)))?;
    while let Some(row) = rows.next()? {
        reading.add(row, query, sum)?;
    }
    Ok(())
}

struct Reading<'c> {
    /// By id.
    routes: Vec<NamedRoute>,
    texts: StoredTexts<'c>,
    /// Which numbered user agents are programs: looked at once each.
    programs: HashMap<i64, bool>,
    countries: Option<&'c dyn Countries>,
}

impl Reading<'_> {
    fn add(&mut self, row: &Row<'_>, query: &VisitsQuery, sum: &mut Sum) -> rusqlite::Result<()> {
        let route: i64 = row.get(1)?;
        let Ok(at) = self.routes.binary_search_by_key(&route, |route| route.id) else {
            return Ok(());
        };
        let is_program = self.is_program(row)?;
        if query.programs.is_some_and(|wanted| wanted != is_program) {
            return Ok(());
        }
        let status: u16 = row.get(2)?;
        let bytes = row.get::<_, i64>(3)?.unsigned_abs();
        sum.count(is_program, [(status, 1)]);
        let client = self.texts.column(row, 4)?;
        sum.clients.add_hash(name_hash(&client));
        sum.count_name(CLIENTS, &client, is_program, bytes);
        if let Some(countries) = self.countries {
            sum.count_name(COUNTRIES, country_of(countries, &client), is_program, bytes);
        }
        sum.count_name(AGENTS, &self.texts.column(row, 5)?, is_program, bytes);
        let referrer = self.texts.column(row, 6)?;
        if !referrer.is_empty() {
            sum.count_name(REFERRERS, &referrer, is_program, bytes);
        }
        let user = self.texts.column(row, 8)?;
        if !user.is_empty() {
            sum.count_name(USERS, &user, is_program, bytes);
        }
        let route = self.routes.get(at);
        let is_file =
            is_static_file(Flags::from_bits(row.get(9)?), status, end_of_path(row, route)?);
        if is_file || status == STATUS_NOT_FOUND {
            let list = if is_file { STATIC_FILES } else { NOT_FOUND };
            sum.count_name(list, &path_at(row, PATH, route)?, is_program, bytes);
        }
        Ok(())
    }

    fn is_program(&mut self, row: &Row<'_>) -> rusqlite::Result<bool> {
        let ValueRef::Integer(id) = row.get_ref(5)? else {
            return Ok(is_program(&self.texts.column(row, 5)?));
        };
        if let Some(known) = self.programs.get(&id) {
            return Ok(*known);
        }
        let found = is_program(&self.texts.column(row, 5)?);
        self.programs.insert(id, found);
        Ok(found)
    }
}

/// The end of a row's path: one that is kept as a code ends as its route does.
fn end_of_path<'r>(row: &'r Row<'_>, route: Option<&'r NamedRoute>) -> rusqlite::Result<&'r str> {
    match row.get_ref(PATH)? {
        ValueRef::Null | ValueRef::Integer(_) => Ok(route.map_or("", |route| &route.route)),
        text => Ok(text.as_str()?),
    }
}
