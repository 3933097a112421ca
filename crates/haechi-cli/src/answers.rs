//! The answers of the API as far as a terminal shows them.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(crate) struct Issues {
    pub(crate) issues: Vec<Issue>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Issue {
    pub(crate) id: String,
    pub(crate) app: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) message: String,
    pub(crate) culprit: String,
    pub(crate) state: String,
    pub(crate) regressed: bool,
    pub(crate) first_seen: String,
    pub(crate) last_seen: String,
    pub(crate) events: u64,
    pub(crate) events_total: u64,
    pub(crate) users: u64,
    pub(crate) routes: Vec<RouteEvents>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RouteEvents {
    pub(crate) route: String,
    pub(crate) events: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ReleaseEvents {
    pub(crate) release: String,
    pub(crate) events: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct UserEvents {
    pub(crate) user: String,
    pub(crate) events: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct IssueDetail {
    #[serde(flatten)]
    pub(crate) issue: Issue,
    pub(crate) reason: String,
    pub(crate) grouping_version: u32,
    pub(crate) releases: Vec<ReleaseEvents>,
    pub(crate) top_users: Vec<UserEvents>,
    pub(crate) resolved_in_release: Option<String>,
    pub(crate) regressed_at: Option<String>,
    pub(crate) regressed_in_release: Option<String>,
    pub(crate) ignored_until: Option<String>,
    pub(crate) ignored_until_events: Option<u64>,
    pub(crate) latest: Option<Event>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Releases {
    pub(crate) releases: Vec<Release>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Release {
    pub(crate) app: String,
    pub(crate) release: String,
    pub(crate) first_seen: String,
    pub(crate) last_seen: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Verdict {
    pub(crate) verdict: Option<ReleaseVerdict>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ReleaseVerdict {
    pub(crate) app: String,
    pub(crate) release: String,
    pub(crate) verdict: String,
    pub(crate) requests_before: u64,
    pub(crate) requests_after: u64,
    pub(crate) routes: Vec<RouteVerdict>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RouteVerdict {
    pub(crate) method: String,
    pub(crate) route: String,
    pub(crate) changes: Vec<RouteChange>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RouteChange {
    pub(crate) change: String,
    pub(crate) before: f64,
    pub(crate) after: f64,
    pub(crate) p: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct EventHead {
    pub(crate) id: String,
    pub(crate) time: String,
    pub(crate) issue: String,
    pub(crate) app: String,
    pub(crate) route: String,
    pub(crate) release: String,
    pub(crate) mechanism: String,
    pub(crate) ticket: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) pid: u32,
    pub(crate) user: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) message: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    #[serde(flatten)]
    pub(crate) head: EventHead,
    pub(crate) causes: Vec<Cause>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct EventDetail {
    #[serde(flatten)]
    pub(crate) event: Event,
    pub(crate) request: Option<Request>,
    pub(crate) logs: Vec<Log>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Cause {
    pub(crate) tie: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) message: String,
    pub(crate) frames: Vec<Frame>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Frame {
    pub(crate) file: String,
    pub(crate) function: String,
    pub(crate) line: u32,
    pub(crate) in_app: bool,
    pub(crate) source: String,
    pub(crate) locals: Vec<Local>,
    pub(crate) left_out: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Local {
    pub(crate) name: String,
    pub(crate) value: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) trace_id: String,
    pub(crate) time: String,
    pub(crate) app: String,
    pub(crate) method: String,
    pub(crate) route: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) status: u16,
    pub(crate) duration_ms: f64,
    pub(crate) client: String,
    pub(crate) user: String,
    pub(crate) ticket: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RequestDetail {
    #[serde(flatten)]
    pub(crate) request: Request,
    pub(crate) logs: Vec<Log>,
    pub(crate) exceptions: Vec<EventHead>,
    pub(crate) samples: Option<Samples>,
    pub(crate) headers: Option<Vec<Header>>,
    pub(crate) headers_left_out: u32,
    pub(crate) response_headers: Option<Vec<Header>>,
    pub(crate) response_headers_left_out: u32,
}

/// A header of a request or of its answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) left_out_bytes: u32,
}

/// Where a slow request was, as far as one line tells it.
#[derive(Debug, Deserialize)]
pub(crate) struct Samples {
    pub(crate) samples: u32,
    pub(crate) top: Option<TopLine>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct TopLine {
    pub(crate) file: String,
    pub(crate) function: String,
    pub(crate) line: Option<u32>,
    pub(crate) share: f64,
    pub(crate) running: f64,
}

impl Samples {
    /// `83 % in models/db.py:41 (get_user), waiting, of 30 samples`
    pub(crate) fn line(&self) -> Option<String> {
        let TopLine { file, function, line, share, running } = self.top.as_ref()?;
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        let doing = if *running > 0.5 { "computing" } else { "waiting" };
        let (share, of) = (share * 100.0, self.samples);
        Some(format!("{share:.0} % in {file}{line} ({function}), {doing}, of {of} samples"))
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Log {
    pub(crate) id: String,
    pub(crate) time: String,
    pub(crate) level: String,
    pub(crate) app: String,
    pub(crate) route: String,
    pub(crate) logger: String,
    pub(crate) message: String,
    pub(crate) message_bytes: u64,
    pub(crate) exception: Option<String>,
    pub(crate) attributes: Vec<LogAttribute>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LogAttribute {
    pub(crate) key: String,
    pub(crate) value: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Patterns {
    pub(crate) lines: u64,
    pub(crate) count: u64,
    pub(crate) patterns: Vec<Pattern>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Pattern {
    pub(crate) id: String,
    pub(crate) app: String,
    pub(crate) level: String,
    pub(crate) template: String,
    pub(crate) lines: u64,
    pub(crate) last_seen: String,
    pub(crate) is_new: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Search {
    pub(crate) found: Vec<FoundThing>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FoundThing {
    pub(crate) kind: String,
    pub(crate) id: String,
}
