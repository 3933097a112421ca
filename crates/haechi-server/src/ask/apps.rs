use super::{Ask, Moment, Params};
use crate::ServerError;
use haechi_spool::AppState;
use serde::Serialize;
use utoipa::ToSchema;

/// Every app ever seen.
#[derive(Debug, Serialize, ToSchema)]
pub struct Apps {
    /// By name.
    pub apps: Vec<App>,
}

/// One app.
#[derive(Debug, Serialize, ToSchema)]
pub struct App {
    /// `service.name`.
    pub app: String,
    /// Time of its first record.
    pub first_seen: Moment,
    /// Time of its latest record.
    pub last_seen: Moment,
    /// Requests ever stored.
    pub requests: u64,
    /// `on`, or `paused` after `request.statistics = False`.
    pub statistics: &'static str,
    /// Running processes that serve it.
    pub workers: u64,
}

impl Ask {
    /// Every app ever seen. No parameters.
    ///
    /// # Errors
    /// [`ServerError::Input`] for any parameter; what the store says.
    pub fn apps(&self, params: Params) -> Result<Apps, ServerError> {
        params.finish()?;
        let boards = self.boards();
        let row = |found: haechi_store::AppSummary| {
            let serves = |app: &haechi_spool::board::AppSnapshot| app.app == found.app;
            let workers =
                boards.iter().filter(|board| board.running && board.apps.iter().any(serves));
            App {
                workers: workers.count() as u64,
                statistics: self.statistics_of(&found.app),
                first_seen: Moment::from_ms(found.first_seen_ms),
                last_seen: Moment::from_ms(found.last_seen_ms),
                requests: found.requests,
                app: found.app,
            }
        };
        Ok(Apps { apps: self.store.apps()?.into_iter().map(row).collect() })
    }

    fn statistics_of(&self, app: &str) -> &'static str {
        match self.control.as_ref().map(|control| control.state(app)) {
            Some(AppState::Paused) => "paused",
            _ => "on",
        }
    }
}
