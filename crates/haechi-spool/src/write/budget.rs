//! Keeps the spool within its budget. With a collector running nothing is
//! overwritten: new records are dropped until it has caught up. Without one the
//! spool is a flight recorder, and its oldest segments make room.
//!
//! All processes share one count of bytes in the control file. Who lists the
//! folder while others make segments may miss those: the spool can pass its
//! budget by one segment for each that is being made, until the next listing.
//! The folder is listed only where that count may be wrong (a collector has removed segments
//! meanwhile) or where it is not known which segments are the oldest.

use crate::origin::Origin;
use crate::read::{SegmentReader, SpoolDir, Tail};
use crate::{Control, DropReason, WriterState};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Segments that are looked at for one that can go, at the most: more would
/// hold the app up. The next try goes on behind them.
const LOOKS: usize = 48;

/// Names that others have removed, after which the folder is listed again.
const STALE: usize = 16;
/// Bytes that are unlinked for one new segment, if a used file may stand for it.
/// A spool that is over its budget comes down step by step: a megabyte takes a
/// third of a millisecond.
const UNLINKED: u64 = 2 << 20;

/// Where a new segment may stand.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// In a file to be made.
    Free,
    /// In the file of an old segment of the same size, which has the unfinished
    /// name now. This is what it was called.
    Used(String),
}

/// The spool as one lane makes room in it.
#[derive(Debug)]
pub(super) struct Asking<'a> {
    pub(super) dir: &'a SpoolDir,
    pub(super) control: Option<&'a Control>,
    pub(super) origin: &'a Origin,
    pub(super) budget: u64,
    /// Bytes of the new segment.
    pub(super) wanted: u64,
    /// Its unfinished name.
    pub(super) unfinished: &'a Path,
}

impl Asking<'_> {
    /// The room that was made is not used.
    pub(super) fn give_back(&self) {
        if let Some(control) = self.control {
            control.give_bytes(self.wanted);
        }
    }
}

/// The oldest segments of the spool as they were when it was listed. Whoever
/// removes one first has it: names that are gone are passed over.
#[derive(Debug, Default)]
pub(super) struct Oldest {
    /// Newest first.
    names: Vec<String>,
    /// Which collector had run last, then.
    collector: u64,
    /// Bytes of segments, then: all that is known without a control file.
    bytes: u64,
    /// When the folder had changed last, if it was listed well after that.
    changed: Option<(i64, i64)>,
}

impl Oldest {
    /// Makes room and takes it, or says why there is none.
    pub(super) fn make_room(&mut self, asking: &Asking<'_>) -> Result<Room, DropReason> {
        if asking.control.is_some() && self.take(asking) {
            return Ok(Room::Free);
        }
        let Ok(lock) = asking.dir.keep_collector_out() else { return Err(DropReason::NoDirectory) };
        let Some(no_collector) = lock else {
            if self.changed.is_some() && self.changed == changed(asking.dir) {
                return Err(DropReason::SpoolFull);
            }
            self.list(asking)?;
            return if self.take(asking) { Ok(Room::Free) } else { Err(DropReason::SpoolFull) };
        };
        let known = self.collector == no_collector.last() && asking.control.is_some();
        let listed = !known || self.names.is_empty();
        if listed {
            self.list(asking)?;
            self.collector = no_collector.last();
            if self.take(asking) {
                return Ok(Room::Free);
            }
        }
        self.overwrite_oldest(asking, listed)
    }

    /// Takes the bytes that are wanted, if they are within the budget.
    fn take(&mut self, asking: &Asking<'_>) -> bool {
        let Asking { control, budget, wanted, .. } = asking;
        match control {
            Some(control) => control.take_bytes(*wanted, *budget),
            None => self.bytes + wanted <= *budget,
        }
    }

    /// Learns what there is.
    fn list(&mut self, asking: &Asking<'_>) -> Result<(), DropReason> {
        self.changed = changed(asking.dir);
        let before = asking.control.map_or(0, Control::segment_bytes);
        let found = asking.dir.census().map_err(|_| DropReason::NoDirectory)?;
        self.names = found.names;
        self.names.reverse();
        self.bytes = found.bytes;
        if let Some(control) = asking.control {
            control.correct_bytes(before, found.bytes);
        }
        Ok(())
    }

    /// Lets finished segments go, oldest first, until there is room.
    fn overwrite_oldest(
        &mut self,
        asking: &Asking<'_>,
        mut listed: bool,
    ) -> Result<Room, DropReason> {
        let (mut unlinked, mut looks, mut missing) = (0, 0, 0);
        while looks < LOOKS {
            let next = if missing < STALE || listed { self.names.pop() } else { None };
            let Some(name) = next else {
                if listed {
                    break;
                }
                self.list(asking)?;
                if self.take(asking) {
                    return Ok(Room::Free);
                }
                listed = true;
                continue;
            };
            let old = match look(asking, &name) {
                Look::Missing => {
                    missing += 1;
                    continue;
                }
                Look::InUse => {
                    looks += 1;
                    continue;
                }
                Look::Finished(old) => old,
            };
            looks += 1;
            let path = asking.dir.path().join(&name);
            if old.size == asking.wanted && (unlinked >= UNLINKED || self.is_within(asking)) {
                if rustix::fs::rename(&path, asking.unfinished).is_ok() {
                    count(asking, old.lost);
                    return Ok(Room::Used(name));
                }
            } else if rustix::fs::unlink(&path).is_ok() {
                count(asking, old.lost);
                unlinked += old.size;
                self.bytes = self.bytes.saturating_sub(old.size);
                if let Some(control) = asking.control {
                    control.give_bytes(old.size);
                }
                if self.take(asking) {
                    return Ok(Room::Free);
                }
            }
        }
        Err(DropReason::SpoolFull)
    }

    /// Whether no more is there than may be, so that one may stand for another.
    fn is_within(&self, asking: &Asking<'_>) -> bool {
        asking.control.map_or(self.bytes, Control::segment_bytes) <= asking.budget
    }
}

/// When a file last came into the folder or left it. `None` if that is so short
/// ago that another change might get the same time.
fn changed(dir: &SpoolDir) -> Option<(i64, i64)> {
    const TELLS_APART_NS: u64 = 100_000_000;
    let found = std::fs::metadata(dir.path()).ok()?;
    let ns = found.mtime().checked_mul(1_000_000_000)?.checked_add(found.mtime_nsec())?;
    let old = crate::origin::unix_ns().saturating_sub(ns.cast_unsigned()) > TELLS_APART_NS;
    old.then(|| (found.mtime(), found.mtime_nsec()))
}

fn count(asking: &Asking<'_>, lost: u64) {
    if let Some(control) = asking.control {
        control.add_overwritten(lost);
    }
}

/// What an old segment turned out to be.
enum Look {
    /// Somebody else has removed it.
    Missing,
    /// It is being written to, or cannot be read.
    InUse,
    Finished(Finished),
}

/// A segment nobody writes to any more.
struct Finished {
    /// Its records that are stored nowhere else.
    lost: u64,
    size: u64,
}

fn look(asking: &Asking<'_>, name: &str) -> Look {
    let mut reader = match asking.dir.reader(name) {
        Ok(reader) => reader,
        Err(error) if error.is_missing() => return Look::Missing,
        Err(_) => return Look::InUse,
    };
    let (size, stored) = (reader.header().size, reader.stored_records());
    let records = match reader.sealed_records() {
        Some(records) => Some(records),
        // ours is open, or it would be sealed
        None if reader.header().origin == *asking.origin => None,
        None if reader.writer_state() != WriterState::Gone => None,
        None => records(&mut reader),
    };
    records.map_or(Look::InUse, |records| {
        Look::Finished(Finished { lost: records.saturating_sub(stored), size })
    })
}

fn records(reader: &mut SegmentReader) -> Option<u64> {
    let (mut records, mut buffer) = (0_u64, Vec::new());
    loop {
        let chunk = reader.read(&mut buffer, 1 << 16).ok()?;
        records += chunk.records.len() as u64;
        if chunk.tail != Tail::More {
            return Some(records);
        }
    }
}
