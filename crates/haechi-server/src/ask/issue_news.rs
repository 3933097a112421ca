use super::issues::issue_id;
use haechi_event::Exception;
use haechi_store::AppendedException;
use serde::Serialize;
use utoipa::ToSchema;

/// An issue as the live stream tells of it: it is new, or back after it was
/// resolved.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IssueNews {
    /// Its fingerprint, 16 hexadecimal digits.
    pub id: String,
    /// `service.name`.
    pub app: String,
    /// `exception.type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `exception.message`.
    pub message: String,
    /// It was never seen before.
    pub new: bool,
    /// It was resolved and is open again.
    pub regressed: bool,
    /// The occurrence.
    pub event_id: String,
}

impl IssueNews {
    /// An occurrence that was stored; `None` if its issue was open already.
    pub(crate) fn of(stored: &AppendedException, exception: &Exception<'_>) -> Option<Self> {
        (stored.is_new_issue || stored.regressed).then(|| Self {
            id: issue_id(stored.issue),
            app: exception.app.to_owned(),
            kind: exception.kind.to_owned(),
            message: exception.message.to_owned(),
            new: stored.is_new_issue,
            regressed: stored.regressed,
            event_id: stored.id.to_string(),
        })
    }
}
