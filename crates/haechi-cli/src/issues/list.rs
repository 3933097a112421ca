use crate::answers::{Issue, Issues};
use crate::args::ListArgs;
use crate::error::CliError;
use crate::moment::ago;
use crate::question::Question;
use crate::say;
use crate::source::{Source, shaped};
use crate::table::{Cell, table};
use crate::terminal::{Terminal, Tone};

/// `haechi issues list`
pub(super) fn list(args: &ListArgs) -> Result<String, CliError> {
    let question = Question::issues()
        .with("app", args.app.as_deref())
        .with("state", args.state.as_deref())
        .with("from", args.since.as_deref())
        .with("limit", Some(&args.limit.to_string()));
    let answer = Source::of(&args.data)?.ask(&question)?;
    if args.json {
        return Ok(say::json(&answer, true));
    }
    let Issues { issues } = shaped(&answer)?;
    if issues.is_empty() {
        let state = args.state.as_deref().unwrap_or("open").replace("all", "");
        let since = args.since.as_deref().map_or("in the last 7 days", |_| "since then");
        return Ok(format!("no {state} issues {since}").replace("  ", " "));
    }
    let rows: Vec<_> = issues.iter().map(row).collect();
    let headings = ["ID", "EVENTS", "USERS", "LAST SEEN", "STATE", "APP", "ISSUE"];
    Ok(table(Terminal::of_stdout(), headings, &rows))
}

fn row(issue: &Issue) -> [Cell; 7] {
    let (tone, state) = state_of(issue);
    [
        Cell::text(Tone::Dim, &issue.id),
        Cell::number(issue.events),
        Cell::number(issue.users),
        Cell::text(Tone::Plain, &ago(&issue.last_seen)),
        Cell::text(tone, state),
        Cell::text(Tone::Plain, &issue.app),
        Cell::text(Tone::Strong, &title(issue)),
    ]
}

/// The state as one word.
pub(super) fn state_of(issue: &Issue) -> (Tone, &str) {
    match issue.state.as_str() {
        "open" if issue.regressed => (Tone::Bad, "regressed"),
        "open" => (Tone::Warning, "open"),
        "resolved" => (Tone::Good, "resolved"),
        other => (Tone::Dim, other),
    }
}

fn title(issue: &Issue) -> String {
    let mut title = issue.kind.clone();
    if !issue.message.is_empty() {
        title += ": ";
        title += &issue.message;
    }
    if !issue.culprit.is_empty() {
        title += " in ";
        title += &issue.culprit;
    }
    title
}
