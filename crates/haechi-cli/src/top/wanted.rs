//! What the view needs to know for what it shows, as questions.

use super::figures::ms;
use super::shapes::{
    Inflight, Issues, Line, Logs, Queries, Requests, Route, Routes, Running, Split, Workers,
};
use crate::answers::{Issue, Request};
use crate::error::CliError;
use crate::issues::{issue_page, request_page};
use crate::log_line::LogLines;
use crate::moment::shown;
use crate::question::Question;
use crate::source::{Source, shaped};
use crate::terminal::{Terminal, Tone};
use haechi_event::inert;
use haechi_server::ask::LONG_MS;

/// Routes, requests and the like that are asked for.
const MANY: &str = "1000";
/// Queries, each with a request of its own that is looked for.
const QUERIES: &str = "200";
/// Log lines that are shown.
const LINES: &str = "300";
/// Requests of each kind shown for one route.
const OF_ROUTE: usize = 50;
const BEGINNING: &str = "1970-01-01T00:00:00Z";

/// One thing to show.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wanted {
    Routes { app: Option<String>, from: &'static str, sort: &'static str },
    Inflight { app: Option<String> },
    Logs { app: Option<String>, level: Option<&'static str>, words: String },
    Issues { app: Option<String> },
    Workers { app: Option<String> },
    Queries { app: Option<String>, from: &'static str, sort: &'static str },
    Split { app: Option<String>, from: &'static str },
    Route { key: RouteKey, from: &'static str },
    Request { id: String },
    Running { request: Box<Running> },
    Issue { id: String },
}

/// Which route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RouteKey {
    pub(super) app: String,
    pub(super) method: String,
    pub(super) route: String,
}

/// What there is to show.
#[derive(Debug)]
pub(super) enum Answer {
    Routes(Vec<Route>),
    Inflight(Vec<Running>),
    Logs(Vec<Line>),
    Issues(Vec<Issue>),
    Workers(Workers),
    Queries(Queries),
    Split(Split),
    Route {
        slowest: Vec<Request>,
        failed: Vec<Request>,
    },
    /// Lines as the other commands print them.
    Page(String),
}

/// How many requests in flight have lasted for long.
///
/// # Errors
/// What the one who answers says.
pub(super) fn long(source: &Source, app: Option<&str>) -> Result<usize, CliError> {
    let Inflight { inflight } = shaped(&source.ask(&Question::inflight().with("app", app))?)?;
    Ok(inflight.iter().filter(|request| request.age_ms > LONG_MS).count())
}

impl Wanted {
    /// # Errors
    /// What the one who answers says.
    pub(super) fn ask(&self, source: &Source, terminal: Terminal) -> Result<Answer, CliError> {
        match self {
            Self::Routes { app, from, sort } => {
                let question = Question::routes()
                    .with("app", app.as_deref())
                    .with("from", Some(from))
                    .with("sort", Some(sort))
                    .with("limit", Some(MANY));
                let Routes { routes } = shaped(&source.ask(&question)?)?;
                Ok(Answer::Routes(routes))
            }
            Self::Inflight { app } => {
                let answer = source.ask(&Question::inflight().with("app", app.as_deref()))?;
                let Inflight { inflight } = shaped(&answer)?;
                Ok(Answer::Inflight(inflight))
            }
            Self::Logs { app, level, words } => {
                let question = Question::logs()
                    .with("app", app.as_deref())
                    .with("level", *level)
                    .with("q", Some(words.as_str()).filter(|words| !words.is_empty()))
                    .with("from", Some(BEGINNING))
                    .with("limit", Some(LINES));
                let Logs { mut logs } = shaped(&source.ask(&question)?)?;
                logs.reverse();
                Ok(Answer::Logs(logs))
            }
            Self::Issues { app } => {
                let question = Question::issues()
                    .with("app", app.as_deref())
                    .with("state", Some("all"))
                    .with("limit", Some(MANY));
                let Issues { issues } = shaped(&source.ask(&question)?)?;
                Ok(Answer::Issues(issues))
            }
            Self::Workers { app } => {
                let question = Question::workers().with("app", app.as_deref());
                shaped(&source.ask(&question)?).map(Answer::Workers)
            }
            Self::Queries { app, from, sort } => {
                let question =
                    Question::queries().with("sort", Some(sort)).with("limit", Some(QUERIES));
                let question = question.with("app", app.as_deref()).with("from", Some(from));
                shaped(&source.ask(&question)?).map(Answer::Queries)
            }
            Self::Split { app, from } => {
                let question = Question::split().with("limit", Some(MANY));
                let question = question.with("app", app.as_deref()).with("from", Some(from));
                shaped(&source.ask(&question)?).map(Answer::Split)
            }
            Self::Route { key, from } => route(source, key, from),
            Self::Request { id } => Ok(Answer::Page(request_page(source, terminal, id)?)),
            Self::Running { request } => {
                // meanwhile it may have ended
                match request_page(source, terminal, &request.id) {
                    Ok(page) => Ok(Answer::Page(page)),
                    Err(_) => Ok(Answer::Page(running_page(source, terminal, request)?)),
                }
            }
            Self::Issue { id } => Ok(Answer::Page(issue_page(source, terminal, id)?)),
        }
    }
}

/// The slowest requests of a route, and those that failed.
fn route(source: &Source, key: &RouteKey, from: &str) -> Result<Answer, CliError> {
    let of_route = |question: Question| {
        question.with("app", Some(&key.app)).with("from", Some(from)).with("limit", Some(MANY))
    };
    let routes = of_route(Question::routes().with("sort", Some("requests")));
    let Routes { routes } = shaped(&source.ask(&routes)?)?;
    let numbers = routes.iter().find(|one| one.method == key.method && one.route == key.route);
    // requests come newest first: only those among which the slowest must be
    let least = numbers.filter(|one| one.requests > 500).and_then(|one| match one.requests {
        ..10_000 => one.p95_ms,
        _ => one.p99_ms,
    });
    // quantiles are right within 2.5 %
    let least = least.map(|ms| (ms * 0.97).to_string());
    let requests = || {
        of_route(Question::requests())
            .with("route", Some(&key.route))
            .with("method", Some(&key.method))
    };
    let ask = |question: Question| -> Result<Vec<Request>, CliError> {
        let Requests { requests } = shaped(&source.ask(&question)?)?;
        Ok(requests)
    };
    let mut slowest = ask(requests().with("min_ms", least.as_deref()))?;
    slowest.sort_by(|a, b| b.duration_ms.total_cmp(&a.duration_ms));
    slowest.truncate(OF_ROUTE);
    let mut failed = ask(requests().with("status", Some("5xx")))?;
    failed.append(&mut ask(requests().with("status", Some("none")))?);
    failed.sort_by(|a, b| b.time.cmp(&a.time));
    failed.truncate(OF_ROUTE);
    Ok(Answer::Route { slowest, failed })
}

/// A request that has not ended, with what it has logged so far.
fn running_page(
    source: &Source,
    terminal: Terminal,
    request: &Running,
) -> Result<String, CliError> {
    let Running { id, time, app, method, path, route, client, pid, part, db_ms, .. } = request;
    let title = terminal.paint(Tone::Strong, &inert(&format!("{method} {path}  in flight")));
    let mut page = format!("{title}\n");
    let fields = [
        ("request", id.as_str()),
        ("time", &shown(time)),
        ("app", app),
        ("route", route.as_deref().unwrap_or("not known yet")),
        ("client", client),
        ("process", &pid.to_string()),
        ("now in", part.as_deref().unwrap_or("nothing that is timed")),
        ("database", &format!("{} ms so far", ms(*db_ms))),
    ];
    for (name, value) in fields {
        let name = terminal.paint(Tone::Dim, &format!("{name:<10}"));
        page.push_str(&format!("{name}{}\n", inert(value)));
    }
    let question = Question::logs().with("request", Some(id)).with("limit", Some(LINES));
    let Logs { logs } = shaped(&source.ask(&question)?)?;
    let mut lines = LogLines::new(terminal);
    page.push_str(if logs.is_empty() { "\nnothing logged so far\n" } else { "\nlogged so far\n" });
    for line in logs.iter().rev() {
        page.push_str(&lines.text(&line.log));
    }
    Ok(page)
}
