use super::numbers::{ms, rounded};
use super::routes::Routes;
use super::{Ask, Params};
use crate::ServerError;
use haechi_event::Part;
use haechi_store::{StoredRepeat, StoredSpan};
use serde::Serialize;
use utoipa::ToSchema;

/// Where the server's seconds went: by part, and by route and part.
#[derive(Debug, Serialize, ToSchema)]
pub struct Split {
    /// All routes together, also those past the limit of the list, with what
    /// no part explains as `rest`.
    pub parts: Vec<PartRow>,
    /// The routes, each with its own parts.
    #[serde(flatten)]
    pub routes: Routes,
}

/// Time of one part.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PartRow {
    /// `db`, `template_parse`, `template_render`, `session_wait`, `http_client`,
    /// `cache`, `model`, `controller`, `gc`, `gil`, `blocked`, `other`; `queue`,
    /// which lies before the request and is no part of its duration; `rest` for
    /// what no part explains.
    pub part: &'static str,
    /// Time spent in it and in nothing inside it.
    pub self_ms: f64,
    /// How many times it was entered.
    pub count: u64,
    /// Share of the duration, 0 to 1.
    pub share: f64,
}

/// A timed piece of a request.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpanRow {
    /// 1, 2, 3 … in the order the spans of the request began.
    pub id: u32,
    /// The span around it; null if there is none.
    pub parent: Option<u32>,
    /// As in `split`.
    pub part: &'static str,
    /// A query without its data, a template's path, host and path of a call …
    pub name: String,
    /// From the request's beginning.
    pub start_ms: f64,
    /// How long it took, with all inside it.
    pub duration_ms: f64,
    /// 1, or how many that are not told one by one stand in this row; then
    /// duration and rows are sums.
    pub count: u32,
    /// Rows a query gave or changed; null if not known.
    pub rows: Option<u64>,
    /// `http.response.status_code` of an outgoing call.
    pub status: Option<u16>,
    /// Whether it failed.
    pub failed: bool,
    /// The file of the app where it began; empty if unknown.
    pub file: String,
    /// Line in the file; null if unknown.
    pub line: Option<u32>,
}

/// The same query, again and again, from one line in one request.
#[derive(Debug, Serialize, ToSchema)]
pub struct RepeatRow {
    /// The query without its data.
    pub query: String,
    /// How many times.
    pub count: u32,
    /// All of them together.
    pub total_ms: f64,
    /// What asking once would save.
    pub saves_ms: f64,
    /// The file of the app that asked; empty if unknown.
    pub file: String,
    /// Line in the file; null if unknown.
    pub line: Option<u32>,
}

impl Ask {
    /// Where the time went. Parameters as for [`Self::routes`].
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter; what the store says.
    pub fn split(&self, params: Params) -> Result<Split, ServerError> {
        let (routes, parts) = self.routes_and_split(params)?;
        Ok(Split { parts, routes })
    }
}

/// The parts of a duration, the longest first, and what they leave.
pub(super) fn parts(split: &haechi_event::Split, duration_ns: u64) -> Vec<PartRow> {
    if split.is_empty() {
        return Vec::new();
    }
    let share = |ns: u64| (ns as f64 / duration_ns.max(1) as f64 * 1e6).round() / 1e6;
    let row = |(part, time): (Part, haechi_event::PartTime)| PartRow {
        part: part.name(),
        self_ms: ms(time.self_ns as f64),
        count: time.count,
        share: share(time.self_ns),
    };
    let mut rows: Vec<PartRow> = split.parts().map(row).collect();
    rows.sort_by(|a, b| b.self_ms.total_cmp(&a.self_ms));
    let rest_ns = split.rest_ns(duration_ns);
    rows.push(PartRow {
        part: "rest",
        self_ms: ms(rest_ns as f64),
        count: 0,
        share: share(rest_ns),
    });
    rows
}

fn known_line(line: u32) -> Option<u32> {
    (line > 0).then_some(line)
}

impl From<StoredSpan> for SpanRow {
    fn from(found: StoredSpan) -> Self {
        Self {
            id: found.id,
            parent: (found.parent > 0).then_some(found.parent),
            part: found.part.name(),
            name: found.name,
            start_ms: rounded(found.start_us as f64 / 1e3),
            duration_ms: rounded(found.duration_us as f64 / 1e3),
            count: found.count,
            rows: found.rows,
            status: (found.status > 0).then_some(found.status),
            failed: found.failed,
            file: found.file,
            line: known_line(found.line),
        }
    }
}

impl From<StoredRepeat> for RepeatRow {
    fn from(found: StoredRepeat) -> Self {
        Self {
            query: found.name,
            count: found.count,
            total_ms: ms(found.total_ns as f64),
            saves_ms: ms(found.saves_ns as f64),
            file: found.file,
            line: known_line(found.line),
        }
    }
}
