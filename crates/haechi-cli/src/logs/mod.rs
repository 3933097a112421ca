//! `haechi logs`: `past` reads what is stored, `follow` goes on from there,
//! `patterns` counts lines that are alike.

mod follow;
mod past;
mod patterns;

use crate::args::LogsArgs;
use crate::error::CliError;
use crate::log_line::LogLines;
use crate::question::Question;
use crate::say;
use crate::source::Source;
use crate::terminal::Terminal;
use serde_json::Value;
use std::process::ExitCode;

const LINES: u32 = 50;
const LINES_BEFORE_FOLLOWING: u32 = 10;
/// From the beginning: how much is shown is said in lines.
const BEGINNING: &str = "1970-01-01T00:00:00Z";

/// `haechi logs`
pub(crate) fn logs(args: &LogsArgs) -> Result<ExitCode, CliError> {
    let source = Source::of(&args.data)?;
    let done = match args {
        LogsArgs { follow: true, .. } => follow::follow(&source, args),
        LogsArgs { patterns: true, .. } => patterns::patterns(&source, args),
        _ => past(&source, args),
    };
    match done {
        Err(error) if !error.is_closed_pipe() => Err(error),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn past(source: &Source, args: &LogsArgs) -> Result<(), CliError> {
    let question = wanted(args).with("from", Some(BEGINNING));
    let found = past::newest(source, &question, args.lines.unwrap_or(LINES))?;
    if args.json {
        let logs: Vec<_> = found.lines.into_iter().rev().map(|line| line.whole).collect();
        return say::answer(&say::json(&serde_json::json!({ "logs": logs }), true))
            .map_err(CliError::io("write the lines"));
    }
    let past::Found { lines: found, words } = found;
    let mut output = Output::new(args.json);
    output.lines.mark(words);
    output.show(found)
}

/// What is asked for, but for the range.
fn wanted(args: &LogsArgs) -> Question {
    limited(Question::logs(), args)
}

fn limited(question: Question, args: &LogsArgs) -> Question {
    let query = args.query.join(" ");
    question
        .with("app", args.app.as_deref())
        .with("level", args.level.as_deref())
        .with("q", Some(query.as_str()).filter(|query| !query.is_empty()))
}

/// A line as it was answered and as far as it is shown.
struct Line {
    whole: Value,
    log: crate::answers::Log,
}

/// Where lines go.
struct Output {
    json: bool,
    lines: LogLines,
}

impl Output {
    fn new(json: bool) -> Self {
        Self { json, lines: LogLines::new(Terminal::of_stdout()) }
    }

    /// Puts lines, oldest first, on stdout.
    fn show(&mut self, found: Vec<Line>) -> Result<(), CliError> {
        if found.is_empty() {
            return Ok(());
        }
        let mut text = String::new();
        if !self.json {
            let logs: Vec<_> = found.iter().map(|line| line.log.clone()).collect();
            self.lines.fit(&logs);
        }
        for line in found {
            if self.json {
                text.push_str(&say::json(&line.whole, false));
                text.push('\n');
            } else {
                text.push_str(&self.lines.text(&line.log));
            }
        }
        say::answer(&text).map_err(CliError::io("write the lines"))
    }
}
