//! Scoreboards of processes that ended are added up in one file, so that a
//! server which restarts its workers all day neither loses their numbers nor
//! fills the disk.

use super::layout::{self as at, counter};
use super::live::{About, Board};
use super::ring;
use super::snapshot::{BoardSnapshot, parse, read};
use crate::origin::Origin;
use crate::read::SpoolDir;
use crate::{DropReason, SpoolError};
use rustix::fs::{FlockOperation, Mode, OFlags};
use std::sync::atomic::Ordering::Relaxed;

/// Gone processes whose own scoreboards are kept.
const KEEP: usize = 16;
/// The same of processes that died in a request of which no collector has told
/// yet. Of more, which only a crash loop without a server makes, the oldest go
/// and their requests are counted as lost.
const KEEP_UNTOLD: usize = 32;
const NAME: &str = "retired.board";

/// Adds the oldest scoreboards of gone processes into `retired.board`, if
/// there are more than a few. Does nothing if another process is at it, or if
/// anything fails: the numbers then stay where they are.
pub(crate) fn retire_old(dir: &SpoolDir) {
    let names = board_names(dir);
    if names.len() > KEEP
        && let Ok(lock) = lock(dir)
    {
        let _ = retire(dir, names);
        drop(lock);
    }
}

pub(super) fn board_names(dir: &SpoolDir) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir.path()) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<_> = names
        .filter(|name| name.ends_with(at::SUFFIX) && !name.starts_with('.') && name != NAME)
        .collect();
    names.sort_unstable();
    names
}

pub(super) fn lock(dir: &SpoolDir) -> Result<std::os::fd::OwnedFd, rustix::io::Errno> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::open(dir.path().join("retire.lock"), flags, Mode::RUSR | Mode::WUSR)?;
    rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive)?;
    Ok(fd)
}

/// The new sum replaces the old in one rename and names what it holds, so a
/// reader never counts a board twice, whenever this is interrupted.
fn retire(dir: &SpoolDir, names: Vec<String>) -> Result<(), SpoolError> {
    let gone: Vec<_> = names
        .into_iter()
        .filter_map(|name| read(dir.path(), &name).ok())
        .filter(|board| !board.running)
        .collect();
    let (untold, told): (Vec<_>, Vec<_>) = gone.into_iter().partition(is_untold);
    let surplus = told.len().saturating_sub(KEEP);
    let lost = untold.len().saturating_sub(KEEP_UNTOLD);
    if surplus + lost == 0 {
        return Ok(());
    }
    // one that a collector has begun to tell of is told by the next one
    let lost = untold.into_iter().take(lost).filter(|board| board.end.is_none());
    let gone = lost.chain(told.into_iter().take(surplus));
    let before = read(dir.path(), NAME).ok();
    let known = before.as_ref().map(|board| board.merged.clone()).unwrap_or_default();
    let (merged_already, fresh): (Vec<_>, Vec<_>) =
        gone.take(at::MERGED_MAX).partition(|b| known.contains(&b.nonce));
    let oldest = before.iter().chain(&fresh).map(|board| board.created_unix_ns).min();
    let origin = Origin { nonce: crate::origin::noise(), ..Origin::default() };
    let temporary = format!("{NAME}.new");
    let created = oldest.unwrap_or_default();
    let _ = std::fs::remove_file(dir.path().join(&temporary));
    let sum = Board::create_as(dir.path(), &temporary, origin, &About::default(), created)?;
    for board in before.iter().chain(&fresh) {
        sum.absorb(board);
        sum.add_drops(DropReason::Untold, board.in_flight.len() as u64);
    }
    sum.name_merged(fresh.iter().chain(&merged_already));
    let to = dir.path().join(NAME);
    std::fs::rename(dir.path().join(&temporary), &to).map_err(SpoolError::io("name", to))?;
    for board in fresh.iter().chain(&merged_already) {
        dir.remove(&board.name)?;
    }
    Ok(())
}

fn is_untold(board: &BoardSnapshot) -> bool {
    !board.in_flight.is_empty()
}

impl Board {
    /// Adds all that another board of this process has counted.
    pub(crate) fn take_over(&self, other: &Self) {
        self.absorb(&parse("", &other.map.to_vec()));
    }

    fn absorb(&self, other: &BoardSnapshot) {
        self.add_records(other.records);
        for (reason, count) in &other.drops {
            self.add_drops(*reason, *count);
        }
        for route in &other.routes {
            let found = self.find_route(&route.app, &route.method, &route.route);
            let slot = at::route(found.route.into());
            let sums = [
                (counter::REQUESTS, route.requests),
                (counter::DURATION, route.duration_ns),
                (counter::CPU, route.cpu_ns),
                (counter::CPU_REQUESTS, route.cpu_requests),
                (counter::BYTES_IN, route.bytes_in),
                (counter::BYTES_OUT, route.bytes_out),
            ];
            let status = route.status.iter().enumerate().map(|(i, n)| (counter::STATUS + i, *n));
            for (counter, value) in sums.into_iter().chain(status) {
                self.map.word(slot + at::ROUTE_COUNTERS + counter * 8).fetch_add(value, Relaxed);
            }
            let max = self.map.word(slot + at::ROUTE_COUNTERS + counter::MAX * 8);
            max.fetch_max(route.max_ns, Relaxed);
            for (bucket, times) in route.latency.buckets() {
                let times = u32::try_from(times).unwrap_or(u32::MAX);
                self.map.half(slot + at::ROUTE_LATENCY + bucket * 4).fetch_add(times, Relaxed);
            }
        }
        self.absorb_rings(other);
    }

    fn absorb_rings(&self, other: &BoardSnapshot) {
        for app in &other.apps {
            let slot = at::app(self.find_route(&app.app, "", "(other)").app.into());
            for (second, requests) in &app.seconds {
                ring::add(&self.map, slot + at::APP_SECONDS, *second, *requests);
            }
            for (minute, requests) in &app.minutes {
                ring::add(&self.map, slot + at::APP_MINUTES, *minute, *requests);
            }
        }
    }

    fn name_merged<'a>(&self, boards: impl Iterator<Item = &'a BoardSnapshot>) {
        let mut count = 0;
        for board in boards.take(at::MERGED_MAX) {
            self.map.word(at::MERGED + 8 + count * 8).store(board.nonce, Relaxed);
            count += 1;
        }
        self.map.word(at::MERGED).store(count as u64, Relaxed);
    }
}
