//! What a step has gathered, on its way to the store, and how the store knows
//! tickets.

use crate::ask::Moment;
use haechi_event::{Record, RequestId};
use haechi_store::{Batch, Incoming, Note, Position, Store, StoreError, TICKETS};

/// Kinds of notes: on files that are no tickets, on folders that were read.
pub(super) const REFUSED: &str = "refused";
pub(super) const READ: &str = "tickets";
const DAY_MS: u64 = 86_400_000;

/// What is to be committed.
#[derive(Default)]
pub(super) struct Gathered {
    /// Segment and encoded exception of each ticket.
    pub(super) tickets: Vec<(String, Vec<u8>)>,
    /// Days since 1970 the tickets are of.
    pub(super) days: Vec<u64>,
    /// Segments of tickets that need not be looked at again.
    pub(super) settled: Vec<String>,
    /// How many of those are no tickets.
    pub(super) refused: u64,
    pub(super) notes: Vec<Note>,
}

impl Gathered {
    pub(super) fn add(&mut self, segment: String, bytes: Vec<u8>, unix_ms: u64) {
        let day = unix_ms / DAY_MS;
        if !self.days.contains(&day) {
            self.days.push(day);
        }
        self.tickets.push((segment, bytes));
    }

    /// Hands all of it to the store at once. Says how many are new.
    pub(super) fn commit(&self, store: &dyn Store) -> Result<u64, StoreError> {
        let decoded = self.tickets.iter().filter_map(|(segment, bytes)| {
            let record = Record::decode(bytes).ok()?;
            Some(Incoming { segment, pid: 0, end: 1, sequence: 1, record })
        });
        let once = Position { end: 1, records: 1 };
        let batch = Batch {
            records: decoded.collect(),
            read: self.settled.iter().map(|segment| (segment.as_str(), once)).collect(),
            drops: Vec::new(),
            notes: self.notes.clone(),
        };
        if batch.records.is_empty() && batch.read.is_empty() {
            return Ok(0);
        }
        Ok(store.append(&batch)?.stored)
    }
}

pub(super) fn note(kind: &str, name: &str, text: String, count: u64) -> Note {
    let time_unix_ms = Moment::now().unix_ms();
    Note { time_unix_ms, kind: kind.to_owned(), name: name.to_owned(), text, count }
}

/// What the store knows a ticket by.
pub(super) fn segment(app: &str, name: &str) -> String {
    format!("{TICKETS}{:016x}", hash(&[app.as_bytes(), b"/", name.as_bytes()]))
}

/// The same each time: its millisecond, and its hash in the place of lane and
/// sequence.
pub(super) fn id_of(segment: &str, unix_ms: u64) -> RequestId {
    const REST_BITS: u64 = (1 << 23) - 1;
    let first = RequestId::first_at_ms(unix_ms).as_u64();
    RequestId::from_u64(first | hash(&[segment.as_bytes()]) & REST_BITS)
}

/// FNV-1a.
fn hash(parts: &[&[u8]]) -> u64 {
    let fold = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    parts.iter().copied().flatten().fold(0xcbf2_9ce4_8422_2325, fold)
}
