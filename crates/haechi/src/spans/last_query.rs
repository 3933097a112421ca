use super::name::write as write_name;
use super::{SpanEnd, Timed};

/// The query that ended last. It is told when the next span ends, or with the
/// request: until then its rows may be fetched, which is part of it.
#[derive(Debug, Default)]
pub(crate) struct LastQuery {
    is_there: bool,
    pub(crate) timed: Timed,
    cursor: u64,
    /// Whether the driver told the rows before they were fetched.
    knows_rows: bool,
    rows: Option<u64>,
    failed: bool,
    line: u32,
    name: String,
    file: String,
}

impl LastQuery {
    pub(crate) const fn clear(&mut self) {
        self.is_there = false;
    }

    pub(crate) fn set(&mut self, timed: Timed, cursor: u64, end: &SpanEnd<'_>) {
        write_name(timed.part, end, &mut self.name);
        end.file.clone_into(&mut self.file);
        self.is_there = true;
        (self.timed, self.cursor) = (timed, cursor);
        (self.knows_rows, self.rows) = (end.rows.is_some(), end.rows);
        (self.failed, self.line) = (end.failed, end.line);
    }

    /// Rows came from a cursor: whether they are this query's.
    pub(crate) fn fetched(&mut self, cursor: u64, took_ns: u64, rows: u64) -> bool {
        if !self.is_there || self.cursor != cursor {
            return false;
        }
        self.timed.duration_ns = self.timed.duration_ns.saturating_add(took_ns);
        if !self.knows_rows {
            self.rows = Some(self.rows.unwrap_or_default().saturating_add(rows));
        }
        true
    }

    /// What is to be told, once. Its name has no data in it any more.
    pub(crate) fn take(&mut self) -> Option<(&Timed, SpanEnd<'_>)> {
        if !std::mem::take(&mut self.is_there) {
            return None;
        }
        let end = SpanEnd {
            name: &self.name,
            failed: self.failed,
            rows: self.rows,
            file: &self.file,
            line: self.line,
            ..SpanEnd::default()
        };
        Some((&self.timed, end))
    }
}
