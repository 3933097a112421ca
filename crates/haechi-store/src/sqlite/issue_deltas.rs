use super::distinct::Distinct;
use super::hash::QuickMap;
use super::issue_ids::Placed;
use super::issue_users;
use super::route_ids::OTHER;
use haechi_event::{Exception, Grouping, RequestId};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// Issues that are added up in memory before they are brought to the file.
const MOST: usize = 1024;
/// Bytes of a message that are kept to name an issue.
const TITLE_MAX: usize = 500;
/// Routes, releases, and users, kept apart per issue and day; more count as `(other)`.
pub(crate) const MOST_SHARES: i64 = 20;

/// The column `of` of the table `issue_shares`.
pub(crate) const OF_ROUTES: i64 = 0;
pub(crate) const OF_RELEASES: i64 = 1;
pub(crate) const OF_USERS: i64 = 2;

const ADD_ISSUE: &str = "INSERT INTO issues(issue, app, kind, message, culprit, reason, grouping, \
     events, first_id, latest_id, representative_id, frames, changed) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
     ON CONFLICT(issue) DO UPDATE SET \
     kind = iif(excluded.latest_id >= latest_id, excluded.kind, kind), \
     message = iif(excluded.latest_id >= latest_id, excluded.message, message), \
     culprit = iif(excluded.latest_id >= latest_id, excluded.culprit, culprit), \
     reason = iif(excluded.latest_id >= latest_id, excluded.reason, reason), \
     grouping = excluded.grouping, events = events + excluded.events, \
     first_id = min(first_id, excluded.first_id), latest_id = max(latest_id, excluded.latest_id), \
     representative_id = iif(excluded.frames > frames OR excluded.frames = frames \
     AND excluded.representative_id < representative_id, \
     excluded.representative_id, representative_id), \
     frames = max(frames, excluded.frames), changed = excluded.changed";
const ADD_HOUR: &str = "INSERT INTO issue_hours(issue, hour, events) VALUES (?1, ?2, ?3) \
     ON CONFLICT(issue, hour) DO UPDATE SET events = events + excluded.events";
const ADD_KNOWN_SHARE: &str = "UPDATE issue_shares SET events = events + ?4 \
     WHERE issue = ?1 AND of = ?2 AND name = ?3";
const ADD_SHARE: &str = "INSERT INTO issue_shares(issue, of, name, events) \
     SELECT ?1, ?2, iif((SELECT count(*) FROM issue_shares WHERE issue = ?1 AND of = ?2) < ?5, \
     ?3, ?6), ?4 WHERE true \
     ON CONFLICT(issue, of, name) DO UPDATE SET events = events + excluded.events";

/// What a batch adds to the issues of one day file.
#[derive(Debug)]
pub(crate) struct IssueDeltas {
    by_issue: QuickMap<u64, Delta>,
    changed: u64,
}

#[derive(Debug)]
struct Delta {
    /// App, kind, message, culprit, reason: of the latest.
    title: [String; 5],
    events: u64,
    first: u64,
    latest: u64,
    representative: u64,
    frames: u64,
    hours: BTreeMap<u64, u64>,
    routes: BTreeMap<String, u64>,
    releases: BTreeMap<String, u64>,
    users: BTreeMap<String, u64>,
    all_users: Distinct,
}

impl IssueDeltas {
    pub(crate) fn new(changed: u64) -> Self {
        Self { by_issue: QuickMap::default(), changed }
    }

    /// Whether [`Self::flush`] must be called before the next one.
    pub(crate) fn is_full(&self) -> bool {
        self.by_issue.len() >= MOST
    }

    /// Counts an occurrence that is stored under `id`.
    pub(crate) fn add(&mut self, id: u64, exception: &Exception<'_>, placed: Placed) {
        let delta = self.by_issue.entry(placed.issue).or_insert_with(|| Delta::new(id));
        delta.events += 1;
        delta.first = delta.first.min(id);
        let is_fuller = placed.frames > delta.frames;
        if is_fuller || placed.frames == delta.frames && id < delta.representative {
            (delta.representative, delta.frames) = (id, placed.frames);
        }
        *delta.hours.entry(hour_of(id)).or_default() += 1;
        add_to(&mut delta.routes, exception.route);
        add_to(&mut delta.releases, exception.release);
        if !exception.user.is_empty() {
            delta.all_users.add(exception.user);
            add_to(&mut delta.users, exception.user);
        }
        if id >= delta.latest {
            delta.latest = id;
            delta.title = title(exception, placed);
        }
    }

    /// Adds everything to the file.
    pub(crate) fn flush(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        for (issue, delta) in self.by_issue.drain() {
            delta.save(conn, issue as i64, self.changed as i64)?;
        }
        Ok(())
    }
}

impl Delta {
    fn new(id: u64) -> Self {
        Self {
            title: Default::default(),
            events: 0,
            first: id,
            latest: 0,
            representative: id,
            frames: 0,
            hours: BTreeMap::new(),
            routes: BTreeMap::new(),
            releases: BTreeMap::new(),
            users: BTreeMap::new(),
            all_users: Distinct::default(),
        }
    }

    fn save(&self, conn: &Connection, issue: i64, changed: i64) -> rusqlite::Result<()> {
        let [app, kind, message, culprit, reason] = &self.title;
        let (first, latest) = (self.first as i64, self.latest as i64);
        let (representative, frames) = (self.representative as i64, self.frames as i64);
        conn.prepare_cached(ADD_ISSUE)?.execute(rusqlite::params![
            issue,
            app,
            kind,
            message,
            culprit,
            reason,
            Grouping::VERSION,
            self.events as i64,
            first,
            latest,
            representative,
            frames,
            changed,
        ])?;
        let mut add = conn.prepare_cached(ADD_HOUR)?;
        for (hour, events) in &self.hours {
            add.execute((issue, *hour as i64, *events as i64))?;
        }
        let mut add_known = conn.prepare_cached(ADD_KNOWN_SHARE)?;
        let mut add = conn.prepare_cached(ADD_SHARE)?;
        let shares =
            [(OF_ROUTES, &self.routes), (OF_RELEASES, &self.releases), (OF_USERS, &self.users)];
        for (of, shares) in shares {
            for (name, events) in shares {
                let events = *events as i64;
                if add_known.execute((issue, of, name, events))? == 0 {
                    add.execute((issue, of, name, events, MOST_SHARES, OTHER))?;
                }
            }
        }
        issue_users::add_to_day(conn, issue, &self.all_users)
    }
}

fn title(exception: &Exception<'_>, placed: Placed) -> [String; 5] {
    if let Some(other) = placed.other {
        return [other.app, OTHER.to_owned(), String::new(), String::new(), placed.reason];
    }
    let message = cut(exception.message, TITLE_MAX);
    let [app, kind, message] = [exception.app, exception.kind, message].map(str::to_owned);
    [app, kind, message, placed.culprit, placed.reason]
}

/// The beginning of a text, cut between characters.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

fn add_to(shares: &mut BTreeMap<String, u64>, name: &str) {
    match shares.get_mut(name) {
        Some(events) => *events += 1,
        None => drop(shares.insert(name.to_owned(), 1)),
    }
}

/// Hours from the Unix epoch to the one an occurrence lies in.
pub(crate) const fn hour_of(id: u64) -> u64 {
    RequestId::from_u64(id).unix_ms() / 3_600_000
}
