use super::hash::QuickMap;
use super::route_ids::OTHER;
use haechi_event::Grouping;
use rusqlite::Connection;

/// Apps whose issues are kept apart per day; those of more count as one.
const MOST_APPS: usize = 200;

/// The issues of one day file, so that no flood of fingerprints fills it.
#[derive(Debug, Default)]
pub(crate) struct IssueIds {
    known: QuickMap<u64, ()>,
    per_app: QuickMap<Box<str>, usize>,
    most_per_app: usize,
}

/// The issue an exception counts for.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) issue: u64,
    /// `None` is the exception's own.
    pub(crate) other: Option<Other>,
    pub(crate) culprit: String,
    pub(crate) reason: String,
    pub(crate) frames: u64,
}

/// Names the issue of all that came after a cap.
#[derive(Debug)]
pub(crate) struct Other {
    pub(crate) app: String,
}

impl IssueIds {
    pub(crate) fn new(most_per_app: usize) -> Self {
        Self { most_per_app, ..Self::default() }
    }

    /// Reads what the file has.
    pub(crate) fn load(conn: &Connection, most_per_app: usize) -> rusqlite::Result<Self> {
        let mut ids = Self::new(most_per_app);
        let mut statement = conn.prepare("SELECT issue, app FROM issues")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let issue = row.get::<_, i64>(0)?.unsigned_abs();
            ids.add(row.get_ref(1)?.as_str()?, issue);
        }
        Ok(ids)
    }

    fn add(&mut self, app: &str, issue: u64) {
        self.known.insert(issue, ());
        match self.per_app.get_mut(app) {
            Some(count) => *count += 1,
            None => drop(self.per_app.insert(app.into(), 1)),
        }
    }

    /// Where an exception of this app and grouping counts.
    pub(crate) fn place(&mut self, app: &str, (grouping, frames): (Grouping, u64)) -> Placed {
        let Grouping { fingerprint, reason, culprit } = grouping;
        let room = match self.per_app.get(app) {
            Some(count) => *count < self.most_per_app,
            None => self.per_app.len() < MOST_APPS,
        };
        if self.known.contains_key(&fingerprint) || room {
            if !self.known.contains_key(&fingerprint) {
                self.add(app, fingerprint);
            }
            return Placed { issue: fingerprint, other: None, culprit, reason, frames };
        }
        let app = if self.per_app.contains_key(app) { app } else { OTHER };
        let issue = other_issue(app);
        self.known.insert(issue, ());
        let reason = "together because the app had too many issues on one day".to_owned();
        let other = Some(Other { app: app.to_owned() });
        Placed { issue, other, culprit: String::new(), reason, frames }
    }
}

/// The fingerprint of what came after an app's cap, the same whatever the
/// version of the grouping is (FNV-1a, 63 bits).
pub(crate) fn other_issue(app: &str) -> u64 {
    let fold = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    app.bytes().chain([0xff]).chain(OTHER.bytes()).fold(0xcbf2_9ce4_8422_2325, fold) >> 1
}
