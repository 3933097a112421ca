use super::SpanEnd;
use haechi_event::{Part, Quotes};
use std::fmt::{self, Write};

/// Bytes of a query or an address that are taken.
const TEXT_MAX: usize = 8 * 1024;
/// A text that has grown larger is let go with its span.
const KEEP_MAX: usize = 2 * 1024;

/// What a span says of itself from its beginning on.
#[derive(Debug, Default)]
pub(crate) struct Label {
    pub(crate) part: Part,
    pub(crate) name: &'static str,
    /// What it is called rather than by its name: a query, an address.
    text: String,
    /// How well that names it.
    rank: u8,
    /// `http.request.method` of an outgoing call.
    pub(crate) method: &'static str,
    pub(crate) file: &'static str,
    /// 0 if unknown.
    pub(crate) line: u32,
    pub(crate) quotes: Quotes,
    pub(crate) failed: bool,
    pub(crate) rows: Option<u64>,
    pub(crate) status: u16,
}

impl Label {
    /// Makes it that of another span; its memory stays.
    pub(crate) fn restart(&mut self, name: &'static str, file: &'static str, line: u32) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        text.shrink_to(KEEP_MAX);
        *self = Self { name, text, file, line, ..Self::default() };
    }

    /// Calls it so, unless it has a text of a higher rank.
    pub(crate) fn call(&mut self, rank: u8, text: fmt::Arguments<'_>) {
        if rank < self.rank {
            return;
        }
        self.rank = rank;
        self.text.clear();
        // an end of the room ends the writing
        let _ = Bounded(&mut self.text).write_fmt(text);
    }

    /// Takes what another one says more.
    pub(crate) fn merge(&mut self, more: &Self) {
        if more.rank > 0 {
            self.call(more.rank, format_args!("{}", more.text));
        }
        if more.part != Part::Other {
            self.part = more.part;
        }
        if !more.method.is_empty() {
            self.method = more.method;
        }
        self.failed |= more.failed;
        self.rows = more.rows.or(self.rows);
        if more.status != 0 {
            self.status = more.status;
        }
    }

    /// What is told of it at its end.
    pub(crate) fn end(&mut self) -> SpanEnd<'_> {
        if self.part == Part::HttpClient && !self.method.is_empty() && !self.text.is_empty() {
            self.text.insert(0, ' ');
            self.text.insert_str(0, self.method);
            self.method = "";
        }
        SpanEnd {
            name: if self.text.is_empty() { self.name } else { &self.text },
            quotes: self.quotes,
            failed: self.failed,
            rows: self.rows,
            status: self.status,
            file: self.file,
            line: self.line,
        }
    }
}

struct Bounded<'t>(&'t mut String);

impl Write for Bounded<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut end = text.len().min(TEXT_MAX.saturating_sub(self.0.len()));
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.0.push_str(&text[..end]);
        if end < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_text_names_it_and_no_text_is_endless() {
        let mut label = Label::default();
        label.restart("load", "src/shop.rs", 7);
        let end = label.end();
        assert_eq!((end.name, end.line), ("load", 7));
        label.call(2, format_args!("SELECT {}", 1));
        label.call(1, format_args!("worse"));
        assert_eq!(label.end().name, "SELECT 1");
        label.call(2, format_args!("{}", "해".repeat(TEXT_MAX)));
        assert_eq!(label.end().name.len(), TEXT_MAX - TEXT_MAX % 3);
        label.restart("again", "", 0);
        assert_eq!(label.end().name, "again");
        assert!(label.text.capacity() <= KEEP_MAX);
    }
}
