use super::Parts;
use super::batch::{self, Pending};
use super::segment::{Reading, State};
use super::segments::{Found, Segments};
use crate::ServerError;
use crate::ask::{IssueNews, Moment, PatternNews};
use crate::live::{Live, NewLine};
use haechi_event::Record;
use haechi_spool::SetAside;
use haechi_store::{Appended, AppendedLog, Batch, Incoming, Store};

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
    segments: Segments,
    /// Read while the batch before was committed, and whether every writer was
    /// looked for.
    ahead: Option<(Found, bool)>,
    pending: Pending,
    /// When the first of the latest rounds began that left nothing behind, and
    /// how many there were.
    clear: Option<(u64, usize)>,
}

impl Rounds {
    pub(super) fn new(parts: Parts) -> Self {
        Self {
            parts,
            segments: Segments::default(),
            ahead: None,
            pending: Pending::default(),
            clear: None,
        }
    }

    /// For [`super::upkeep`]: something to tell with the next batch.
    pub(super) fn note(&mut self, kind: &str, name: &str, text: String) {
        self.pending.note(kind, name, text, 1);
    }

    /// The same, unless the next batch tells of that already.
    pub(super) fn note_once(&mut self, kind: &str, text: String) {
        if self.pending.notes.iter().all(|note| note.kind != kind) {
            self.note(kind, "spool", text);
        }
    }

    /// Tells of files of the spool that were moved to quarantine.
    pub(super) fn note_aside(&mut self, aside: Vec<SetAside>) {
        for SetAside { name, why } in aside {
            self.note("quarantine", &name, why);
        }
    }

    /// Names of the segments that are being read.
    pub(super) fn open_names(&self) -> Vec<&str> {
        self.segments.names()
    }

    /// Gives up what only a burst needs.
    pub(super) fn rest(&mut self) {
        self.segments.rest();
    }

    /// Reads, commits, unlinks. `last` asks for every writer, so that segments
    /// of programs that just ended are finished at once.
    pub(super) fn round(&mut self, last: bool) -> Progress {
        let began_ms = Moment::now().unix_ms();
        // what was read ahead was read before this round began
        let is_fresh = self.ahead.is_none();
        match self.try_round(last) {
            Ok(progress) => {
                self.note_clear(is_fresh && progress != Progress::Behind, began_ms);
                progress
            }
            Err(error) => {
                self.forget();
                self.parts.health.append_failed(error.to_string());
                self.clear = None;
                Progress::Failed
            }
        }
    }

    /// Once a whole turn has left nothing behind, all that was there when it
    /// began is stored.
    fn note_clear(&mut self, is_clear: bool, began_ms: u64) {
        if !is_clear {
            self.clear = None;
            return;
        }
        let (since_ms, rounds) = self.clear.unwrap_or((began_ms, 0));
        self.clear = Some((since_ms, rounds + 1));
        if rounds + 1 >= self.segments.rounds_of_turn() {
            self.parts.health.caught_up(since_ms);
            self.clear = None;
        }
    }

    /// What was read and not kept is read again.
    fn forget(&mut self) {
        self.ahead = None;
        self.segments.forget();
    }

    fn try_round(&mut self, last: bool) -> Result<Progress, ServerError> {
        if self.ahead.as_ref().is_some_and(|(_, of_last)| *of_last != last) {
            self.forget();
        }
        let Parts { spool, store, .. } = &self.parts;
        // also for reading ahead: while a batch is committed, the store cannot be asked
        self.segments.open_new(spool, store.as_ref(), &mut self.pending)?;
        let found = match self.ahead.take() {
            Some((found, _)) => found,
            None => self.segments.read(last)?,
        };
        let (stored, ahead) = self.commit_and_read(&found, last);
        let (stored, behind) = (stored?, found.behind);
        self.segments.keep(found, &self.parts.spool)?;
        self.ahead = ahead.transpose()?.map(|ahead| (ahead, last));
        Ok(match (behind, stored) {
            (true, _) => Progress::Behind,
            (false, 0) => Progress::Nothing,
            (false, _) => Progress::CaughtUp,
        })
    }

    /// Commits what was found, and reads on meanwhile if there is more. Says how
    /// many records there were.
    fn commit_and_read(
        &mut self,
        found: &Found,
        last: bool,
    ) -> (Result<u64, ServerError>, Option<Result<Found, ServerError>>) {
        let Self { parts, segments, pending, .. } = self;
        if !found.behind {
            return (commit(parts, pending, found), None);
        }
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("haechi-read".to_owned());
            let ahead = thread.spawn_scoped(scope, || segments.read(last));
            let stored = commit(parts, pending, found);
            // where no thread can be had, the next round reads
            let ahead = ahead.ok().map(|ahead| ahead.join().unwrap_or(Err(ServerError::BrokenOff)));
            (stored, ahead)
        })
    }
}

/// Hands what was found to the store, with what is to be told beside.
fn commit(parts: &Parts, pending: &mut Pending, found: &Found) -> Result<u64, ServerError> {
    // what is lost is found anew if the append fails; what is pending is not
    let (records, mut lost) = batch::decode(&found.readings);
    count_torn(&found.readings, &mut lost, parts.store.as_ref())?;
    let count = records.len() as u64;
    if count == 0 && pending.is_empty() && lost.is_empty() {
        parts.health.set_trouble(None);
        return Ok(0);
    }
    let newest = batch::newest_ms(&records);
    let batch = batch::batch(records, batch::read_to(&found.readings), &[pending, &lost]);
    let appended = parts.store.append(&batch)?;
    *pending = Pending::default();
    let now = Moment::now().unix_ms();
    let lag = newest.map_or(0, |newest| now.saturating_sub(newest));
    parts.health.committed(appended.stored, lag);
    parts.health.set_trouble(None);
    tell(&parts.live, &batch, &appended);
    Ok(count)
}

/// Counts the records that damage took, once per segment: a collector killed
/// between the commit and the unlink leaves a note behind that says it is done.
fn count_torn(
    readings: &[Reading],
    lost: &mut Pending,
    store: &dyn Store,
) -> Result<(), ServerError> {
    const LATEST: usize = 1000;
    for Reading { name, outcome, .. } in readings {
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

/// Hands stored log lines, and issues and patterns that are new, to whoever
/// listens.
pub(super) fn tell(live: &Live, batch: &Batch<'_>, appended: &Appended) {
    if !live.is_heard() {
        return;
    }
    let line = |stored: &AppendedLog| match batch.records.get(stored.index) {
        Some(Incoming { pid, record: Record::Log(log), .. }) => {
            Some(NewLine { id: stored.id, pattern: stored.pattern, pid: *pid, log })
        }
        _ => None,
    };
    live.lines(appended.logs.iter().filter_map(line));
    for stored in &appended.exceptions {
        if let Some(incoming) = batch.records.get(stored.index)
            && let Record::Exception(exception) = &incoming.record
            && let Some(news) = IssueNews::of(stored, exception)
        {
            live.issue(news);
        }
    }
    for stored in &appended.patterns {
        let at = appended.logs.binary_search_by_key(&stored.index, |log| log.index);
        if let Some(NewLine { id, log, .. }) = at.ok().and_then(|at| line(&appended.logs[at])) {
            live.pattern(PatternNews::of(stored, id, log));
        }
    }
}
