//! Keeps the spool within its budget. With a collector running nothing is
//! overwritten: new records are dropped until it has caught up. Without one the
//! spool is a flight recorder, and its oldest segments make room.

use crate::read::{SpoolDir, Tail};
use crate::{Control, DropReason, WriterState};
use std::sync::atomic::Ordering;

/// Makes room for `wanted` bytes of segments, or says why there is none.
pub(super) fn make_room(
    dir: &SpoolDir,
    control: Option<&Control>,
    budget: u64,
    wanted: u64,
) -> Result<(), DropReason> {
    let known = control.map(|control| control.segment_bytes().load(Ordering::Relaxed));
    if known.is_some_and(|bytes| bytes + wanted <= budget) {
        return Ok(());
    }
    let mut bytes = dir.bytes().map_err(|_| DropReason::NoDirectory)?;
    if bytes + wanted > budget {
        bytes = overwrite_oldest(dir, control, bytes, budget.saturating_sub(wanted));
    }
    if let Some(control) = control {
        control.segment_bytes().store(bytes, Ordering::Relaxed);
    }
    if bytes + wanted <= budget { Ok(()) } else { Err(DropReason::SpoolFull) }
}

/// Removes finished segments, oldest first, until `bytes` is at most `goal`;
/// returns the bytes left.
fn overwrite_oldest(dir: &SpoolDir, control: Option<&Control>, mut bytes: u64, goal: u64) -> u64 {
    let Ok(Some(_no_collector)) = dir.keep_collector_out() else { return bytes };
    for name in dir.segments().unwrap_or_default() {
        if bytes <= goal {
            break;
        }
        let Some((records, size)) = finished(dir, &name) else { continue };
        if dir.remove(&name).is_ok() {
            bytes = bytes.saturating_sub(size);
            if let Some(control) = control {
                control.add_overwritten(records);
            }
        }
    }
    bytes
}

/// Records not stored anywhere else, and size, of a segment nobody writes to
/// any more.
fn finished(dir: &SpoolDir, name: &str) -> Option<(u64, u64)> {
    let mut reader = dir.reader(name).ok()?;
    let size = reader.header().size;
    let stored = reader.stored_records();
    if let Some(records) = reader.sealed_records() {
        return Some((records.saturating_sub(stored), size));
    }
    if reader.writer_state() != WriterState::Gone {
        return None;
    }
    let (mut records, mut buffer) = (0_u64, Vec::new());
    loop {
        let chunk = reader.read(&mut buffer, 1 << 16).ok()?;
        records += chunk.records.len() as u64;
        if chunk.tail != Tail::More {
            return Some((records.saturating_sub(stored), size));
        }
    }
}
