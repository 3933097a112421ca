use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::HashMap;

/// Reads columns that hold a text or its number in `texts`.
pub(crate) struct StoredTexts<'c> {
    conn: &'c Connection,
    read: HashMap<i64, String>,
}

impl<'c> StoredTexts<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Self {
        Self { conn, read: HashMap::new() }
    }

    pub(crate) fn column(&mut self, row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
        match row.get_ref(column)? {
            ValueRef::Null => Ok(String::new()),
            ValueRef::Integer(id) => self.by_id(id),
            other => Ok(other.as_str()?.to_owned()),
        }
    }

    fn by_id(&mut self, id: i64) -> rusqlite::Result<String> {
        if let Some(text) = self.read.get(&id) {
            return Ok(text.clone());
        }
        let mut statement = self.conn.prepare_cached("SELECT text FROM texts WHERE id = ?1")?;
        let text: String =
            statement.query_row([id], |row| row.get(0)).optional()?.unwrap_or_default();
        self.read.insert(id, text.clone());
        Ok(text)
    }
}

/// A condition that a column of this kind equals a text, as SQL whose
/// parameter `?number` is the text.
pub(crate) fn equals(
    conn: &Connection,
    column: &str,
    text: &str,
    number: usize,
) -> rusqlite::Result<String> {
    if text.is_empty() {
        return Ok(format!("({column} IS NULL AND ?{number} = '')"));
    }
    // there are few texts and they are small: no index pays
    let mut statement = conn.prepare_cached("SELECT id FROM texts WHERE text = ?1")?;
    let id: Option<i64> = statement.query_row([text], |row| row.get(0)).optional()?;
    Ok(match id {
        Some(id) => format!("({column} = {id} OR {column} = ?{number})"),
        None => format!("({column} = ?{number})"),
    })
}
