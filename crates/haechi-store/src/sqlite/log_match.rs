//! Whether a line passes a search before it is stored.

use super::log_conditions::{all_conditions, expression_of};
use super::log_terms::index_text;
use super::schema::LOGS_TEXT;
use crate::{LogCondition, LogFilter, LogsQuery, StoreError};
use haechi_event::{Log, decode_attributes};
use rusqlite::Connection;

/// Tells of single lines whether [`crate::Store::logs`] would find them; range,
/// request and page of the query do not count. Words are looked for by the very
/// index the store has, in memory, but only where a quick look does not tell.
#[derive(Debug)]
pub struct LogMatcher {
    conditions: Vec<LogCondition>,
    /// Texts in small letters, of which each must be in a line that has only
    /// ASCII characters.
    parts: Vec<String>,
    /// `None` if the conditions alone decide.
    words: Option<Words>,
}

#[derive(Debug)]
struct Words {
    conn: Connection,
    expression: String,
    text: String,
}

impl LogMatcher {
    /// Prepares a search.
    ///
    /// # Errors
    /// [`StoreError::BadQuery`] for a text that cannot be searched for.
    pub fn new(query: &LogsQuery) -> Result<Self, StoreError> {
        let text = LogsQuery { text: query.text.clone(), ..LogsQuery::default() };
        let words = match expression_of(&text)? {
            Some(expression) => Some(Words::new(expression)?),
            None => None,
        };
        let text = query.text.as_deref().unwrap_or_default();
        Ok(Self { conditions: all_conditions(query), parts: parts(text), words })
    }

    /// Whether a line of this pattern passes.
    ///
    /// # Errors
    /// If there is no memory for the line.
    pub fn matches(&mut self, log: &Log<'_>, pattern: u64) -> Result<bool, StoreError> {
        if !self.conditions.iter().all(|condition| is_met(condition, log, pattern)) {
            return Ok(false);
        }
        let Some(words) = &mut self.words else { return Ok(true) };
        if log.message.is_ascii() && log.exception.is_ascii() {
            let has = |part: &String| has_part(log.message, part) || has_part(log.exception, part);
            if !self.parts.iter().all(has) {
                return Ok(false);
            }
        }
        words.occur_in(log, pattern).map_err(StoreError::sqlite("match a line"))
    }
}

impl Words {
    fn new(expression: String) -> Result<Self, StoreError> {
        let make = || {
            let conn = Connection::open_in_memory()?;
            conn.execute_batch(&format!("CREATE VIRTUAL TABLE line USING {LOGS_TEXT}"))?;
            Ok(conn)
        };
        let conn = make().map_err(StoreError::sqlite("prepare a search"))?;
        Ok(Self { conn, expression, text: String::new() })
    }

    fn occur_in(&mut self, log: &Log<'_>, pattern: u64) -> rusqlite::Result<bool> {
        index_text(&mut self.text, log, pattern);
        let conn = &self.conn;
        conn.prepare_cached("INSERT INTO line(line) VALUES ('delete-all')")?.execute([])?;
        conn.prepare_cached("INSERT INTO line(rowid, text) VALUES (1, ?1)")?
            .execute([&self.text])?;
        conn.prepare_cached("SELECT 1 FROM line WHERE line MATCH ?1")?.exists([&self.expression])
    }
}

fn is_met(LogCondition { not, is }: &LogCondition, log: &Log<'_>, pattern: u64) -> bool {
    let is_true = match is {
        LogFilter::Severity(least) => log.severity >= *least,
        LogFilter::App(app) => log.app == app,
        LogFilter::Route(route) => log.route == route,
        LogFilter::Logger(logger) => log.logger == logger,
        LogFilter::Pattern(wanted) => pattern == *wanted,
        LogFilter::Attribute { key, value } => {
            decode_attributes(log.attributes).any(|pair| pair == (key.as_str(), value.as_str()))
        }
    };
    is_true != *not
}

/// Runs of letters and digits that must occur, as far as they are plain: those
/// before the first word that must not.
fn parts(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for word in text.split_whitespace() {
        // a phrase that must not occur has no sign within
        if word.starts_with('-') {
            break;
        }
        let runs = word.split(|c: char| !c.is_ascii_alphanumeric());
        if word.is_ascii() {
            parts.extend(runs.filter(|run| !run.is_empty()).map(str::to_ascii_lowercase));
        }
    }
    parts
}

/// Whether a text has this part, whatever the case of its letters.
fn has_part(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let Some(first) = part.first() else { return true };
    let starts = text.iter().enumerate().filter(|(_, byte)| byte.eq_ignore_ascii_case(first));
    let mut starts = starts.map(|(at, _)| at);
    starts.any(|at| text.get(at..at + part.len()).is_some_and(|run| run.eq_ignore_ascii_case(part)))
}
