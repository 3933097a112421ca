//! What is wanted of log lines, as an expression for the full-text index, and
//! as far as patterns tell it, as a question to a pattern.

use super::log_terms::{Tag, at_least, every_line, of_pattern, tagged};
use super::search_text::{Wanted, bad};
use crate::{LogCondition, LogFilter, LogsQuery, StoreError};
use haechi_event::Severity;

/// More make no search anybody means.
const MOST_CONDITIONS: usize = 64;

/// The expression for all that a query wants but for its range and its request;
/// `None` if every line passes.
pub(crate) fn expression_of(query: &LogsQuery) -> Result<Option<String>, StoreError> {
    expression(query, |_| true)
}

/// The same without how grave a line must be at least; `None` if nothing but
/// that is wanted.
pub(crate) fn expression_but_level(query: &LogsQuery) -> Result<Option<String>, StoreError> {
    expression(query, |condition| least(condition).is_none())
}

/// How grave a line must be at least.
pub(crate) fn least_of(query: &LogsQuery) -> Option<Severity> {
    all_conditions(query).iter().filter_map(least).max()
}

fn least(condition: &LogCondition) -> Option<Severity> {
    match condition {
        LogCondition { not: false, is: LogFilter::Severity(least) } => Some(*least),
        _ => None,
    }
}

fn expression(
    query: &LogsQuery,
    counts: impl Fn(&LogCondition) -> bool,
) -> Result<Option<String>, StoreError> {
    let mut wanted = Wanted::default();
    if let Some(text) = &query.text {
        wanted.add_words(text)?;
    }
    let conditions = all_conditions(query);
    if conditions.len() > MOST_CONDITIONS {
        return Err(bad(0, "the search has more than 64 filters; use fewer"));
    }
    for LogCondition { not, is } in conditions.into_iter().filter(counts) {
        let term = match &is {
            LogFilter::Severity(least) => match (at_least(*least), not) {
                (Some(term), _) => term,
                // all lines are at least that grave
                (None, true) => every_line(),
                (None, false) => continue,
            },
            LogFilter::App(app) => tagged(Tag::App, "", app),
            LogFilter::Route(route) => tagged(Tag::Route, "", route),
            LogFilter::Logger(logger) => tagged(Tag::Logger, "", logger),
            LogFilter::Pattern(pattern) => of_pattern(*pattern),
            LogFilter::Attribute { key, value } => tagged(Tag::Attribute, key, value),
        };
        if not { &mut wanted.without } else { &mut wanted.with }.push(term);
    }
    Ok(wanted.expression())
}

/// The conditions of a query with those that have a field of their own.
pub(crate) fn all_conditions(query: &LogsQuery) -> Vec<LogCondition> {
    let app = query.app.clone().map(LogFilter::App);
    let severity = query.min_severity.map(LogFilter::Severity);
    let own = [app, severity].into_iter().flatten().map(|is| LogCondition { not: false, is });
    own.chain(query.conditions.iter().cloned()).collect()
}

/// What tells lines of one pattern apart from those of another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PatternOf<'p> {
    pub(crate) id: u64,
    pub(crate) app: &'p str,
    pub(crate) logger: &'p str,
    pub(crate) severity: Severity,
}

/// Whether every line's pattern alone tells if it passes. The pattern of what
/// came after the cap has no logger.
pub(crate) fn is_of_patterns(conditions: &[LogCondition]) -> bool {
    conditions.iter().all(|condition| {
        matches!(condition.is, LogFilter::App(_) | LogFilter::Severity(_) | LogFilter::Pattern(_))
    })
}

impl PatternOf<'_> {
    /// Whether its lines pass, as far as a pattern tells.
    pub(crate) fn passes(&self, conditions: &[LogCondition]) -> bool {
        conditions.iter().all(|LogCondition { not, is }| {
            let is_true = match is {
                LogFilter::Severity(least) => self.severity >= *least,
                LogFilter::App(app) => self.app == app,
                LogFilter::Logger(logger) => self.logger == logger,
                LogFilter::Pattern(pattern) => self.id == *pattern,
                LogFilter::Route(_) | LogFilter::Attribute { .. } => false,
            };
            is_true != *not
        })
    }
}
