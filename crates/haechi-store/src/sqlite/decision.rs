use crate::{IssueChange, IssueState};
use haechi_event::RequestId;
use rusqlite::{Connection, OptionalExtension, Row};

/// Columns of the main file's `issues` that [`Decision::of_row`] reads.
pub(crate) const DECISION_COLUMNS: &str = "state, state_changed_ms, resolved_ms, \
     resolved_release, ignored_until_ms, ignored_until_events, regressed_ms, regressed_release, \
     inherited, events, latest_id";

/// What was decided about an issue, by a person or by what happened since.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Decision {
    pub(crate) state: IssueState,
    pub(crate) changed_ms: Option<u64>,
    /// An occurrence after this is a regression.
    pub(crate) resolved_ms: Option<u64>,
    pub(crate) resolved_release: Option<String>,
    pub(crate) until_ms: Option<u64>,
    /// So many more occurrences wake it: not a total, which changes when
    /// issues are grouped again.
    pub(crate) events_left: Option<u64>,
    pub(crate) regressed_ms: Option<u64>,
    pub(crate) regressed_release: Option<String>,
    /// The version of the grouping that gave the state; 0 if none did.
    pub(crate) inherited: u32,
}

/// A decision with the occurrences there are.
#[derive(Debug, Clone)]
pub(crate) struct Decided {
    pub(crate) decision: Decision,
    pub(crate) events: u64,
    pub(crate) latest_ms: u64,
}

impl Decision {
    pub(crate) fn read(main: &Connection, issue: i64) -> rusqlite::Result<Option<Decided>> {
        let sql = format!("SELECT {DECISION_COLUMNS} FROM issues WHERE issue = ?1");
        let mut statement = main.prepare_cached(&sql)?;
        statement.query_row([issue], |row| Self::of_row(row, 0)).optional()
    }

    /// From [`DECISION_COLUMNS`], of which the first is column `at`.
    pub(crate) fn of_row(row: &Row<'_>, at: usize) -> rusqlite::Result<Decided> {
        let number = |column: usize| -> rusqlite::Result<Option<u64>> {
            Ok(row.get::<_, Option<i64>>(at + column)?.map(i64::unsigned_abs))
        };
        let events = number(9)?.unwrap_or(0);
        let decision = Self {
            state: match number(0)? {
                Some(1) => IssueState::Resolved,
                Some(2) => IssueState::Ignored,
                _ => IssueState::Open,
            },
            changed_ms: number(1)?,
            resolved_ms: number(2)?,
            resolved_release: row.get(at + 3)?,
            until_ms: number(4)?,
            events_left: number(5)?.map(|until| until.saturating_sub(events)),
            regressed_ms: number(6)?,
            regressed_release: row.get(at + 7)?,
            inherited: number(8)?.unwrap_or(0) as u32,
        };
        let latest_ms = RequestId::from_u64(number(10)?.unwrap_or(0)).unix_ms();
        Ok(Decided { decision, events, latest_ms })
    }

    pub(crate) fn write(&self, main: &Connection, issue: i64) -> rusqlite::Result<()> {
        let sql = "UPDATE issues SET state = ?2, state_changed_ms = ?3, resolved_ms = ?4, \
                   resolved_release = ?5, ignored_until_ms = ?6, \
                   ignored_until_events = events + ?7, regressed_ms = ?8, regressed_release = ?9, \
                   inherited = ?10 WHERE issue = ?1";
        let number = |value: Option<u64>| value.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
        let left = self.events_left.map(|n| n.min(1 << 62) as i64);
        main.prepare_cached(sql)?.execute(rusqlite::params![
            issue,
            match self.state {
                IssueState::Open => 0,
                IssueState::Resolved => 1,
                IssueState::Ignored => 2,
            },
            number(self.changed_ms),
            number(self.resolved_ms),
            self.resolved_release,
            number(self.until_ms),
            left,
            number(self.regressed_ms),
            self.regressed_release,
            self.inherited,
        ])?;
        Ok(())
    }

    /// What a person decided at `now_ms` about an issue that occurred last at
    /// `latest_ms`.
    pub(crate) fn made(change: &IssueChange, now_ms: u64, latest_ms: u64) -> Self {
        let made = Self { changed_ms: Some(now_ms), ..Self::default() };
        match change {
            IssueChange::Open => made,
            IssueChange::Resolve { release } => Self {
                state: IssueState::Resolved,
                // a clock of an app may be ahead of ours
                resolved_ms: Some(now_ms.max(latest_ms)),
                resolved_release: release.clone(),
                ..made
            },
            IssueChange::Ignore { until_ms, until_events } => Self {
                state: IssueState::Ignored,
                until_ms: *until_ms,
                events_left: *until_events,
                ..made
            },
        }
    }

    /// The state at `now_ms`: an issue ignored until an earlier time is open.
    pub(crate) fn state_at(&self, now_ms: u64) -> IssueState {
        match (self.state, self.until_ms) {
            (IssueState::Ignored, Some(until)) if until <= now_ms => IssueState::Open,
            (state, _) => state,
        }
    }

    /// How much an issue in this state is to be looked at.
    pub(crate) const fn urgency(&self) -> u8 {
        match self.state {
            IssueState::Open => 2,
            IssueState::Resolved => 1,
            IssueState::Ignored => 0,
        }
    }
}
