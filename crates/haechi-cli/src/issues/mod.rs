//! `haechi issues`: one file per thing that is shown or done.

mod change;
mod list;
mod show;
mod stack;
mod wanted;

pub(crate) use show::{issue_page, request_page};

use crate::args::{IssuesArgs, IssuesCommand};
use crate::error::CliError;
use crate::say;
use std::process::ExitCode;

/// `haechi issues`
pub(crate) fn issues(args: IssuesArgs) -> Result<ExitCode, CliError> {
    let text = match args.command.unwrap_or(IssuesCommand::List(args.list)) {
        IssuesCommand::List(args) => list::list(&args),
        IssuesCommand::Show(args) => show::show(&args),
        IssuesCommand::Resolve(args) => change::resolve(&args),
        IssuesCommand::Ignore(args) => change::ignore(&args),
        IssuesCommand::Reopen(args) => change::reopen(&args),
        IssuesCommand::Regroup(args) => change::regroup(&args),
    }?;
    match say::answer(&text).map_err(CliError::io("write the answer")) {
        Err(error) if !error.is_closed_pipe() => Err(error),
        _ => Ok(ExitCode::SUCCESS),
    }
}
