use super::segment::Reading;
use haechi_event::{EventError, Record};
use haechi_store::{Batch, Incoming, Note, Position};
use std::collections::BTreeMap;

/// What is to be told beside the records.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) drops: BTreeMap<&'static str, u64>,
    pub(super) notes: Vec<Note>,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.drops.is_empty() && self.notes.is_empty()
    }

    pub(super) fn note(&mut self, kind: &str, name: &str, text: String, count: u64) {
        self.notes.push(Note {
            time_unix_ms: crate::ask::Moment::now().unix_ms(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            text,
            count,
        });
    }

    pub(super) fn drop_records(&mut self, reason: &'static str, count: u64) {
        *self.drops.entry(reason).or_default() += count;
    }
}

/// Decodes what was read. A record that cannot be understood is counted and
/// noted once per segment and cause; those after it are read on.
pub(super) fn decode(readings: &[Reading]) -> (Vec<Incoming<'_>>, Pending) {
    let mut records = Vec::with_capacity(readings.iter().map(|r| r.records.len()).sum());
    let mut lost = Pending::default();
    for reading in readings {
        let mut causes: BTreeMap<String, u64> = BTreeMap::new();
        for place in &reading.records {
            match Record::decode(reading.payload(place)) {
                Ok(record) => records.push(Incoming {
                    segment: &reading.name,
                    pid: reading.pid,
                    end: place.end,
                    sequence: place.sequence,
                    record,
                }),
                Err(error) => {
                    lost.drop_records(reason(error), 1);
                    *causes.entry(error.to_string()).or_default() += 1;
                }
            }
        }
        for (text, count) in causes {
            lost.note("unreadable", &reading.name, text, count);
        }
    }
    (records, lost)
}

fn reason(error: EventError) -> &'static str {
    match error {
        EventError::UnknownKind(_) | EventError::UnknownVersion { .. } => "newer_version",
        EventError::Truncated(_) | EventError::NotUtf8(_) | EventError::OutOfRange(_) => "damaged",
    }
}

/// How far each segment was read, whether its records were understood or not.
pub(super) fn read_to(readings: &[Reading]) -> Vec<(&str, Position)> {
    let ends = readings.iter().filter_map(|reading| {
        let last = reading.records.last()?;
        let to = Position { end: last.end, records: u64::from(last.sequence) };
        Some((reading.name.as_str(), to))
    });
    ends.collect()
}

/// The batch for the store: records and everything to be told with them.
pub(super) fn batch<'a>(
    records: Vec<Incoming<'a>>,
    read: Vec<(&'a str, Position)>,
    told: &[&Pending],
) -> Batch<'a> {
    let drops = told.iter().flat_map(|told| &told.drops);
    let drops = drops.map(|(reason, count)| ((*reason).to_owned(), *count)).collect();
    let notes = told.iter().flat_map(|told| told.notes.iter().cloned()).collect();
    Batch { records, read, drops, notes }
}

/// When the newest of the records ended, Unix milliseconds.
pub(super) fn newest_ms(records: &[Incoming<'_>]) -> Option<u64> {
    let ended = records.iter().map(|incoming| {
        let took = match &incoming.record {
            Record::Request(request) => request.duration_ns,
            _ => 0,
        };
        incoming.record.unix_ns().saturating_add(took)
    });
    ended.max().map(|ns| ns / 1_000_000)
}
