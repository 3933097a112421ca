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
    pub(super) name: String,
    reader: SegmentReader,
    buffer: Vec<u8>,
    /// Up to where the store has it.
    position: u64,
    wanted: usize,
    looked: Option<Instant>,
}

/// What one reading found.
pub(super) struct Reading<'a> {
    pub(super) name: &'a str,
    pub(super) pid: u32,
    pub(super) records: Vec<Raw<'a>>,
    pub(super) outcome: Outcome,
}

/// What a reading means once its records are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Where the next reading begins.
    pub(super) end: u64,
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

impl OpenSegment {
    pub(super) fn new(name: String, mut reader: SegmentReader, position: u64) -> Self {
        reader.seek(position);
        Self { name, reader, buffer: Vec::new(), position, wanted: 0, looked: None }
    }

    /// Reads on from the position. Read again without [`Self::keep`] between,
    /// it finds the same records. `last` looks for the writer in any case.
    pub(super) fn read(&mut self, last: bool) -> Result<Reading<'_>, ServerError> {
        let gone = self.writer_is_gone(last);
        let sealed = self.reader.sealed_records().is_some();
        let chunk = self.reader.read(&mut self.buffer, self.wanted)?;
        let end = chunk.records.last().map_or(self.position, |last| last.end);
        let state = match chunk.tail {
            Tail::More => State::More,
            Tail::Sealed => State::Finished { torn: 0 },
            Tail::Live if gone => State::Finished { torn: 0 },
            Tail::Damaged { records } if gone || sealed => State::Finished { torn: records },
            Tail::Live | Tail::Damaged { .. } => State::Waiting,
        };
        Ok(Reading {
            name: &self.name,
            pid: self.reader.header().pid,
            records: chunk.records,
            outcome: Outcome { end, state },
        })
    }

    /// The store has everything of the last reading.
    pub(super) fn keep(&mut self, outcome: Outcome) {
        let found = outcome.end.saturating_sub(self.position);
        self.position = outcome.end;
        if found > 0 {
            self.looked = Some(Instant::now());
            self.reader.mark_stored();
        }
        if outcome.state == State::More || found >= APPETITE {
            self.wanted = MUCH;
        } else if self.wanted > 0 {
            self.wanted = 0;
            self.buffer = Vec::new();
        }
    }

    /// The store took nothing of the last reading: the next begins where it did.
    pub(super) fn forget(&mut self) {
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
