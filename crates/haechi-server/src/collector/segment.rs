use crate::ServerError;
use haechi_spool::WriterState;
use haechi_spool::read::{Raw, SegmentReader, Tail};
use std::time::{Duration, Instant};

/// Bytes read at once from a segment that had much at the last reading. One
/// that had little is read by the least the reader allows.
const MUCH: usize = 1 << 20;
/// A reading that found this many bytes makes the next a large one.
const APPETITE: u64 = 32 * 1024;
/// How often a silent segment's writer is looked for. Looking reads `/proc`.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// One segment that is being read, from the position the store has reached.
#[derive(Debug)]
pub(super) struct OpenSegment {
    reader: SegmentReader,
    /// Up to where the store has it.
    position: u64,
    /// Bytes the next reading asks for.
    wanted: usize,
    looked: Option<Instant>,
    /// What was read and neither kept nor forgotten yet.
    under_way: Option<Outcome>,
}

/// What one reading found.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) name: String,
    pub(super) pid: u32,
    /// What [`Self::records`] are places in.
    pub(super) buffer: Vec<u8>,
    pub(super) records: Vec<Place>,
    pub(super) outcome: Outcome,
}

/// Where a record lies in [`Reading::buffer`], and in its segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    at: u32,
    len: u32,
    pub(super) sequence: u32,
    pub(super) end: u64,
}

/// What a reading means once its records are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Where the next reading begins.
    end: u64,
    /// Of the last record read.
    sequence: u32,
    pub(super) state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Perhaps more at once.
    More,
    /// Nothing until the writer goes on.
    Waiting,
    /// Nothing ever again; so many records could not be read.
    Finished { torn: u32 },
}

impl Reading {
    /// A record's byte form.
    pub(super) fn payload(&self, place: &Place) -> &[u8] {
        let (at, len) = (place.at as usize, place.len as usize);
        self.buffer.get(at..at + len).unwrap_or_default()
    }

    /// Bytes of all records with what frames them.
    pub(super) fn bytes(&self) -> usize {
        self.records.last().map_or(0, |last| (last.at + last.len) as usize)
    }
}

impl OpenSegment {
    pub(super) fn new(mut reader: SegmentReader, position: u64) -> Self {
        reader.seek(position);
        // a sealed one is full, and its seal says more than its writer
        let sealed = reader.sealed_records().is_some();
        let wanted = if sealed { MUCH } else { 0 };
        let looked = sealed.then(Instant::now);
        Self { reader, position, wanted, looked, under_way: None }
    }

    /// Whether something was read that is neither kept nor forgotten.
    pub(super) const fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Reads on behind the last reading; `None` if there is nothing new. `last`
    /// looks for the writer in any case. The buffer is one of `spare`, or goes
    /// there.
    pub(super) fn read(
        &mut self,
        name: &str,
        spare: &mut Vec<Vec<u8>>,
        last: bool,
    ) -> Result<Option<Reading>, ServerError> {
        let before = self.under_way.map_or(self.position, |under_way| under_way.end);
        if matches!(self.under_way, Some(Outcome { state: State::Finished { .. }, .. })) {
            return Ok(None);
        }
        let gone = self.writer_is_gone(last);
        let sealed = self.reader.sealed_records().is_some();
        if !gone && !sealed && !self.reader.has_more() {
            return Ok(None);
        }
        let mut buffer = spare.pop().unwrap_or_default();
        let chunk = self.reader.read(&mut buffer, self.wanted)?;
        let end = chunk.records.last().map_or(before, |last| last.end);
        let sequence = chunk.records.last().map_or(0, |last| last.sequence);
        let state = match chunk.tail {
            Tail::More => State::More,
            Tail::Sealed => State::Finished { torn: 0 },
            Tail::Live if gone => State::Finished { torn: 0 },
            Tail::Damaged { records } if gone || sealed => State::Finished { torn: records },
            Tail::Live | Tail::Damaged { .. } => State::Waiting,
        };
        let records: Vec<Place> = chunk.records.iter().map(Place::of).collect();
        let much = state == State::More || end - before >= APPETITE;
        self.wanted = if much { MUCH } else { 0 };
        if records.is_empty() && state == State::Waiting {
            spare.push(buffer);
            return Ok(None);
        }
        let outcome = Outcome { end, sequence, state };
        self.under_way = Some(outcome);
        let (name, pid) = (name.to_owned(), self.reader.header().pid);
        Ok(Some(Reading { name, pid, buffer, records, outcome }))
    }

    /// The store has everything up to this outcome of a reading.
    pub(super) fn keep(&mut self, outcome: Outcome) {
        if outcome.end > self.position {
            self.looked = Some(Instant::now());
            // a finished one is unlinked next
            if !matches!(outcome.state, State::Finished { .. }) {
                self.reader.mark_stored(outcome.sequence);
            }
        }
        self.position = outcome.end;
        // another reading may have gone on from this one
        self.under_way = self.under_way.filter(|under_way| *under_way != outcome);
    }

    /// The store took nothing since: the next reading begins where it is.
    pub(super) fn forget(&mut self) {
        self.under_way = None;
        self.reader.seek(self.position);
    }

    /// Asked before a reading whose end is to be the end of all. A writer that
    /// cannot be looked for counts as running.
    fn writer_is_gone(&mut self, last: bool) -> bool {
        let due = self.looked.is_none_or(|looked| looked.elapsed() >= LOOK_EVERY);
        if !due && !last {
            return false;
        }
        self.looked = Some(Instant::now());
        self.reader.writer_state() == WriterState::Gone
    }
}

impl Place {
    fn of(raw: &Raw<'_>) -> Self {
        // a segment has a million bytes
        Self {
            at: raw.at as u32,
            len: raw.payload.len() as u32,
            sequence: raw.sequence,
            end: raw.end,
        }
    }
}
