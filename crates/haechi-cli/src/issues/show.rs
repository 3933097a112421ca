use super::list::state_of;
use super::stack::push_causes;
use super::wanted::{Wanted, look_for};
use crate::answers::{Event, EventDetail, EventHead, Header, IssueDetail, Request, RequestDetail};
use crate::args::OneArgs;
use crate::error::CliError;
use crate::log_line::LogLines;
use crate::moment::{ago, shown};
use crate::question::Question;
use crate::say;
use crate::source::{Source, shaped};
use crate::terminal::{Terminal, Tone};
use haechi_event::inert;
use std::fmt::Write;

/// `haechi issues show`
pub(super) fn show(args: &OneArgs) -> Result<String, CliError> {
    let source = Source::of(&args.data)?;
    let wanted = look_for(&source, &args.id)?;
    if args.json {
        let question = match &wanted {
            Wanted::Issue(id) => Question::issue(id),
            Wanted::Event(id) => Question::event(id),
            Wanted::Request(id) => Question::request(id),
        };
        return Ok(say::json(&source.ask(&question)?, true));
    }
    let terminal = Terminal::of_stdout();
    match &wanted {
        Wanted::Issue(id) => issue_page(&source, terminal, id),
        Wanted::Event(id) => {
            let mut page = Page { out: String::new(), terminal };
            let found: EventDetail = shaped(&source.ask(&Question::event(id))?)?;
            page.event_detail(&found);
            if let Some(request) = &found.request {
                page.heads(&shaped(&source.ask(&Question::request(&request.id))?)?);
            }
            Ok(page.out)
        }
        Wanted::Request(id) => request_page(&source, terminal, id),
    }
}

/// All that is known of an issue, with its latest occurrence.
pub(crate) fn issue_page(
    source: &Source,
    terminal: Terminal,
    id: &str,
) -> Result<String, CliError> {
    let mut page = Page { out: String::new(), terminal };
    page.issue(&shaped(&source.ask(&Question::issue(id))?)?);
    Ok(page.out)
}

/// A request with what was logged and raised in it.
pub(crate) fn request_page(
    source: &Source,
    terminal: Terminal,
    id: &str,
) -> Result<String, CliError> {
    let mut page = Page { out: String::new(), terminal };
    let request: RequestDetail = shaped(&source.ask(&Question::request(id))?)?;
    page.request_detail(&request);
    // what a person with a request's id wants to know is why it failed
    for head in &request.exceptions {
        let event: EventDetail = shaped(&source.ask(&Question::event(&head.id))?)?;
        page.event(&event.event);
    }
    page.heads(&request);
    Ok(page.out)
}

/// What is shown, being written.
struct Page {
    out: String,
    terminal: Terminal,
}

impl Page {
    fn line(&mut self, text: &str) {
        // writing into a String cannot fail
        let _ = writeln!(self.out, "{text}");
    }

    fn title(&mut self, text: &str) {
        let text = self.terminal.paint(Tone::Strong, &inert(text));
        self.line(&text);
    }

    /// One named value; nothing if it is empty.
    fn field(&mut self, name: &str, value: &str) {
        self.toned(name, Tone::Plain, value);
    }

    fn toned(&mut self, name: &str, tone: Tone, value: &str) {
        if !value.is_empty() {
            let name = self.terminal.paint(Tone::Dim, &format!("{name:<10}"));
            let value = self.terminal.paint(tone, &inert(value));
            self.line(&format!("{name}{value}"));
        }
    }

    fn time(&mut self, name: &str, time: &str) {
        self.field(name, &format!("{} ({})", shown(time), ago(time)));
    }

    fn issue(&mut self, found: &IssueDetail) {
        let issue = &found.issue;
        self.title(&titled(&issue.kind, &issue.message));
        let (tone, state) = state_of(issue);
        self.toned("state", tone, &format!("{state}{}", since(found)));
        self.field("issue", &issue.id);
        self.field("app", &issue.app);
        self.field("where", &issue.culprit);
        let events = format!("{} in 7 days, {} in all", issue.events, issue.events_total);
        self.field("events", &events);
        self.time("first", &issue.first_seen);
        self.time("last", &issue.last_seen);
        let releases = found.releases.iter().map(|r| (r.release.as_str(), r.events));
        self.field("releases", &counted(releases));
        let routes = issue.routes.iter().map(|r| (r.route.as_str(), r.events));
        self.field("routes", &counted(routes));
        if issue.users > 0 {
            let users = found.top_users.iter().map(|u| (u.user.as_str(), u.events));
            self.field("users", &format!("{}: {}", issue.users, counted(users)));
        }
        self.field("grouped", &format!("{} (rules {})", found.reason, found.grouping_version));
        if let Some(latest) = &found.latest {
            self.line("");
            self.title("The latest");
            self.event(latest);
        }
    }

    fn event_detail(&mut self, found: &EventDetail) {
        let EventDetail { event, request, logs } = found;
        self.title(&titled(&event.head.kind, &event.head.message));
        self.event(event);
        if let Some(request) = request {
            self.line("");
            self.request(request);
        }
        self.logs(logs);
    }

    fn event(&mut self, event: &Event) {
        let Event { head, causes } = event;
        self.head(head);
        push_causes(&mut self.out, self.terminal, causes);
    }

    fn head(&mut self, head: &EventHead) {
        self.field("event", &head.id);
        self.field("issue", &head.issue);
        self.time("time", &head.time);
        self.field("app", &head.app);
        self.field("route", &head.route);
        self.field("release", &head.release);
        self.field("known as", &head.mechanism.replace('_', " "));
        self.field("ticket", head.ticket.as_deref().unwrap_or_default());
        self.field("in request", head.request_id.as_deref().unwrap_or_default());
        self.field("user", &head.user);
        self.field("process", &head.pid.to_string());
    }

    fn request_detail(&mut self, found: &RequestDetail) {
        self.request(&found.request);
        let slow = found.samples.as_ref().and_then(crate::answers::Samples::line);
        self.field("slow", &slow.unwrap_or_default());
        self.logs(&found.logs);
        if found.exceptions.is_empty() {
            self.line("\nno exception was raised in it");
        } else {
            self.line("");
        }
    }

    fn request(&mut self, request: &Request) {
        let question = if request.query.is_empty() { "" } else { "?" };
        let status = match request.status {
            0 => "no status".to_owned(),
            status => status.to_string(),
        };
        let Request { method, path, query, duration_ms, .. } = request;
        self.title(&format!("{method} {path}{question}{query}  {status}  {duration_ms} ms"));
        self.field("request", &request.id);
        self.field("trace", &request.trace_id);
        self.time("time", &request.time);
        self.field("app", &request.app);
        self.field("route", &request.route);
        self.field("client", &request.client);
        self.field("user", &request.user);
        self.field("ticket", request.ticket.as_deref().unwrap_or_default());
    }

    /// What the heads of a request and of its answer said.
    fn heads(&mut self, found: &RequestDetail) {
        let (of_request, of_answer) = (&found.headers, &found.response_headers);
        self.headers("Headers", of_request.as_deref(), found.headers_left_out);
        let left_out = found.response_headers_left_out;
        self.headers("Headers of the answer", of_answer.as_deref(), left_out);
    }

    /// Those of one side; nothing if it kept none.
    fn headers(&mut self, title: &str, headers: Option<&[Header]>, left_out: u32) {
        let headers = headers.unwrap_or_default();
        if headers.is_empty() && left_out == 0 {
            return;
        }
        self.line("");
        self.title(title);
        for Header { name, value, left_out_bytes } in headers {
            let name = self.terminal.paint(Tone::Dim, &format!("{}:", inert(name)));
            let more = match left_out_bytes {
                0 => String::new(),
                more => format!(" … and {more} bytes more"),
            };
            let value = inert(value);
            self.line(&format!("{name} {value}{more}"));
        }
        if left_out > 0 {
            self.line(&format!("… and {left_out} more headers, for which there was no room"));
        }
    }

    fn logs(&mut self, logs: &[crate::answers::Log]) {
        if logs.is_empty() {
            return;
        }
        self.line("");
        self.title("Logged in it");
        let mut lines = LogLines::new(self.terminal);
        lines.fit(logs);
        for log in logs {
            self.out.push_str(&lines.text(log));
        }
    }
}

fn titled(kind: &str, message: &str) -> String {
    if message.is_empty() { kind.to_owned() } else { format!("{kind}: {message}") }
}

/// What belongs to the state.
fn since(found: &IssueDetail) -> String {
    let in_release = |release: &Option<String>| match release.as_deref() {
        None | Some("") => String::new(),
        Some(release) => format!(" in release {release}"),
    };
    match found.issue.state.as_str() {
        "open" => found.regressed_at.as_ref().map_or_else(String::new, |time| {
            format!(": back since {}{}", shown(time), in_release(&found.regressed_in_release))
        }),
        "resolved" => in_release(&found.resolved_in_release),
        _ => match (&found.ignored_until, found.ignored_until_events) {
            (None, None) => String::new(),
            (Some(time), None) => format!(" until {}", shown(time)),
            (None, Some(events)) => format!(" until there are {events} events"),
            (Some(time), Some(events)) => {
                format!(" until {} or until there are {events} events", shown(time))
            }
        },
    }
}

/// Names with their counts; the unnamed one is of no use alone.
fn counted<'a>(counts: impl Iterator<Item = (&'a str, u64)>) -> String {
    let counts: Vec<_> = counts.collect();
    if let [("", _)] = counts[..] {
        return String::new();
    }
    let one = |(name, count): &(&str, u64)| match *name {
        "" => format!("(none) {count}"),
        name => format!("{name} {count}"),
    };
    counts.iter().map(one).collect::<Vec<_>>().join(", ")
}
