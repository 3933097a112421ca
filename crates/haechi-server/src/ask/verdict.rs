//! What became of the routes after a release: the time after its first request
//! against as long a time before.

use super::releases::ReleaseRow;
use super::route_changes::{Changes, Sides};
use super::{Ask, Moment, Params};
use crate::ServerError;
use serde::Serialize;
use utoipa::ToSchema;

const MINUTE_MS: u64 = 60_000;
/// Longest time compared, so that both sides have the same hours of a day.
const LONGEST_MS: u64 = 24 * 60 * MINUTE_MS;

/// How an app did after a release; null if no release is known.
#[derive(Debug, Serialize, ToSchema)]
pub struct Verdict {
    /// How it did.
    pub verdict: Option<ReleaseVerdict>,
}

/// How an app did after a release: its verdict is also `first` if there is nothing
/// before it. Before and after are full minutes without the one it began in, equally
/// long: a day at the most, until the next release or now.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseVerdict {
    /// The release.
    #[serde(flatten)]
    pub release: ReleaseRow,
    /// What changed.
    #[serde(flatten)]
    pub changes: Changes,
}

impl Ask {
    /// What became of the routes after a release. Parameters: `app`, `release`,
    /// `first_seen` if it came back; what is not given is that of the newest.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter, [`ServerError::Missing`] for a
    /// release that handled nothing; what the store says.
    pub fn release_verdict(&self, mut params: Params) -> Result<Verdict, ServerError> {
        let app = self.take_app(&mut params)?;
        let wanted = params.take("release");
        let first_seen = params.take("first_seen");
        params.finish()?;
        let all = self.releases_of(app.as_deref())?;
        let is_it = |row: &&ReleaseRow| {
            wanted.as_ref().is_none_or(|wanted| *wanted == row.release)
                && first_seen.as_ref().is_none_or(|time| *time == row.first_seen.to_string())
        };
        let Some(found) = all.iter().rfind(is_it) else {
            return match wanted.or(first_seen) {
                None => Ok(Verdict { verdict: None }),
                Some(_) => {
                    let message = "no request was handled by this release then";
                    Err(ServerError::Missing(message.to_owned()))
                }
            };
        };
        let of_app: Vec<&ReleaseRow> = all.iter().filter(|row| row.app == found.app).collect();
        let (sides, is_first) = self.sides(&of_app, found)?;
        let mut changes = self.compare(Some(&found.app), sides)?;
        if is_first {
            changes.verdict = "first";
        }
        Ok(Verdict { verdict: Some(ReleaseVerdict { release: found.clone(), changes }) })
    }

    /// What to compare, given all releases of the app by the time they began; and
    /// whether nothing is known from before.
    fn sides(
        &self,
        all: &[&ReleaseRow],
        release: &ReleaseRow,
    ) -> Result<(Sides, bool), ServerError> {
        let began = release.first_seen.unix_ms();
        let down = |ms: u64| ms / MINUTE_MS * MINUTE_MS;
        let apps = self.store.apps()?;
        let known = apps.iter().find(|known| known.app == release.app);
        let first = known.map_or(began, |known| known.first_seen_ms);
        let at = all.iter().position(|row| *row == release).unwrap_or(0);
        let last = all[..at].last().map_or(first, |row| row.first_seen.unix_ms());
        let next = all.get(at + 1).map_or(u64::MAX, |row| row.first_seen.unix_ms());
        let end = next.min(Moment::now().unix_ms());
        let (middle, start) = (down(began), began.div_ceil(MINUTE_MS) * MINUTE_MS);
        // what the first minute has of the one before is no harm
        let room = middle.saturating_sub(down(last));
        let length = room.min(down(end).saturating_sub(start)).min(LONGEST_MS);
        let before = (middle - length, middle);
        Ok((Sides { before, after: (start, start + length) }, room == 0))
    }
}
