use super::{Ask, Moment, Params, Range};
use crate::ServerError;
use haechi_store::ReleaseSeen;
use serde::Serialize;
use utoipa::ToSchema;

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1000;

/// Which releases handled requests, and when.
#[derive(Debug, Serialize, ToSchema)]
pub struct Releases {
    /// Newest first.
    pub releases: Vec<ReleaseRow>,
}

/// A release of an app, for as long as it handled requests. One that came back ten
/// minutes or longer after another had begun is there twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReleaseRow {
    /// `service.name`.
    pub app: String,
    /// `service.version`: what `HAECHI_RELEASE` said, or a file `VERSION`, or the
    /// first digits of a git commit.
    pub release: String,
    /// When its first request began.
    pub first_seen: Moment,
    /// When its latest request began.
    pub last_seen: Moment,
    /// It is the app's newest.
    pub is_latest: bool,
}

impl Ask {
    /// Releases. Parameters: `app`; `from`, `to`: only those whose first request
    /// lies there, by default all; `limit`.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter; what the store says.
    pub fn releases(&self, mut params: Params) -> Result<Releases, ServerError> {
        let now = Moment::now();
        let range = Range::take_back_to(&mut params, now, now.unix_ms())?;
        let app = self.take_app(&mut params)?;
        let limit = params.take_count("limit", LIMIT, LIMIT_MAX)? as usize;
        params.finish()?;
        let began = |row: &ReleaseRow| (range.from..range.to).contains(&row.first_seen);
        let mut releases = self.releases_of(app.as_deref())?;
        releases.reverse();
        releases.retain(began);
        releases.truncate(limit);
        Ok(Releases { releases })
    }

    /// By the time they began, the oldest first.
    pub(super) fn releases_of(&self, app: Option<&str>) -> Result<Vec<ReleaseRow>, ServerError> {
        let mut found = self.store.releases()?;
        found.retain(|seen| app.is_none_or(|app| seen.app == app));
        let mut rows: Vec<ReleaseRow> = found.into_iter().map(ReleaseRow::from).collect();
        let mut newer: Vec<String> = Vec::new();
        for row in rows.iter_mut().rev() {
            row.is_latest = !newer.contains(&row.app);
            if row.is_latest {
                newer.push(row.app.clone());
            }
        }
        Ok(rows)
    }
}

impl From<ReleaseSeen> for ReleaseRow {
    fn from(found: ReleaseSeen) -> Self {
        Self {
            app: found.app,
            release: found.release,
            first_seen: Moment::from_ms(found.first_ms),
            last_seen: Moment::from_ms(found.last_ms),
            is_latest: false,
        }
    }
}
