use super::Line;
use crate::error::CliError;
use crate::found_words::FoundWords;
use crate::question::Question;
use crate::source::{Source, shaped};
use serde_json::Value;

/// Lines of one page.
const PAGE: usize = 1000;

/// Lines with the words by which they were found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) lines: Vec<Line>,
    pub(super) words: FoundWords,
}

/// The newest lines that are asked for, oldest first.
///
/// # Errors
/// What the one who answers says.
pub(super) fn newest(source: &Source, question: &Question, lines: u32) -> Result<Found, CliError> {
    let lines = lines as usize;
    let mut found = Vec::new();
    let mut words = FoundWords::default();
    let mut before: Option<String> = None;
    while found.len() < lines {
        let limit = (lines - found.len()).min(PAGE).to_string();
        let question =
            question.clone().with("limit", Some(&limit)).with("before", before.as_deref());
        let mut page = page(&source.ask(&question)?)?;
        found.append(&mut page.lines);
        words = page.words;
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    found.reverse();
    Ok(Found { lines: found, words })
}

/// Newest first.
pub(super) struct Page {
    pub(super) lines: Vec<Line>,
    pub(super) next: Option<String>,
    pub(super) words: FoundWords,
}

/// One page of an answer.
pub(super) fn page(answer: &Value) -> Result<Page, CliError> {
    let logs = answer["logs"].as_array().map(Vec::as_slice).unwrap_or_default();
    let line = |whole: &Value| shaped(whole).map(|log| Line { whole: whole.clone(), log });
    Ok(Page {
        lines: logs.iter().map(line).collect::<Result<_, _>>()?,
        next: answer["next"].as_str().map(str::to_owned),
        words: FoundWords::new(
            answer["words"].as_array().into_iter().flatten().filter_map(Value::as_str),
        ),
    })
}
