use super::Parts;
use super::batch::{self, Pending};
use super::segment::{OpenSegment, Outcome, Reading, State};
use crate::ServerError;
use crate::ask::{IssueNews, LogLine, Moment};
use crate::live::Live;
use haechi_event::Record;
use haechi_spool::SetAside;
use haechi_spool::SpoolError;
use haechi_store::{Appended, Batch, Store};
use std::collections::BTreeMap;

/// Records of one batch, roughly: the segment that reaches it is still read.
const RECORDS: usize = 50_000;
/// Bytes of one batch, roughly.
const BYTES: u64 = 16 << 20;
/// Segments open at one time. If there are more, rounds take turns.
const OPEN: usize = 256;

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// There is more to read at once.
    Behind,
    /// Something was stored and nothing more is there.
    CaughtUp,
    /// There was nothing.
    Nothing,
    /// The spool could not be listed or the store took nothing.
    Failed,
}

/// The collector's state from round to round: what is open and not yet told.
/// All of it can be lost without harm but for the notes.
pub(super) struct Rounds {
    parts: Parts,
    open: BTreeMap<String, OpenSegment>,
    pending: Pending,
    /// The last segment of the last turn.
    turn: String,
}

impl Rounds {
    pub(super) fn new(parts: Parts) -> Self {
        Self { parts, open: BTreeMap::new(), pending: Pending::default(), turn: String::new() }
    }

    /// For [`super::upkeep`]: something to tell with the next batch.
    pub(super) fn note(&mut self, kind: &str, name: &str, text: String) {
        self.pending.note(kind, name, text, 1);
    }

    /// Tells of files of the spool that were moved to quarantine.
    pub(super) fn note_aside(&mut self, aside: Vec<SetAside>) {
        for SetAside { name, why } in aside {
            self.note("quarantine", &name, why);
        }
    }

    /// Names of the segments that are being read.
    pub(super) fn open_names(&self) -> Vec<&str> {
        self.open.keys().map(String::as_str).collect()
    }

    /// Reads, commits, unlinks. `last` asks for every writer, so that segments
    /// of programs that just ended are finished at once.
    pub(super) fn round(&mut self, last: bool) -> Progress {
        match self.try_round(last) {
            Ok(progress) => progress,
            Err(error) => {
                for segment in self.open.values_mut() {
                    segment.forget();
                }
                self.parts.health.append_failed(error.to_string());
                Progress::Failed
            }
        }
    }

    fn try_round(&mut self, last: bool) -> Result<Progress, ServerError> {
        self.open_new()?;
        let Self { parts, open, pending, .. } = self;
        let (readings, behind) = read(open, last)?;
        // what is lost is found anew if the append fails; what is pending is not
        let (records, mut lost) = batch::decode(&readings);
        // outcomes outlive the readings, whose buffers are written anew next time
        let outcomes: Vec<(String, Outcome)> =
            readings.iter().map(|found| (found.name.to_owned(), found.outcome)).collect();
        count_torn(&outcomes, &mut lost, parts.store.as_ref())?;
        let found = records.len() as u64;
        if found == 0 && pending.is_empty() && lost.is_empty() {
            parts.health.set_trouble(None);
        } else {
            let newest = batch::newest_ms(&records);
            let batch = batch::batch(records, batch::read_to(&readings), &[pending, &lost]);
            let appended = parts.store.append(&batch)?;
            *pending = Pending::default();
            let now = Moment::now().unix_ms();
            let lag = newest.map_or(0, |newest| now.saturating_sub(newest));
            parts.health.committed(appended.stored, lag);
            parts.health.set_trouble(None);
            tell(&parts.live, &batch, &appended);
        }
        self.keep(outcomes)?;
        Ok(match (behind, found) {
            (true, _) => Progress::Behind,
            (false, 0) => Progress::Nothing,
            (false, _) => Progress::CaughtUp,
        })
    }

    /// Opens segments that appeared since the last round, and lets go of those
    /// that somebody else removed or whose turn it is not.
    fn open_new(&mut self) -> Result<(), ServerError> {
        let mut names = self.parts.spool.segments()?;
        if names.len() > OPEN {
            let next = names.partition_point(|name| *name <= self.turn) % names.len();
            names.rotate_left(next);
            names.truncate(OPEN);
            self.turn.clone_from(&names[OPEN - 1]);
            names.sort_unstable();
        }
        self.open.retain(|name, _| names.binary_search(name).is_ok());
        for name in names {
            if self.open.contains_key(&name) {
                continue;
            }
            match self.parts.spool.reader(&name) {
                Ok(reader) => {
                    let position = self.parts.store.position(&name)?.end;
                    let segment = OpenSegment::new(name.clone(), reader, position);
                    self.open.insert(name, segment);
                }
                Err(error) if error.is_missing() => {}
                Err(error @ (SpoolError::Foreign { .. } | SpoolError::Newer { .. })) => {
                    self.parts.spool.quarantine(&name)?;
                    self.pending.note("quarantine", &name, error.to_string(), 1);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The store has it all: move on, and unlink what is finished.
    fn keep(&mut self, outcomes: Vec<(String, Outcome)>) -> Result<(), ServerError> {
        for (name, outcome) in outcomes {
            let Some(segment) = self.open.get_mut(&name) else { continue };
            segment.keep(outcome);
            match outcome.state {
                State::More | State::Waiting => {}
                State::Finished { torn: 0 | 1 } => {
                    self.open.remove(&name);
                    self.parts.spool.remove(&name)?;
                }
                State::Finished { .. } => {
                    self.open.remove(&name);
                    self.parts.spool.quarantine(&name)?;
                }
            }
        }
        Ok(())
    }
}

/// Reads every open segment once, oldest first, until the batch is full. Says
/// too whether there is more to read at once.
fn read(
    open: &mut BTreeMap<String, OpenSegment>,
    last: bool,
) -> Result<(Vec<Reading<'_>>, bool), ServerError> {
    let (mut readings, mut records, mut bytes, mut behind) = (Vec::new(), 0, 0, false);
    for segment in open.values_mut() {
        if records >= RECORDS || bytes >= BYTES {
            behind = true;
            break;
        }
        let reading = segment.read(last)?;
        records += reading.records.len();
        bytes += reading.records.iter().map(|raw| raw.payload.len() as u64).sum::<u64>();
        behind |= reading.outcome.state == State::More;
        readings.push(reading);
    }
    Ok((readings, behind))
}

/// Counts the records that damage took, once per segment: a collector killed
/// between the commit and the unlink leaves a note behind that says it is done.
fn count_torn(
    outcomes: &[(String, Outcome)],
    lost: &mut Pending,
    store: &dyn Store,
) -> Result<(), ServerError> {
    const LATEST: usize = 1000;
    for (name, outcome) in outcomes {
        let State::Finished { torn: torn @ 1.. } = outcome.state else { continue };
        let told = |note: &haechi_store::Note| note.kind == "torn" && note.name == *name;
        if store.notes(LATEST)?.iter().any(told) {
            continue;
        }
        let text = match torn {
            1 => "its last record was being written when its process ended".to_owned(),
            _ => "a record is damaged, and with it all after it; the file is in quarantine"
                .to_owned(),
        };
        lost.drop_records("torn", u64::from(torn));
        lost.note("torn", name, text, u64::from(torn));
    }
    Ok(())
}

/// Hands stored log lines, and issues that are new or back, to whoever listens.
fn tell(live: &Live, batch: &Batch<'_>, appended: &Appended) {
    if !live.is_heard() {
        return;
    }
    for (index, id) in &appended.logs {
        if let Some(incoming) = batch.records.get(*index)
            && let Record::Log(log) = &incoming.record
        {
            live.log(LogLine::incoming(*id, incoming.pid, log));
        }
    }
    for stored in &appended.exceptions {
        if let Some(incoming) = batch.records.get(stored.index)
            && let Record::Exception(exception) = &incoming.record
            && let Some(news) = IssueNews::of(stored, exception)
        {
            live.issue(news);
        }
    }
}
