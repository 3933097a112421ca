use super::hash::QuickMap;
use rusqlite::types::{ToSql, ToSqlOutput};
use rusqlite::{Connection, types::ValueRef};

/// Bytes of all texts kept once; what comes after is kept with its row.
const MOST_BYTES: usize = 1 << 20;
/// A longer text is hardly ever seen twice.
const LONGEST: usize = 512;

/// Texts of one day file that are kept once and named by a number.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    ids: QuickMap<Box<str>, i64>,
    next: i64,
    bytes: usize,
    most: usize,
}

/// A text as a column holds it. Texts are equal where these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kept<'a> {
    /// The empty text.
    Empty,
    /// A row of `texts`.
    Id(i64),
    /// The text itself.
    Inline(&'a str),
}

impl ToSql for Kept<'_> {
    #[inline]
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Empty => ValueRef::Null,
            Self::Id(id) => ValueRef::Integer(*id),
            Self::Inline(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl Texts {
    /// Reads what the file has; `most` is how many it may have.
    pub(crate) fn load(conn: &Connection, most: usize) -> rusqlite::Result<Self> {
        let mut texts = Self { most, ..Self::default() };
        let mut statement = conn.prepare("SELECT id, text FROM texts")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            texts.remember(row.get_ref(1)?.as_str()?, id);
        }
        Ok(texts)
    }

    fn remember(&mut self, text: &str, id: i64) {
        self.ids.insert(text.into(), id);
        self.bytes += text.len();
        self.next = self.next.max(id);
    }

    /// How a text is to be kept.
    #[inline]
    pub(crate) fn keep<'t>(
        &mut self,
        conn: &Connection,
        text: &'t str,
    ) -> rusqlite::Result<Kept<'t>> {
        if text.is_empty() {
            return Ok(Kept::Empty);
        }
        match self.ids.get(text) {
            Some(id) => Ok(Kept::Id(*id)),
            None => self.add(conn, text),
        }
    }

    #[cold]
    fn add<'t>(&mut self, conn: &Connection, text: &'t str) -> rusqlite::Result<Kept<'t>> {
        if text.len() > LONGEST || self.ids.len() >= self.most || self.bytes >= MOST_BYTES {
            return Ok(Kept::Inline(text));
        }
        let id = self.next + 1;
        conn.prepare_cached("INSERT INTO texts(id, text) VALUES (?1, ?2)")?.execute((id, text))?;
        self.remember(text, id);
        Ok(Kept::Id(id))
    }
}
