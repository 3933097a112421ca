//! A list on the screen: what every pane makes of its answer.

use crate::terminal::Tone;
use haechi_event::inert;

/// A column of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) heading: &'static str,
    /// Columns of the terminal; 0 takes what is left.
    pub(super) width: u16,
    /// Numbers end in the same column.
    pub(super) is_number: bool,
    /// How wide a terminal must be to show it.
    pub(super) least: u16,
}

impl Column {
    pub(super) const fn from(self, least: u16) -> Self {
        Self { least, ..self }
    }
}

pub(super) const fn text(heading: &'static str, width: u16) -> Column {
    Column { heading, width, is_number: false, least: 0 }
}

pub(super) const fn number(heading: &'static str, width: u16) -> Column {
    Column { heading, width, is_number: true, least: 0 }
}

/// One cell: inert text in its tone.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) tone: Tone,
    pub(super) text: String,
}

impl Cell {
    pub(super) fn new(tone: Tone, text: &str) -> Self {
        Self { tone, text: inert(text) }
    }

    pub(super) fn plain(text: &str) -> Self {
        Self::new(Tone::Plain, text)
    }
}

#[derive(Debug)]
pub(super) struct Row {
    /// What the row is of, so that a selection stays on it.
    pub(super) key: String,
    pub(super) cells: Vec<Cell>,
}

#[derive(Debug)]
pub(super) struct Listing {
    pub(super) title: String,
    pub(super) columns: &'static [Column],
    /// The column by which the rows are in order.
    pub(super) sorted: Option<usize>,
    pub(super) rows: Vec<Row>,
    /// Newest last, and shown first.
    pub(super) is_tail: bool,
}

/// The row that is selected: one of a name as long as it is there, else a place.
#[derive(Debug, Default, Clone)]
pub(super) struct Cursor {
    at: usize,
    key: Option<String>,
}

impl Cursor {
    /// Where it is now; `None` in an empty list.
    pub(super) fn place(&self, listing: &Listing) -> Option<usize> {
        let last = listing.rows.len().checked_sub(1)?;
        let Some(key) = &self.key else {
            return Some(if listing.is_tail { last } else { 0 });
        };
        let found = listing.rows.iter().position(|row| row.key == *key);
        Some(found.unwrap_or_else(|| self.at.min(last)))
    }

    /// Goes to a row; the end of a list to which lines are added, and the begin of
    /// any other, is stayed at.
    pub(super) fn go(&mut self, listing: &Listing, to: usize) {
        let Some(last) = listing.rows.len().checked_sub(1) else { return };
        let at = to.min(last);
        let rest = if listing.is_tail { last } else { 0 };
        let key = listing.rows.get(at).filter(|_| at != rest).map(|row| row.key.clone());
        *self = Self { at, key };
    }

    pub(super) fn step(&mut self, listing: &Listing, by: isize) {
        if let Some(at) = self.place(listing) {
            self.go(listing, at.saturating_add_signed(by));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(keys: &[&str], is_tail: bool) -> Listing {
        let row = |key: &&str| Row { key: (*key).to_owned(), cells: Vec::new() };
        let rows = keys.iter().map(row).collect();
        Listing { title: String::new(), columns: &[], sorted: None, rows, is_tail }
    }

    #[test]
    fn a_selection_stays_on_its_row_when_the_order_changes() {
        let mut cursor = Cursor::default();
        let before = listing(&["a", "b", "c"], false);
        assert_eq!(cursor.place(&before), Some(0));
        cursor.step(&before, 1);
        assert_eq!(cursor.place(&listing(&["b", "c", "a"], false)), Some(0));
        assert_eq!(cursor.place(&listing(&["x", "y"], false)), Some(1));
        assert_eq!(cursor.place(&listing(&[], false)), None);
        cursor.step(&before, -9);
        assert_eq!(cursor.place(&listing(&["z", "a"], false)), Some(0));
    }

    #[test]
    fn the_end_of_a_tail_is_followed() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.place(&listing(&["1", "2"], true)), Some(1));
        cursor.step(&listing(&["1", "2"], true), -1);
        assert_eq!(cursor.place(&listing(&["1", "2", "3"], true)), Some(0));
        cursor.step(&listing(&["1", "2", "3"], true), 9);
        assert_eq!(cursor.place(&listing(&["2", "3", "4"], true)), Some(2));
    }
}
