use crate::answers::{EventDetail, RequestDetail, Search};
use crate::error::CliError;
use crate::question::Question;
use crate::source::{Source, shaped};

/// What a person means by an id.
#[derive(Debug)]
pub(super) enum Wanted {
    Issue(String),
    Event(String),
    Request(String),
}

/// Looks for the id of an issue, exception, request or trace, or a ticket. What
/// says most about the trouble is taken: an issue, else a single exception, else
/// a request with all of its own.
///
/// # Errors
/// If nothing has it; what the one who answers says.
pub(super) fn look_for(source: &Source, text: &str) -> Result<Wanted, CliError> {
    let Search { found } = shaped(&source.ask(&Question::search().with("q", Some(text)))?)?;
    let ids = |kind: &str| -> Vec<String> {
        found.iter().filter(|thing| thing.kind == kind).map(|thing| thing.id.clone()).collect()
    };
    let wanted = match (&ids("issue")[..], &ids("event")[..], &ids("request")[..]) {
        ([id, ..], _, _) => Wanted::Issue(id.clone()),
        (_, [id], _) | (_, [id, ..], []) => Wanted::Event(id.clone()),
        (_, _, [id, ..]) => Wanted::Request(id.clone()),
        ([], [], []) => {
            return Err(CliError::Nothing(format!(
                "nothing with the id or ticket {text} is stored; `haechi issues` lists the issues"
            )));
        }
    };
    Ok(wanted)
}

/// The issue that an id of any kind leads to.
///
/// # Errors
/// If nothing has it, or it has no issue.
pub(super) fn issue_of(source: &Source, text: &str) -> Result<String, CliError> {
    match look_for(source, text)? {
        Wanted::Issue(id) => Ok(id),
        Wanted::Event(id) => {
            let found: EventDetail = shaped(&source.ask(&Question::event(&id))?)?;
            Ok(found.event.head.issue)
        }
        Wanted::Request(id) => {
            let found: RequestDetail = shaped(&source.ask(&Question::request(&id))?)?;
            found.exceptions.into_iter().next().map(|event| event.issue).ok_or_else(|| {
                CliError::Nothing(format!("no exception was raised in request {id}"))
            })
        }
    }
}
