use super::list::state_of;
use super::wanted::issue_of;
use crate::answers::IssueDetail;
use crate::args::{IgnoreArgs, OneArgs, RegroupArgs, ResolveArgs};
use crate::error::CliError;
use crate::say;
use crate::source::{Source, shaped};
use haechi_event::inert;
use serde_json::{Value, json};

/// `haechi issues resolve`
pub(super) fn resolve(args: &ResolveArgs) -> Result<String, CliError> {
    change(&args.one, &json!({ "state": "resolved", "release": args.release }))
}

/// `haechi issues ignore`
pub(super) fn ignore(args: &IgnoreArgs) -> Result<String, CliError> {
    let change_to = json!({ "state": "ignored", "until": args.until, "until_events": args.events });
    change(&args.one, &change_to)
}

/// `haechi issues reopen`
pub(super) fn reopen(args: &OneArgs) -> Result<String, CliError> {
    change(args, &json!({ "state": "open" }))
}

fn change(args: &OneArgs, change_to: &Value) -> Result<String, CliError> {
    let source = Source::of(&args.data)?;
    let issue = issue_of(&source, &args.id)?;
    let answer = source.change(&issue, change_to)?;
    if args.json {
        return Ok(say::json(&answer, true));
    }
    let IssueDetail { issue, .. } = shaped(&answer)?;
    let (_, state) = state_of(&issue);
    Ok(inert(&format!("{} is {state}: {}: {}", issue.id, issue.kind, issue.message)))
}

/// `haechi issues regroup`
pub(super) fn regroup(args: &RegroupArgs) -> Result<String, CliError> {
    let answer = Source::of(&args.data)?.regroup()?;
    if args.json {
        return Ok(say::json(&answer, true));
    }
    let number = |name: &str| answer[name].as_u64().unwrap_or_default();
    let (events, moved, issues) = (number("events"), number("moved"), number("issues"));
    if events == 0 {
        return Ok(format!(
            "all is grouped by the rules of this version; there are {issues} issues"
        ));
    }
    Ok(format!("{events} exceptions looked at, {moved} moved; there are {issues} issues"))
}
