use rusqlite::{CachedStatement, Connection, OptionalExtension};

/// A search for a free id that takes more steps is in a damaged table.
const TRIES: u32 = 100;

/// Finds ids of one day that a table does not have yet.
pub(crate) struct FreeIds<'c> {
    conn: &'c Connection,
    is_taken: CachedStatement<'c>,
    /// Finds the end of a long row of taken ones.
    after: String,
    /// First, and first of the next day.
    ids: (u64, u64),
}

impl<'c> FreeIds<'c> {
    pub(crate) fn new(
        conn: &'c Connection,
        table: &str,
        ids: (u64, u64),
    ) -> rusqlite::Result<Self> {
        let after = format!(
            "SELECT t.id + 1 FROM {table} t WHERE t.id >= ?1 AND NOT EXISTS \
             (SELECT 1 FROM {table} n WHERE n.id = t.id + 1) ORDER BY t.id LIMIT 1"
        );
        let sql = format!("SELECT 1 FROM {table} WHERE id = ?1");
        Ok(Self { conn, is_taken: conn.prepare_cached(&sql)?, after, ids })
    }

    /// The id of the day that is nearest to this one.
    pub(crate) fn clamp(&self, id: u64) -> u64 {
        id.clamp(self.ids.0, self.ids.1 - 1)
    }

    /// The first free id from this one on; past the day's end, from its
    /// beginning on.
    pub(crate) fn first_from(&mut self, id: u64) -> rusqlite::Result<u64> {
        let mut id = if id < self.ids.1 { id } else { self.ids.0 };
        for _ in 0..TRIES {
            if !self.is_taken.exists([id as i64])? {
                break;
            }
            // after a long row of taken ones, not one by one
            let found = self.conn.prepare_cached(&self.after)?.query_row([id as i64], |r| r.get(0));
            let free = found.optional()?.and_then(|free: i64| u64::try_from(free).ok());
            id = free.filter(|free| *free < self.ids.1).unwrap_or(self.ids.0);
        }
        Ok(id)
    }
}
