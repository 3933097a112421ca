use super::{Ask, Moment, Params, Range};
use crate::ServerError;
use haechi_event::RequestId;
use haechi_store::{IssueSort, IssueState, IssueSummary, IssuesQuery, Regrouped};
use serde::Serialize;
use utoipa::ToSchema;

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1000;
/// How far back a list of issues goes that does not say.
const DEFAULT_MS: u64 = 7 * 86_400_000;

/// Issues in the order asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Issues {
    /// The issues.
    pub issues: Vec<IssueRow>,
}

/// Exceptions with the same cause.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssueRow {
    /// Its fingerprint, 16 hexadecimal digits.
    pub id: String,
    /// `service.name`.
    pub app: String,
    /// `exception.type`; `(other)` holds what came after the cap on issues.
    #[serde(rename = "type")]
    pub kind: String,
    /// `exception.message` of the latest occurrence.
    pub message: String,
    /// Where it happened: a function and its file; may be empty.
    pub culprit: String,
    /// `open`, `resolved` or `ignored`.
    pub state: &'static str,
    /// Whether it is open again after it was resolved.
    pub regressed: bool,
    /// Time of its first occurrence.
    pub first_seen: Moment,
    /// Time of its latest occurrence.
    pub last_seen: Moment,
    /// Occurrences in the range; begun hours count whole.
    pub events: u64,
    /// Occurrences ever.
    pub events_total: u64,
    /// Users it ever occurred to, of those that are known; exact below 512, then
    /// with a standard error of 4.4 %.
    pub users: u64,
    /// Occurrences ever per route, most first, at most 20.
    pub routes: Vec<RouteEvents>,
    /// Occurrences in each of the last 24 hours, oldest first; the last is the
    /// current one.
    pub hours: Vec<u64>,
}

/// How often an issue occurred in a route.
#[derive(Debug, Serialize, ToSchema)]
pub struct RouteEvents {
    /// `http.route`; empty outside of a request, `(other)` past the cap.
    pub route: String,
    /// Occurrences.
    pub events: u64,
}

/// What came of grouping stored exceptions again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Regrouping {
    /// Occurrences looked at.
    pub events: u64,
    /// Occurrences that belong to another issue now.
    pub moved: u64,
    /// Issues there are now.
    pub issues: u64,
}

impl Ask {
    /// Issues. Parameters: `app`, `route`, `state` (default `open`), `q`, `from`
    /// (default `-7d`), `to`, `sort`, `limit`.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter; what the store says.
    pub fn issues(&self, mut params: Params) -> Result<Issues, ServerError> {
        let now = Moment::now();
        let range = Range::take_back_to(&mut params, now, DEFAULT_MS)?;
        let query = IssuesQuery {
            app: self.take_app(&mut params)?,
            route: params.take("route"),
            state: take_state(&mut params)?,
            text: params.take("q"),
            from_ms: range.from.unix_ms(),
            to_ms: range.to.unix_ms(),
            now_ms: now.unix_ms(),
            sort: take_sort(&mut params)?,
            limit: params.take_count("limit", LIMIT, LIMIT_MAX)? as usize,
        };
        params.finish()?;
        let found = self.store.issues(&query)?;
        Ok(Issues { issues: found.into_iter().map(IssueRow::from).collect() })
    }

    /// Groups stored exceptions by the rules of this version, without losing
    /// counts or states. No parameters. Takes a while; nothing is collected
    /// meanwhile.
    ///
    /// # Errors
    /// [`ServerError::Input`] for any parameter; what the store says.
    pub fn regroup(&self, params: Params) -> Result<Regrouping, ServerError> {
        params.finish()?;
        // the collector waits for it, which is no trouble
        let mut progress = |_, _| self.health.beat();
        let Regrouped { events, moved, issues } = self.store.regroup(&mut progress)?;
        Ok(Regrouping { events, moved, issues })
    }
}

/// An issue's id; `field` is what to blame.
pub(super) fn parse_issue(field: &str, text: &str) -> Result<u64, ServerError> {
    // fingerprints are written as requests' ids are
    RequestId::parse(text).map(RequestId::as_u64).ok_or_else(|| {
        ServerError::input(field, format!("{field} must be an issue id: 16 hexadecimal digits"))
    })
}

/// As answers write it.
pub(super) fn issue_id(issue: u64) -> String {
    RequestId::from_u64(issue).to_string()
}

fn take_state(params: &mut Params) -> Result<Option<IssueState>, ServerError> {
    let choices = [
        ("open", Some(IssueState::Open)),
        ("resolved", Some(IssueState::Resolved)),
        ("ignored", Some(IssueState::Ignored)),
        ("all", None),
    ];
    params.take_choice("state", choices)
}

fn take_sort(params: &mut Params) -> Result<IssueSort, ServerError> {
    use IssueSort::{Events, FirstSeen, LastSeen};
    params.take_choice("sort", [("last", LastSeen), ("first", FirstSeen), ("events", Events)])
}

impl From<IssueSummary> for IssueRow {
    fn from(found: IssueSummary) -> Self {
        let route = |(route, events)| RouteEvents { route, events };
        Self {
            id: issue_id(found.issue),
            app: found.app,
            kind: found.kind,
            message: found.message,
            culprit: found.culprit,
            state: found.state.name(),
            regressed: found.regressed_ms.is_some(),
            first_seen: Moment::from_ms(found.first_seen_ms),
            last_seen: Moment::from_ms(found.last_seen_ms),
            events: found.events,
            events_total: found.events_total,
            users: found.users,
            routes: found.routes.into_iter().map(route).collect(),
            hours: found.hours,
        }
    }
}
