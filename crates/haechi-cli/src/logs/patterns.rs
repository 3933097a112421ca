use super::limited;
use crate::answers::{Pattern, Patterns};
use crate::args::LogsArgs;
use crate::error::CliError;
use crate::log_line::tone_of;
use crate::moment::ago;
use crate::question::Question;
use crate::say;
use crate::source::{Source, shaped};
use crate::table::{Cell, table};
use crate::terminal::{Terminal, Tone};

const PATTERNS: u32 = 20;

/// Shows patterns of the last day, or of the time asked for.
pub(super) fn patterns(source: &Source, args: &LogsArgs) -> Result<(), CliError> {
    let has_begin = args.query.iter().any(|part| part.contains("after:"));
    let question = limited(Question::patterns(), args)
        .with("from", (!has_begin).then_some("-24h"))
        .with("limit", Some(&args.lines.unwrap_or(PATTERNS).min(1000).to_string()));
    let answer = source.ask(&question)?;
    let text = if args.json { say::json(&answer, true) } else { text(&shaped(&answer)?) };
    say::answer(&text).map_err(CliError::io("write the patterns"))
}

fn text(found: &Patterns) -> String {
    if found.patterns.is_empty() {
        return "no log lines in that time\n".to_owned();
    }
    let rows: Vec<_> = found.patterns.iter().map(row).collect();
    let headings = ["ID", "LINES", "LAST SEEN", "", "LEVEL", "APP", "PATTERN"];
    let mut text = table(Terminal::of_stdout(), headings, &rows);
    let shown: u64 = found.patterns.iter().map(|pattern| pattern.lines).sum();
    let (shown_of, all) = (found.patterns.len(), found.count);
    text.push_str(&format!("{shown} of {} lines in {shown_of} of {all} patterns\n", found.lines));
    text
}

fn row(pattern: &Pattern) -> [Cell; 7] {
    [
        Cell::text(Tone::Dim, &pattern.id),
        Cell::number(pattern.lines),
        Cell::text(Tone::Plain, &ago(&pattern.last_seen)),
        Cell::text(Tone::Warning, if pattern.is_new { "new" } else { "" }),
        Cell::text(tone_of(&pattern.level), &pattern.level),
        Cell::text(Tone::Plain, &pattern.app),
        Cell::text(Tone::Strong, &pattern.template),
    ]
}
