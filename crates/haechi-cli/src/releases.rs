use crate::answers::{Releases, RouteChange, RouteVerdict, Verdict};
use crate::args::ReleasesArgs;
use crate::error::CliError;
use crate::moment::ago;
use crate::question::Question;
use crate::say;
use crate::source::{Source, shaped};
use crate::table::{Cell, table};
use crate::terminal::{Terminal, Tone};
use serde_json::json;
use std::fmt::Write;
use std::process::ExitCode;

/// Routes that are told of.
const ROUTES: usize = 20;

/// `haechi releases`: the list, and what became of the routes after one of them.
pub(crate) fn releases(args: &ReleasesArgs) -> Result<ExitCode, CliError> {
    let source = Source::of(&args.data)?;
    let app = args.app.as_deref();
    let limit = args.limit.to_string();
    let list = source.ask(&Question::releases().with("app", app).with("limit", Some(&limit)))?;
    let verdict = Question::verdict().with("app", app).with("release", args.release.as_deref());
    let verdict = source.ask(&verdict)?;
    let answer = if args.json {
        say::json(&json!({"releases": list["releases"], "verdict": verdict["verdict"]}), true)
    } else {
        text(&shaped(&list)?, &shaped(&verdict)?)
    };
    say::answer(&answer).map_err(CliError::io("write the releases"))?;
    Ok(ExitCode::SUCCESS)
}

fn text(list: &Releases, verdict: &Verdict) -> String {
    if list.releases.is_empty() {
        let how = "set HAECHI_RELEASE or put a file VERSION into the app's folder";
        return format!("no release is known; {how}");
    }
    let terminal = Terminal::of_stdout();
    let rows: Vec<_> = list
        .releases
        .iter()
        .map(|row| {
            [
                Cell::text(Tone::Plain, &ago(&row.first_seen)),
                Cell::text(Tone::Plain, &ago(&row.last_seen)),
                Cell::text(Tone::Plain, &row.app),
                Cell::text(Tone::Strong, &row.release),
            ]
        })
        .collect();
    let mut out = table(terminal, ["FIRST SEEN", "LAST SEEN", "APP", "RELEASE"], &rows);
    let Some(found) = &verdict.verdict else { return out };
    // writing into a String cannot fail
    let _ = writeln!(
        out,
        "\n{} of {}: {} ({} requests after, {} before)",
        haechi_event::inert(&found.release),
        haechi_event::inert(&found.app),
        said(&found.verdict),
        found.requests_after,
        found.requests_before
    );
    let changed = found.routes.iter().filter(|route| !route.changes.is_empty());
    let rows: Vec<_> = changed.take(ROUTES).flat_map(changes).collect();
    if !rows.is_empty() {
        out += &table(terminal, ["BEFORE", "AFTER", "SURE", "WHAT", "ROUTE"], &rows);
    }
    out
}

/// A verdict in words.
fn said(verdict: &str) -> &str {
    match verdict {
        "same" => "nothing changed that chance would not explain",
        "not_enough" => "no route has 50 requests on both sides yet",
        "first" => "nothing is known from before it",
        other => other,
    }
}

fn changes(route: &RouteVerdict) -> Vec<[Cell; 5]> {
    let name = format!("{} {}", route.method, route.route);
    let row = |change: &RouteChange| {
        let value = |value: f64| match change.change.starts_with("fails") {
            true => format!("{:.2} %", value * 100.0),
            false => format!("{value:.1} ms"),
        };
        let is_worse = matches!(change.change.as_str(), "slower" | "slower_tail" | "fails_more");
        let tone = if is_worse { Tone::Bad } else { Tone::Good };
        [
            Cell::text(Tone::Plain, &value(change.before)),
            Cell::text(Tone::Plain, &value(change.after)),
            Cell::text(Tone::Dim, &sure(change.p)),
            Cell::text(tone, &change.change.replace('_', " ")),
            Cell::text(Tone::Strong, &name),
        ]
    };
    route.changes.iter().map(row).collect()
}

fn sure(p: f64) -> String {
    if p < 0.0001 {
        return ">99.99 %".to_owned();
    }
    format!("{:.2} %", ((1.0 - p) * 1e4).floor() / 100.0)
}
