use super::log_search::{LogSearch, bad};
use super::{Ask, Moment, Params, Range};
use crate::ServerError;
use haechi_event::RequestId;
use haechi_store::{LogCondition, LogFilter, PatternSort, PatternSummary, PatternsQuery};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

const LIMIT: u32 = 50;
const LIMIT_MAX: u32 = 1000;
/// Points of the small chart of each.
const POINTS: u64 = 60;
/// What an app logs first is all new; a pattern counts as new from so long
/// after on.
const SETTLED_MS: u64 = 60_000;

/// Log lines with the same template, counted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Patterns {
    /// Begin of the first minute that is counted.
    pub from: Moment,
    /// End of the last minute that is counted.
    pub to: Moment,
    /// Seconds per point of `counts`.
    pub step_s: u64,
    /// Begin of each point of `counts`.
    pub times: Vec<Moment>,
    /// Lines of all patterns that pass, also those past the limit.
    pub lines: u64,
    /// How many patterns pass, also those past the limit.
    pub count: usize,
    /// The patterns in the order asked for.
    pub patterns: Vec<PatternRow>,
}

/// One pattern.
#[derive(Debug, Serialize, ToSchema)]
pub struct PatternRow {
    /// Names it, 16 hexadecimal digits; the same on every day.
    pub id: String,
    /// `service.name`.
    pub app: String,
    /// Name of the logger.
    pub logger: String,
    /// `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`.
    pub level: &'static str,
    /// What its lines have in common: the format string, or the message with
    /// `<n>`, `<s>`, `<id>` for its data. `(other)` holds what came after the
    /// cap on patterns.
    pub template: String,
    /// Lines in the range.
    pub lines: u64,
    /// Lines of the range per point.
    pub counts: Vec<u64>,
    /// Lines of all days that are kept.
    pub total: u64,
    /// When its first line ever was written.
    pub first_seen: Moment,
    /// When its latest line was written.
    pub last_seen: Moment,
    /// Seen for the first time in the range, more than a minute after the
    /// app's first record.
    pub is_new: bool,
    /// Its latest line, as `/api/logs` names it.
    pub line_id: String,
}

impl Ask {
    /// Patterns of log lines. Parameters: `app`, `level`, `q` (words of the
    /// template, `level:`, `app:`, `logger:`, `after:`, `before:`), `from`, `to`,
    /// `sort` (`lines`, `new`, `latest`), `limit`.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter, with the place of a mistake
    /// in `q`; what the store says.
    pub fn patterns(&self, mut params: Params) -> Result<Patterns, ServerError> {
        let now = Moment::now();
        let given = params.has("from") || params.has("to");
        let range = Range::take(&mut params, now)?;
        let text = params.take("q").unwrap_or_default();
        let search = LogSearch::parse(&text, now)?;
        let range = search.narrow(&text, range, given)?;
        let own = self.take_app(&mut params)?.map(LogFilter::App);
        let level = super::logs::take_level(&mut params)?.map(LogFilter::Severity);
        let own = [own, level].into_iter().flatten();
        let mut conditions: Vec<_> = own.map(|is| LogCondition { not: false, is }).collect();
        for placed in &search.conditions {
            if let LogFilter::Route(_) | LogFilter::Attribute { .. } = placed.value.is {
                let message = "patterns have no route and no attributes; they are found by \
                               words, level:, app: and logger:";
                return Err(bad(&text, placed.at, message));
            }
            conditions.push(placed.value.clone());
        }
        let query = PatternsQuery {
            conditions,
            contains: contained(&text, &search)?,
            from_ms: range.from.unix_ms(),
            to_ms: range.to.unix_ms(),
            step_s: u64::from(range.step_within(POINTS).seconds()),
            sort: take_sort(&mut params)?,
            limit: params.take_count("limit", LIMIT, LIMIT_MAX)? as usize,
        };
        params.finish()?;
        let found = self.store.patterns(&query)?;
        let apps: HashMap<String, u64> =
            self.store.apps()?.into_iter().map(|app| (app.app, app.first_seen_ms)).collect();
        Ok(Patterns {
            from: Moment::from_ms(found.from_ms),
            to: Moment::from_ms(found.to_ms),
            step_s: found.step_s,
            times: found.times_s.iter().map(|time| Moment::from_ms(time * 1000)).collect(),
            lines: found.lines,
            count: found.count,
            patterns: found
                .patterns
                .into_iter()
                .map(|pattern| PatternRow::new(pattern, found.from_ms, &apps))
                .collect(),
        })
    }
}

impl PatternRow {
    fn new(pattern: PatternSummary, from_ms: u64, apps: &HashMap<String, u64>) -> Self {
        let began = apps.get(&pattern.app).copied().unwrap_or_default();
        let settled = began.saturating_add(SETTLED_MS);
        Self {
            id: pattern_name(pattern.id),
            level: pattern.severity.text(),
            is_new: pattern.first_seen_ms >= from_ms.max(settled),
            first_seen: Moment::from_ms(pattern.first_seen_ms),
            last_seen: Moment::from_ms(pattern.latest.unix_us() / 1000),
            line_id: pattern.latest.to_string(),
            app: pattern.app,
            logger: pattern.logger,
            template: pattern.template,
            lines: pattern.lines,
            counts: pattern.counts,
            total: pattern.total,
        }
    }
}

/// The words of a search, for templates.
fn contained(text: &str, search: &LogSearch) -> Result<Vec<String>, ServerError> {
    let Some(words) = search.words() else { return Ok(Vec::new()) };
    if words.split_whitespace().any(|word| word.starts_with('-')) {
        let at = words.find(" -").map_or(0, |at| at + 1);
        return Err(bad(text, at, "words of patterns cannot be excluded; filters can"));
    }
    let plain = |word: String| word.trim_end_matches('*').to_owned();
    Ok(search.found_words().into_iter().map(plain).collect())
}

fn take_sort(params: &mut Params) -> Result<PatternSort, ServerError> {
    use PatternSort::{First, Latest, Lines};
    params.take_choice("sort", [("lines", Lines), ("new", First), ("latest", Latest)])
}

/// A pattern's id as it is written.
pub(crate) fn pattern_name(id: u64) -> String {
    RequestId::from_u64(id).to_string()
}

pub(super) fn parse_pattern_id(text: &str) -> Option<u64> {
    RequestId::parse(text).map(RequestId::as_u64)
}
