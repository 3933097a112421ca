use haechi_event::{Mechanism, RequestId};

/// What a person decided about an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IssueState {
    /// It is to be looked at.
    #[default]
    Open,
    /// It is said not to occur any more. If it does, it is open again.
    Resolved,
    /// It is not to be shown, for ever, or until a time or a count.
    Ignored,
}

impl IssueState {
    /// The name used in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Ignored => "ignored",
        }
    }
}

/// A person's decision, for [`crate::Store::set_issue_state`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueChange {
    /// To be looked at (again).
    Open,
    /// Resolved. An occurrence after that, and after all that are stored by
    /// then, opens it again.
    Resolve {
        /// The release it is resolved in, if that is known.
        release: Option<String>,
    },
    /// Ignored; for ever if neither is given.
    Ignore {
        /// Wakes at this time, Unix ms.
        until_ms: Option<u64>,
        /// Wakes after so many more occurrences.
        until_events: Option<u64>,
    },
}

/// The order of issues, greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IssueSort {
    /// Latest occurrence.
    #[default]
    LastSeen,
    /// First occurrence.
    FirstSeen,
    /// Occurrences in the range.
    Events,
}

/// Asks for issues.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssuesQuery {
    /// Only this app.
    pub app: Option<String>,
    /// Only what ever occurred in this route: the first 20 of each day count.
    pub route: Option<String>,
    /// Only in this state.
    pub state: Option<IssueState>,
    /// Only where type, message or culprit contain this text (case does not
    /// count).
    pub text: Option<String>,
    /// Only seen since, Unix ms; taken down to a full hour.
    pub from_ms: u64,
    /// Only seen before, Unix ms; taken up to a full hour.
    pub to_ms: u64,
    /// The time now, Unix ms: an issue ignored until an earlier time is open,
    /// and [`IssueSummary::hours`] end with its hour.
    pub now_ms: u64,
    /// The order.
    pub sort: IssueSort,
    /// At most this many.
    pub limit: usize,
}

/// One issue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssueSummary {
    /// Its fingerprint, below 2^63.
    pub issue: u64,
    /// `service.name`.
    pub app: String,
    /// `exception.type`; `(other)` holds what came after the cap on issues.
    pub kind: String,
    /// `exception.message` of the latest occurrence, at most 500 bytes.
    pub message: String,
    /// Where it happened: function and file; may be empty.
    pub culprit: String,
    /// What was decided about it.
    pub state: IssueState,
    /// When the state changed last, Unix ms; `None` if it never did.
    pub state_changed_ms: Option<u64>,
    /// The release it is said to be resolved in.
    pub resolved_release: Option<String>,
    /// When an ignored issue wakes, Unix ms.
    pub ignored_until_ms: Option<u64>,
    /// How many occurrences in all wake an ignored issue.
    pub ignored_until_events: Option<u64>,
    /// When it occurred again after it was resolved, Unix ms. `None` again once
    /// a person decides about it.
    pub regressed_ms: Option<u64>,
    /// The release it occurred again in; empty if unknown.
    pub regressed_release: Option<String>,
    /// Time of its earliest occurrence, Unix ms.
    pub first_seen_ms: u64,
    /// Time of its latest occurrence, Unix ms.
    pub last_seen_ms: u64,
    /// Occurrences in the range asked for.
    pub events: u64,
    /// Occurrences ever, also those whose day is deleted.
    pub events_total: u64,
    /// Occurrences ever per route, most first, at most 20. Of each day the
    /// first 20 routes are kept apart; more count as `(other)`.
    pub routes: Vec<(String, u64)>,
    /// Occurrences per hour, oldest first, ending with the hour of now: 24.
    pub hours: Vec<u64>,
    /// Users it ever occurred to; exact below 512, then within some percent.
    pub users: u64,
}

/// Everything about one issue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssueDetail {
    /// As in a list; its range is the seven days of [`Self::hours_7d`].
    pub summary: IssueSummary,
    /// What makes its occurrences the same: "same because …".
    pub reason: String,
    /// Version of the rules that say so.
    pub grouping_version: u32,
    /// Occurrences ever per release, most first, at most 20, kept as routes are.
    pub releases: Vec<(String, u64)>,
    /// Occurrences ever per user, most first, at most 20, kept as routes are.
    pub top_users: Vec<(String, u64)>,
    /// Occurrences per hour, oldest first, ending with the hour of now: 168.
    pub hours_7d: Vec<u64>,
    /// The earliest occurrence; `None` only if it was lost by damage.
    pub first: Option<ExceptionHead>,
    /// The latest occurrence; `None` only if it was lost by damage.
    pub latest: Option<StoredException>,
    /// The occurrence with the most frames, of those the earliest.
    pub representative_id: RequestId,
}

/// One occurrence of an exception without its stack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExceptionHead {
    /// Its id; also says the millisecond ([`RequestId::unix_ms`]).
    pub id: RequestId,
    /// Fingerprint of its issue.
    pub issue: u64,
    /// How it came to be known.
    pub mechanism: Mechanism,
    /// `service.name`.
    pub app: String,
    /// Route of the request it occurred in; empty outside of one.
    pub route: String,
    /// `service.version`; empty if unknown.
    pub release: String,
    /// The framework's name for the error page.
    pub ticket: Option<String>,
    /// The request it occurred in.
    pub request_id: Option<RequestId>,
    /// Process it occurred in.
    pub pid: u32,
    /// `exception.type`.
    pub kind: String,
    /// `exception.message`, redacted.
    pub message: String,
    /// `user.id`: who was signed in; empty if not known.
    pub user: String,
}

/// One occurrence of an exception.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredException {
    /// All but the stack.
    pub head: ExceptionHead,
    /// The chain of causes, for [`haechi_event::decode_stack`]; empty if there
    /// is none (any more).
    pub stack: Vec<u8>,
}

/// What a search for an id found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Found {
    /// [`crate::Store::request`] has it.
    Request(RequestId),
    /// [`crate::Store::event`] has it.
    Event(RequestId),
    /// [`crate::Store::issue`] has it.
    Issue(u64),
}

/// A new occurrence of an exception, as [`crate::Appended`] tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppendedException {
    /// Index in [`crate::Batch::records`].
    pub index: usize,
    /// The id it is stored under.
    pub id: RequestId,
    /// Its issue.
    pub issue: u64,
    /// The issue was never seen before; told of one occurrence only.
    pub is_new_issue: bool,
    /// The issue was resolved and is open again; told of one occurrence only.
    pub regressed: bool,
}

/// What came of grouping again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Regrouped {
    /// Occurrences looked at.
    pub events: u64,
    /// Occurrences that belong to another issue now.
    pub moved: u64,
    /// Issues there are now.
    pub issues: u64,
}
