use super::batch::Pending;
use super::segment::{OpenSegment, Reading, State};
use crate::ServerError;
use haechi_spool::SpoolError;
use haechi_spool::read::SpoolDir;
use haechi_store::Store;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included, Unbounded};

/// Records of one batch, roughly: the segment that reaches it is still read.
const RECORDS: usize = 16_000;
/// Bytes of one batch, roughly.
const BYTES: usize = 4 << 20;
/// Segments open at one time. If there are more, rounds take turns.
const OPEN: usize = 256;

/// The segments that are being read.
#[derive(Debug, Default)]
pub(super) struct Segments {
    open: BTreeMap<String, OpenSegment>,
    /// If there are more than may be open, the one read last: reading goes on
    /// behind it. Otherwise the oldest comes first.
    turn: Option<String>,
    /// Buffers of readings that are done with.
    spare: Vec<Vec<u8>>,
    /// Segments there were when new ones were opened last.
    there: usize,
}

/// What was read at once.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// One for each segment that had something new.
    pub(super) readings: Vec<Reading>,
    /// There is more to read at once.
    pub(super) behind: bool,
}

impl Segments {
    pub(super) fn names(&self) -> Vec<&str> {
        self.open.keys().map(String::as_str).collect()
    }

    /// Rounds that a turn through all segments takes.
    pub(super) fn rounds_of_turn(&self) -> usize {
        self.there.div_ceil(OPEN).max(1)
    }

    /// Opens segments that appeared since the last time, and lets go of those
    /// that somebody else removed or whose turn it is not.
    pub(super) fn open_new(
        &mut self,
        spool: &SpoolDir,
        store: &dyn Store,
        pending: &mut Pending,
    ) -> Result<(), ServerError> {
        let mut names = spool.segments()?;
        self.there = names.len();
        if names.len() > OPEN {
            let turn = self.turn.get_or_insert_default();
            let next = names.partition_point(|name| name <= turn) % names.len();
            names.rotate_left(next);
            names.truncate(OPEN);
            names.sort_unstable();
        } else {
            self.turn = None;
        }
        self.open.retain(|name, open| open.is_under_way() || names.binary_search(name).is_ok());
        for name in names {
            if self.open.contains_key(&name) {
                continue;
            }
            match spool.reader(&name) {
                Ok(reader) => {
                    let position = store.position(&name)?.end;
                    self.open.insert(name, OpenSegment::new(reader, position));
                }
                Err(error) if error.is_missing() => {}
                Err(error @ (SpoolError::Foreign { .. } | SpoolError::Newer { .. })) => {
                    spool.quarantine(&name)?;
                    pending.note("quarantine", &name, error.to_string(), 1);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Reads on in each segment, oldest first or by turns, until the batch is
    /// full. What is read must be kept or all of it forgotten, but need not be
    /// before more is read. `last` looks for every writer.
    pub(super) fn read(&mut self, last: bool) -> Result<Found, ServerError> {
        let Self { open, turn, spare, .. } = self;
        let begin = turn.clone().unwrap_or_default();
        // with turns, those up to the beginning come round at the end
        let halves = [(Excluded(&*begin), Unbounded), (Unbounded, Included(&*begin))];
        let (mut found, mut records, mut bytes) = (Found::default(), 0, 0);
        for half in halves {
            for (name, segment) in open.range_mut::<str, _>(half) {
                if records >= RECORDS || bytes >= BYTES {
                    found.behind = true;
                    return Ok(found);
                }
                if let Some(turn) = turn {
                    turn.clone_from(name);
                }
                let Some(reading) = segment.read(name, spare, last)? else { continue };
                records += reading.records.len();
                bytes += reading.bytes();
                found.behind |= reading.outcome.state == State::More;
                found.readings.push(reading);
            }
        }
        Ok(found)
    }

    /// The store has it all: moves on, and unlinks what is finished.
    pub(super) fn keep(&mut self, found: Found, spool: &SpoolDir) -> Result<(), ServerError> {
        for reading in found.readings {
            let Reading { name, buffer, outcome, .. } = reading;
            self.spare.push(buffer);
            let Some(segment) = self.open.get_mut(&name) else { continue };
            segment.keep(outcome);
            match outcome.state {
                State::More | State::Waiting => {}
                State::Finished { torn: 0 | 1 } => {
                    self.open.remove(&name);
                    spool.remove(&name)?;
                }
                State::Finished { .. } => {
                    self.open.remove(&name);
                    spool.quarantine(&name)?;
                }
            }
        }
        Ok(())
    }

    /// The store took nothing: what was read is read again.
    pub(super) fn forget(&mut self) {
        for segment in self.open.values_mut() {
            segment.forget();
        }
    }

    /// Gives up the buffers that a burst needed.
    pub(super) fn rest(&mut self) {
        self.spare = Vec::new();
    }
}
