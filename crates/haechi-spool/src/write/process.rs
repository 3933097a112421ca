use super::budget::{Asking, Oldest, Room};
use super::warm::Warm;
use super::{clock, files, fork, lane};
use crate::board::{About, Board};
use crate::origin::{Origin, noise, unix_ns};
use crate::read::SpoolDir;
use crate::segment::{SIZES, SegmentHeader, VERSION};
use crate::{Control, DropReason, SpoolError, map};
use haechi_event::IdLane;
use lane::{Lane, OpenSegment};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// After a failure, files are tried again this much later.
const RETRY_MS: u64 = 200;
/// Lanes of ended threads that are kept for new ones.
const IDLE_LANES: usize = 64;

/// Everything one process has in the spool. Made at its first record after
/// start or fork; a child never uses its parent's.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) generation: u64,
    pub(super) board: Board,
    pub(super) control: Option<Control>,
    dir: Option<SpoolDir>,
    origin: Origin,
    lanes_made: AtomicU32,
    idle: Mutex<Vec<Lane>>,
    retry_at_ms: AtomicU64,
    last_reason: AtomicUsize,
    why_not: Mutex<Option<String>>,
}

impl Process {
    /// Without files it counts what it drops in plain memory; `None` only if
    /// that is refused as well.
    pub(super) fn start(spool: &Path, about: &About<'_>) -> Option<Self> {
        let origin = Origin::this_process();
        let opened = map::make_folder(spool).and_then(|()| SpoolDir::open(spool));
        let boarded = opened.and_then(|dir| {
            crate::board::retire_old(&dir);
            Ok((Board::create(dir.path(), origin, about)?, dir))
        });
        let reason = match &boarded {
            Err(error) if !error.is_full() => DropReason::NoDirectory,
            _ => DropReason::DiskFull,
        };
        let (board, dir, why_not) = match boarded {
            Ok((board, dir)) => (board, Some(dir), None),
            Err(error) => (Board::in_memory()?, None, Some(error.to_string())),
        };
        let control = dir.as_ref().and_then(|dir| Control::open(dir.path()).ok());
        Some(Self {
            generation: fork::generation(),
            board,
            control,
            dir,
            origin,
            lanes_made: AtomicU32::new(0),
            idle: Mutex::new(Vec::new()),
            retry_at_ms: AtomicU64::new(0),
            last_reason: AtomicUsize::new(reason as usize),
            why_not: Mutex::new(why_not),
        })
    }

    /// Whether it is this process's, and its files are where they were.
    pub(super) fn is_current(&self) -> bool {
        self.generation == fork::generation()
    }

    /// Whether somebody removed our files, or they could not be made: time to
    /// start afresh.
    pub(super) fn is_lost(&self) -> bool {
        !self.has_files() || !self.board.is_in_place()
    }

    /// Whether its files could be made.
    pub(super) fn has_files(&self) -> bool {
        self.dir.is_some()
    }

    /// Why nothing is written, if nothing is.
    pub(super) fn why_not(&self) -> Option<String> {
        self.why_not.try_lock().ok().and_then(|why| why.clone())
    }

    /// A lane for a thread that has none: an ended thread's, or a new one.
    pub(super) fn take_lane(&self) -> Lane {
        if let Ok(mut idle) = self.idle.try_lock()
            && let Some(lane) = idle.pop()
        {
            return lane;
        }
        let number = self.lanes_made.fetch_add(1, Ordering::Relaxed);
        let shared = self.control.as_ref().map_or(self.origin.pid, Control::next_lane);
        Lane {
            header: SegmentHeader {
                pid: self.origin.pid,
                lane: number,
                number: 0,
                created_unix_ns: 0,
                size: 0,
                origin: self.origin,
                version: VERSION,
            },
            segment: None,
            warm: Warm::default(),
            oldest: Oldest::default(),
            ids: IdLane::new(shared, noise()),
            buffer: Vec::with_capacity(1024),
            sampled_ns: 0,
            routes: crate::board::RouteCache::default(),
        }
    }

    /// Takes back the lane of an ended thread.
    pub(super) fn give_back(&self, lane: Lane) {
        if let Ok(mut idle) = self.idle.try_lock()
            && idle.len() < IDLE_LANES
        {
            idle.push(lane);
            return;
        }
        if let Some(segment) = lane.segment {
            segment.seal();
        }
    }

    /// Gives a lane its next segment.
    pub(super) fn next_segment(&self, lane: &mut Lane, budget: u64) -> Result<(), DropReason> {
        if let Some(full) = lane.segment.take() {
            lane.warm.keep(lane.header.file_name(), full.seal());
            lane.header.number += 1;
        }
        let dir = self.dir.as_ref().ok_or_else(|| self.reason())?;
        let now = clock::coarse_unix_ms();
        if now < self.retry_at_ms.load(Ordering::Relaxed) {
            return Err(self.reason());
        }
        let made = self.make_segment(dir, lane, budget);
        if let Err((reason, error)) = &made {
            self.retry_at_ms.store(now + RETRY_MS, Ordering::Relaxed);
            self.remember(*reason, error.as_ref());
        }
        made.map_err(|(reason, _)| reason)
    }

    fn make_segment(
        &self,
        dir: &SpoolDir,
        lane: &mut Lane,
        budget: u64,
    ) -> Result<(), (DropReason, Option<SpoolError>)> {
        let size = SIZES[(lane.header.number as usize).min(SIZES.len() - 1)];
        lane.header.created_unix_ns = unix_ns();
        lane.header.size = size as u64;
        let asking = Asking {
            dir,
            control: self.control.as_ref(),
            origin: &self.origin,
            budget,
            wanted: size as u64,
            unfinished: &files::unfinished(dir, &lane.header),
        };
        let room = lane.oldest.make_room(&asking).map_err(|reason| (reason, None))?;
        let made = match room {
            Room::Free => files::make(dir, &lane.header).map(|file| (file, 0)),
            Room::Used(name) => {
                let known = lane.warm.take(&name, size);
                let populated = if known.is_some() { size } else { 0 };
                files::make_of_used(dir, &lane.header, known)
                    .map(|file| (file, populated))
                    // it was damaged; its name is gone and its room is ours
                    .or_else(|_| files::make(dir, &lane.header).map(|file| (file, 0)))
            }
        };
        let (file, populated) = made.map_err(|error| {
            asking.give_back();
            let full = error.is_full();
            (if full { DropReason::DiskFull } else { DropReason::NoDirectory }, Some(error))
        })?;
        lane.segment = Some(OpenSegment::new(file, lane.header.sums(), populated));
        Ok(())
    }

    fn remember(&self, reason: DropReason, error: Option<&SpoolError>) {
        let why = error.map_or_else(|| reason.name().to_owned(), ToString::to_string);
        if let Ok(mut place) = self.why_not.try_lock() {
            *place = Some(why);
        }
        self.last_reason.store(reason as usize, Ordering::Relaxed);
    }

    /// The reason of the last failure, while files are not tried again.
    fn reason(&self) -> DropReason {
        let index = self.last_reason.load(Ordering::Relaxed);
        DropReason::ALL.get(index).copied().unwrap_or(DropReason::DiskFull)
    }
}
