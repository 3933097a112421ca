use super::patterns::pattern_name;
use haechi_event::Log;
use haechi_store::{AppendedPattern, LogId};
use serde::Serialize;
use utoipa::ToSchema;

/// A pattern of log lines as the live stream tells of it: it was never seen
/// before.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PatternNews {
    /// Names it, 16 hexadecimal digits.
    pub id: String,
    /// `service.name`.
    pub app: String,
    /// Name of the logger.
    pub logger: String,
    /// `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`.
    pub level: &'static str,
    /// What its lines have in common.
    pub template: String,
    /// Its first line.
    pub line_id: String,
}

impl PatternNews {
    pub(crate) fn of(stored: &AppendedPattern, line: LogId, log: &Log<'_>) -> Self {
        Self {
            id: pattern_name(stored.id),
            app: log.app.to_owned(),
            logger: log.logger.to_owned(),
            level: log.severity.text(),
            template: stored.template.clone(),
            line_id: line.to_string(),
        }
    }
}
