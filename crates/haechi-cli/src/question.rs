use haechi_server::ServerError;
use haechi_server::ask::{Ask, Params};
use serde::Serialize;
use serde_json::Value;
use std::fmt::Write;

/// One question, for a running server or for the folder itself. Both understand
/// it in the same way and give the same answer.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    resource: Resource,
    /// As they stand in a URL.
    query: String,
}

#[derive(Debug, Clone)]
enum Resource {
    Event(String),
    Inflight,
    Issue(String),
    Issues,
    Logs,
    Patterns,
    Queries,
    Releases,
    Request(String),
    Requests,
    Routes,
    Search,
    Split,
    Traffic,
    Verdict,
    Workers,
}

impl Question {
    pub(crate) fn event(id: &str) -> Self {
        Self::new(Resource::Event(id.to_owned()))
    }

    pub(crate) fn inflight() -> Self {
        Self::new(Resource::Inflight)
    }

    pub(crate) fn issue(id: &str) -> Self {
        Self::new(Resource::Issue(id.to_owned()))
    }

    pub(crate) fn issues() -> Self {
        Self::new(Resource::Issues)
    }

    pub(crate) fn logs() -> Self {
        Self::new(Resource::Logs)
    }

    pub(crate) fn patterns() -> Self {
        Self::new(Resource::Patterns)
    }

    pub(crate) fn queries() -> Self {
        Self::new(Resource::Queries)
    }

    pub(crate) fn releases() -> Self {
        Self::new(Resource::Releases)
    }

    pub(crate) fn request(id: &str) -> Self {
        Self::new(Resource::Request(id.to_owned()))
    }

    pub(crate) fn requests() -> Self {
        Self::new(Resource::Requests)
    }

    pub(crate) fn routes() -> Self {
        Self::new(Resource::Routes)
    }

    pub(crate) fn search() -> Self {
        Self::new(Resource::Search)
    }

    pub(crate) fn split() -> Self {
        Self::new(Resource::Split)
    }

    pub(crate) fn traffic() -> Self {
        Self::new(Resource::Traffic)
    }

    pub(crate) fn verdict() -> Self {
        Self::new(Resource::Verdict)
    }

    pub(crate) fn workers() -> Self {
        Self::new(Resource::Workers)
    }

    fn new(resource: Resource) -> Self {
        Self { resource, query: String::new() }
    }

    /// The same with one more parameter, if it has a value.
    pub(crate) fn with(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            let between = if self.query.is_empty() { "" } else { "&" };
            // writing into a String cannot fail
            let _ = write!(self.query, "{between}{name}={}", encoded(value));
        }
        self
    }

    /// As a server is asked.
    pub(crate) fn path(&self) -> String {
        let path = match &self.resource {
            Resource::Event(id) => format!("/api/events/{}", encoded(id)),
            Resource::Inflight => "/api/inflight".to_owned(),
            Resource::Issue(id) => format!("/api/issues/{}", encoded(id)),
            Resource::Issues => "/api/issues".to_owned(),
            Resource::Logs => "/api/logs".to_owned(),
            Resource::Patterns => "/api/patterns".to_owned(),
            Resource::Queries => "/api/queries".to_owned(),
            Resource::Releases => "/api/releases".to_owned(),
            Resource::Request(id) => format!("/api/requests/{}", encoded(id)),
            Resource::Requests => "/api/requests".to_owned(),
            Resource::Routes => "/api/routes".to_owned(),
            Resource::Search => "/api/search".to_owned(),
            Resource::Split => "/api/split".to_owned(),
            Resource::Traffic => "/api/traffic".to_owned(),
            Resource::Verdict => "/api/releases/verdict".to_owned(),
            Resource::Workers => "/api/workers".to_owned(),
        };
        self.on(&path)
    }

    /// What is asked for, of another path.
    pub(crate) fn on(&self, path: &str) -> String {
        if self.query.is_empty() { path.to_owned() } else { format!("{path}?{}", self.query) }
    }

    /// Asks the store of the folder.
    pub(crate) fn ask(&self, ask: &Ask) -> Result<Value, ServerError> {
        let params = Params::parse(&self.query)?;
        match &self.resource {
            Resource::Event(id) => ask.event(id, params).map(|answer| value(&answer)),
            Resource::Inflight => ask.inflight(params).map(|answer| value(&answer)),
            Resource::Issue(id) => ask.issue(id, params).map(|answer| value(&answer)),
            Resource::Issues => ask.issues(params).map(|answer| value(&answer)),
            Resource::Logs => ask.logs(params).map(|answer| value(&answer)),
            Resource::Patterns => ask.patterns(params).map(|answer| value(&answer)),
            Resource::Queries => ask.queries(params).map(|answer| value(&answer)),
            Resource::Releases => ask.releases(params).map(|answer| value(&answer)),
            Resource::Request(id) => ask.request(id, params).map(|answer| value(&answer)),
            Resource::Requests => ask.requests(params).map(|answer| value(&answer)),
            Resource::Routes => ask.routes(params).map(|answer| value(&answer)),
            Resource::Search => ask.search(params).map(|answer| value(&answer)),
            Resource::Split => ask.split(params).map(|answer| value(&answer)),
            Resource::Traffic => ask.traffic(params).map(|answer| value(&answer)),
            Resource::Verdict => ask.release_verdict(params).map(|answer| value(&answer)),
            Resource::Workers => ask.workers(params).map(|answer| value(&answer)),
        }
    }
}

/// As JSON. Answers have text for keys, so that this cannot fail.
pub(crate) fn value(answer: &impl Serialize) -> Value {
    serde_json::to_value(answer).unwrap_or_default()
}

/// Everything but plain letters and digits as percent signs.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                out.push(char::from(byte));
            }
            // writing into a String cannot fail
            byte => {
                let _ = write!(out, "%{byte:02x}");
            }
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_a_path_that_no_text_can_break_out_of() {
        let question = Question::logs().with("q", Some("a&b=c #é")).with("app", None);
        assert_eq!(question.path(), "/api/logs?q=a%26b%3dc%20%23%c3%a9");
        let question = Question::issue("../x?y\r\n").with("n", Some("1")).with("m", Some("2"));
        assert_eq!(question.path(), "/api/issues/..%2fx%3fy%0d%0a?n=1&m=2");
    }
}
