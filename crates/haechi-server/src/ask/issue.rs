use super::issues::{issue_id, parse_issue};
use super::{Ask, EventHead, ExceptionEvent, IssueRow, Moment, Params, StateChange};
use crate::ServerError;
use serde::Serialize;
use utoipa::ToSchema;

/// Occurrences listed with an issue.
const EVENTS: usize = 50;

/// Everything about one issue.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssueDetail {
    /// As in a list; `events` counts those of the last seven days.
    #[serde(flatten)]
    pub issue: IssueRow,
    /// What makes its occurrences the same: "same because …".
    pub reason: String,
    /// Version of the rules that say so.
    pub grouping_version: u32,
    /// Occurrences ever per release, most first, at most 20.
    pub releases: Vec<ReleaseEvents>,
    /// Occurrences ever per user, of those that are known, most first, at most 20.
    pub top_users: Vec<UserEvents>,
    /// When its state changed last; null if it never did.
    pub state_changed: Option<Moment>,
    /// The release it is said to be resolved in.
    pub resolved_in_release: Option<String>,
    /// When it occurred again after it was resolved.
    pub regressed_at: Option<Moment>,
    /// The release it occurred again in; empty if unknown.
    pub regressed_in_release: Option<String>,
    /// When an ignored issue is open again.
    pub ignored_until: Option<Moment>,
    /// At how many occurrences in all an ignored issue is open again.
    pub ignored_until_events: Option<u64>,
    /// Occurrences in each of the last 168 hours, oldest first; the last is the
    /// current one.
    pub hours_7d: Vec<u64>,
    /// The first occurrence; null only if it was lost by damage.
    pub first: Option<EventHead>,
    /// The latest occurrence; null only if it was lost by damage.
    pub latest: Option<ExceptionEvent>,
    /// The occurrence that shows most of the stack.
    pub representative_id: String,
    /// The latest occurrences, newest first, at most 50.
    pub events_list: Vec<EventHead>,
}

/// How often an issue occurred in a release.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseEvents {
    /// `service.version`; empty if unknown, `(other)` past the cap.
    pub release: String,
    /// Occurrences.
    pub events: u64,
}

/// How often an issue occurred to a user.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserEvents {
    /// `user.id`; `(other)` past the cap.
    pub user: String,
    /// Occurrences.
    pub events: u64,
}

impl Ask {
    /// One issue. No parameters.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a text that is no id, [`ServerError::Missing`]
    /// for an id that is not stored; what the store says.
    pub fn issue(&self, id: &str, params: Params) -> Result<IssueDetail, ServerError> {
        params.finish()?;
        let issue = parse_issue("id", id)?;
        let now_ms = Moment::now().unix_ms();
        let found = self.store.issue(issue, now_ms)?.ok_or_else(|| missing(issue))?;
        let events = self.store.events(issue, None, EVENTS)?;
        let summary = &found.summary;
        let release = |(release, events)| ReleaseEvents { release, events };
        let user = |(user, events)| UserEvents { user, events };
        Ok(IssueDetail {
            state_changed: summary.state_changed_ms.map(Moment::from_ms),
            resolved_in_release: summary.resolved_release.clone(),
            regressed_at: summary.regressed_ms.map(Moment::from_ms),
            regressed_in_release: summary.regressed_release.clone(),
            ignored_until: summary.ignored_until_ms.map(Moment::from_ms),
            ignored_until_events: summary.ignored_until_events,
            issue: IssueRow::from(found.summary),
            reason: found.reason,
            grouping_version: found.grouping_version,
            releases: found.releases.into_iter().map(release).collect(),
            top_users: found.top_users.into_iter().map(user).collect(),
            hours_7d: found.hours_7d,
            first: found.first.map(EventHead::from),
            latest: found.latest.as_ref().map(ExceptionEvent::from),
            representative_id: found.representative_id.to_string(),
            events_list: events.into_iter().map(EventHead::from).collect(),
        })
    }

    /// Keeps a person's decision about an issue and answers with what it is
    /// now. No parameters.
    ///
    /// # Errors
    /// As [`Self::issue`]; [`ServerError::Input`] for a change that makes no sense.
    pub fn change_issue(
        &self,
        id: &str,
        change: &StateChange,
        params: Params,
    ) -> Result<IssueDetail, ServerError> {
        params.finish()?;
        let issue = parse_issue("id", id)?;
        let now = Moment::now();
        let change = change.read(now)?;
        if !self.store.set_issue_state(issue, &change, now.unix_ms())? {
            return Err(missing(issue));
        }
        self.issue(id, Params::default())
    }
}

fn missing(issue: u64) -> ServerError {
    let id = issue_id(issue);
    // a person easily takes one kind of id for another
    ServerError::Missing(format!("issue {id} is not stored; /api/search says what else it may be"))
}
