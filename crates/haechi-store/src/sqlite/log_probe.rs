//! A search for an attribute and for words. Few lines have the attribute, as a
//! rule, while the words may be in every third one: then it is quicker to read the
//! lines with the attribute than to look each of them up among those with the words.

use super::log_conditions::{all_conditions, expression_of};
use super::log_match::LogMatcher;
use crate::{LogCondition, LogFilter, LogsQuery, StoreError, StoredLog};
use haechi_event::Log;

/// Lines that are looked at before the index is asked for all at once.
pub(super) const MOST: usize = 400;

/// What is asked of the index, and of the lines it finds.
pub(super) struct Probe {
    /// All but the words.
    pub(super) expression: String,
    words: LogMatcher,
}

impl Probe {
    /// `None` if the search is no such one.
    pub(super) fn of(query: &LogsQuery) -> Result<Option<Self>, StoreError> {
        let is_attribute = |condition: &LogCondition| {
            matches!(condition, LogCondition { not: false, is: LogFilter::Attribute { .. } })
        };
        let has_both = query.text.is_some() && all_conditions(query).iter().any(is_attribute);
        if !has_both || query.request.is_some() {
            return Ok(None);
        }
        let others = LogsQuery { text: None, ..query.clone() };
        let words = LogsQuery { text: query.text.clone(), ..LogsQuery::default() };
        let Some(expression) = expression_of(&others)? else { return Ok(None) };
        Ok(Some(Self { expression, words: LogMatcher::new(&words)? }))
    }

    /// Whether a line has the words.
    pub(super) fn passes(&mut self, line: &StoredLog) -> Result<bool, StoreError> {
        let log = Log {
            message: &line.message,
            exception: line.exception.as_deref().unwrap_or_default(),
            ..Log::default()
        };
        self.words.matches(&log, line.pattern)
    }
}
