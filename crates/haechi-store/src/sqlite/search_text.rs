use super::log_terms::{every_line, unmarked};
use crate::StoreError;

/// Bytes of search text, and words in it, that are accepted.
const LONGEST: usize = 1024;
const MOST_WORDS: usize = 32;

/// What must and what must not occur in a line, as expressions of SQLite's
/// full-text search.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) with: Vec<String>,
    pub(crate) without: Vec<String>,
}

impl Wanted {
    /// Adds what a person types: words that must all occur, `"a phrase"`,
    /// `-not`, `prefix*`. Everything is quoted, so nothing a person types is
    /// taken for syntax of SQLite's.
    pub(crate) fn add_words(&mut self, text: &str) -> Result<(), StoreError> {
        if text.len() > LONGEST {
            return Err(bad(
                LONGEST,
                "the search text is longer than 1,024 bytes; use fewer words",
            ));
        }
        let (mut at, mut words) = (0, 0);
        while let Some(offset) = text[at..].find(|c: char| !c.is_whitespace()) {
            at += offset;
            let term = Term::read(text, at)?;
            at = term.end;
            // a term without letters and digits would match nothing at all
            if term.words.contains(char::is_alphanumeric) {
                let into = if term.not { &mut self.without } else { &mut self.with };
                into.push(term.quoted());
                words += 1;
            }
        }
        match words {
            0 => Err(bad(0, "the search text has no word; type letters or digits")),
            1..=MOST_WORDS => Ok(()),
            _ => Err(bad(text.len(), "the search text has more than 32 words; use fewer")),
        }
    }

    /// All of it as one expression; `None` if nothing is wanted.
    pub(crate) fn expression(mut self) -> Option<String> {
        if self.with.is_empty() && self.without.is_empty() {
            return None;
        }
        if self.with.is_empty() {
            self.with.push(every_line());
        }
        let mut expression = format!("({})", self.with.join(" AND "));
        if !self.without.is_empty() {
            expression.push_str(&format!(" NOT ({})", self.without.join(" OR ")));
        }
        Some(expression)
    }
}

pub(crate) fn bad(position: usize, message: &str) -> StoreError {
    StoreError::BadQuery { field: "q", position, message: message.to_owned() }
}

struct Term<'t> {
    not: bool,
    words: &'t str,
    prefix: bool,
    end: usize,
}

impl<'t> Term<'t> {
    /// Reads the term that begins at `start`, which is no white space.
    fn read(text: &'t str, start: usize) -> Result<Self, StoreError> {
        let not = text[start..].starts_with('-');
        let at = start + usize::from(not);
        if text[at..].starts_with('"') {
            let open = at + 1;
            let Some(len) = text[open..].find('"') else {
                return Err(bad(at, "a quotation mark is not closed; add another one"));
            };
            let words = &text[open..open + len];
            let end = open + len + 1;
            let prefix = text[end..].starts_with('*');
            return Ok(Self { not, words, prefix, end: end + usize::from(prefix) });
        }
        let len = text[at..].find(char::is_whitespace).unwrap_or(text.len() - at);
        let word = &text[at..at + len];
        let stem = word.trim_end_matches('*');
        Ok(Self { not, words: stem, prefix: stem.len() < word.len(), end: at + len })
    }

    fn quoted(&self) -> String {
        // a NUL would end the expression early
        let words = unmarked(self.words).replace('"', "\"\"").replace('\0', " ");
        let star = if self.prefix { " *" } else { "" };
        format!("\"{words}\"{star}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn full_text_expression(text: &str) -> Result<String, StoreError> {
        let mut wanted = Wanted::default();
        wanted.add_words(text)?;
        Ok(wanted.expression().unwrap())
    }

    fn bad_position(text: &str) -> usize {
        match full_text_expression(text) {
            Err(StoreError::BadQuery { field: "q", position, .. }) => position,
            other => panic!("{text:?} gave {other:?}"),
        }
    }

    #[test]
    fn words_phrases_nots_and_prefixes_are_understood() {
        let expression = full_text_expression(r#"  disk "no space" -test* wri*  -"a b" "#).unwrap();
        let want = r#"("disk" AND "no space" AND "wri" *) NOT ("test" * OR "a b")"#;
        assert_eq!(expression, want);
    }

    #[test]
    fn syntax_of_the_search_engine_is_only_text() {
        let expression = full_text_expression(r#"a"b NEAR(x) {message}: c^ OR"#).unwrap();
        let want = r#"("a""b" AND "NEAR(x)" AND "{message}:" AND "c^" AND "OR")"#;
        assert_eq!(expression, want);
    }

    #[test]
    fn what_must_not_occur_alone_is_looked_for_in_all_lines() {
        let expression = full_text_expression("-test").unwrap();
        assert_eq!(expression, format!("({}) NOT (\"test\")", every_line()));
    }

    #[test]
    fn what_cannot_be_searched_is_refused_with_its_place() {
        assert_eq!(bad_position("one \"two"), 4);
        assert_eq!(bad_position(" - *** \"\" "), 0);
        assert_eq!(bad_position(""), 0);
        assert_eq!(bad_position(&"a ".repeat(33)), 66);
        assert_eq!(bad_position(&"a".repeat(2000)), 1024);
    }

    proptest! {
        #[test]
        fn every_accepted_text_is_an_expression_the_engine_accepts(text in "[ -~é\"*\\-\0\u{3000}🙂]{0,40}") {
            if let Ok(expression) = full_text_expression(&text) {
                let conn = rusqlite::Connection::open_in_memory().unwrap();
                conn.execute_batch("CREATE VIRTUAL TABLE t USING fts5(message)").unwrap();
                let found = conn
                    .prepare("SELECT rowid FROM t WHERE t MATCH ?1")
                    .unwrap()
                    .exists([&expression]);
                prop_assert_eq!(found.unwrap(), false, "{}", expression);
            }
        }
    }
}
