use crate::terminal::{Terminal, Tone, columns, cut};
use haechi_event::inert;

/// One cell of a table: text from anywhere, made inert.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
    /// Numbers end in the same column.
    is_number: bool,
}

impl Cell {
    pub(crate) fn text(tone: Tone, text: &str) -> Self {
        Self { text: inert(text), tone, is_number: false }
    }

    pub(crate) fn number(number: u64) -> Self {
        Self { text: number.to_string(), tone: Tone::Plain, is_number: true }
    }
}

/// Columns a cell other than the last takes at the most.
const CELL_MAX: usize = 40;

/// A table in aligned columns, headings first. On a terminal the last column is
/// cut so that a row is a line.
pub(crate) fn table<const N: usize>(
    terminal: Terminal,
    headings: [&str; N],
    rows: &[[Cell; N]],
) -> String {
    let mut widths = headings.map(columns);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(columns(&cell.text).min(CELL_MAX));
        }
    }
    let is_number = |column: usize| rows.first().is_some_and(|row| row[column].is_number);
    let mut headings = headings.map(|heading| Cell::text(Tone::Dim, heading));
    for (column, heading) in headings.iter_mut().enumerate() {
        heading.is_number = is_number(column);
    }
    let mut out = String::new();
    for row in std::iter::once(&headings).chain(rows) {
        push_row(&mut out, terminal, row, &widths);
    }
    out
}

fn push_row(out: &mut String, terminal: Terminal, row: &[Cell], widths: &[usize]) {
    let Some((last, others)) = row.split_last() else { return };
    let mut used = 0;
    for (cell, width) in others.iter().zip(widths) {
        let text = cut(&cell.text, *width);
        let blanks = " ".repeat(width - columns(&text));
        let painted = terminal.paint(cell.tone, &text);
        let filled = if cell.is_number {
            format!("{blanks}{painted}")
        } else {
            format!("{painted}{blanks}")
        };
        out.push_str(&filled);
        out.push_str("  ");
        used += width + 2;
    }
    let room = terminal.width.map_or(usize::MAX, |width| width.saturating_sub(used).max(10));
    out.push_str(&terminal.paint(last.tone, &cut(&last.text, room)));
    let trimmed = out.trim_end_matches(' ').len();
    out.truncate(trimmed);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_hostile_text_is_inert() {
        let rows = [
            [Cell::text(Tone::Strong, "a"), Cell::number(1), Cell::text(Tone::Plain, "x\x1b[2J\n")],
            [Cell::text(Tone::Plain, "해치"), Cell::number(12345), Cell::text(Tone::Plain, "")],
        ];
        let text = table(Terminal::plain(), ["APP", "EVENTS", "WHAT"], &rows);
        let want = "APP   EVENTS  WHAT\na          1  x\\x1b[2J\\n\n해치   12345\n";
        assert_eq!(text, want);
    }
}
