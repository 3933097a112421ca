use super::cache::RouteSlot;
use super::layout::{self as at, counter};
use super::{ring, text};
use crate::map::Map;
use crate::origin::{Origin, unix_ns};
use crate::{DropReason, SpoolError};
use haechi_event::{RequestId, bucket_of};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The route every app gets for what finds no place of its own.
const OTHER: &str = "(other)";

/// This process's scoreboard.
#[derive(Debug)]
pub struct Board {
    pub(super) map: Map,
    path: Option<PathBuf>,
    /// Taken to claim an app, a route or a row, which happens once for each.
    pub(super) claim: Mutex<()>,
    /// Tells this process's boards apart.
    pub(super) key: u64,
}

fn next_key() -> u64 {
    static KEYS: AtomicU64 = AtomicU64::new(1);
    KEYS.fetch_add(1, Relaxed)
}

/// What is counted when a request ends.
#[derive(Debug, Clone, Copy)]
pub struct Finished<'a> {
    /// Its id.
    pub id: RequestId,
    /// When it ended, Unix seconds.
    pub end_unix_s: u64,
    /// Nanoseconds.
    pub duration_ns: u64,
    /// CPU time in nanoseconds, if measured.
    pub cpu_ns: Option<u64>,
    /// `http.response.status_code`; 0 if none was sent.
    pub status: u16,
    /// Bytes of the request's body.
    pub bytes_in: u64,
    /// Bytes of the response's body.
    pub bytes_out: u64,
    /// The app.
    pub app: &'a str,
    /// The method.
    pub method: &'a str,
    /// The route.
    pub route: &'a str,
    /// `url.path`; UTF-8.
    pub path: &'a [u8],
}

impl Finished<'_> {
    /// What it adds to which counters of its route, but for the maximum.
    #[inline]
    pub(super) fn count(&self, mut add: impl FnMut(usize, u64)) {
        add(counter::REQUESTS, 1);
        add(counter::DURATION, self.duration_ns);
        add(counter::STATUS + usize::from(self.status / 100).min(5), 1);
        if self.bytes_in > 0 {
            add(counter::BYTES_IN, self.bytes_in);
        }
        if self.bytes_out > 0 {
            add(counter::BYTES_OUT, self.bytes_out);
        }
        if let Some(cpu_ns) = self.cpu_ns {
            add(counter::CPU, cpu_ns);
            add(counter::CPU_REQUESTS, 1);
        }
    }
}

/// What a scoreboard says of the program that writes it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About<'a> {
    /// What it calls itself.
    pub(crate) program: &'a str,
    /// Version of what records.
    pub(crate) recorder: &'a str,
    /// What it runs on, as in `CPython 3.13.1`.
    pub(crate) runtime: &'a str,
}

impl Board {
    pub(crate) fn create(
        spool: &Path,
        origin: Origin,
        about: &About<'_>,
    ) -> Result<Self, SpoolError> {
        let created = unix_ns();
        let name = format!("{created:020}-{}-{:016x}{}", origin.pid, origin.nonce, at::SUFFIX);
        Self::create_as(spool, &name, origin, about, created)
    }

    pub(super) fn create_as(
        spool: &Path,
        name: &str,
        origin: Origin,
        about: &About<'_>,
        created: u64,
    ) -> Result<Self, SpoolError> {
        let path = spool.join(name);
        let header = header(origin, about, created);
        let temporary = spool.join(format!(".{name}"));
        let map = Map::create(&temporary, &path, at::FILE_LEN, &header)?;
        Ok(Self { map, path: Some(path), claim: Mutex::new(()), key: next_key() })
    }

    /// For a process that may not write files; `None` if memory is refused too.
    pub(crate) fn in_memory() -> Option<Self> {
        let map = Map::anonymous(at::FILE_LEN)?;
        Some(Self { map, path: None, claim: Mutex::new(()), key: next_key() })
    }

    /// Whether the file is still where it was made.
    pub(crate) fn is_in_place(&self) -> bool {
        self.path.as_deref().is_some_and(Path::exists)
    }

    /// Takes the file away again: another thread's board won.
    pub(crate) fn discard(&self) {
        if let Some(path) = &self.path {
            let _ = std::fs::remove_file(path);
        }
    }

    /// Says which framework the program runs on, which it may learn after its first
    /// record.
    pub(crate) fn name_framework(&self, framework: &str) {
        text::put(&self.map, at::FRAMEWORK, at::FRAMEWORK_LEN, framework);
    }

    pub(crate) fn touch(&self, unix_ms: u64) {
        self.map.word(at::LAST_ACTIVITY).store(unix_ms, Relaxed);
    }

    /// Counts a record of a lane, of which one thread has the number at a time.
    #[inline]
    pub(crate) fn count_record(&self, lane: u32) {
        const SHARED: usize = at::LANE_COUNTERS - 1;
        let counter = (lane as usize).min(SHARED);
        let word = self.map.word(at::LANE_RECORDS + counter * at::LANE_COUNTER_LEN);
        if counter < SHARED {
            // nobody else writes it, so it needs no atomic addition
            word.store(word.load(Relaxed).wrapping_add(1), Relaxed);
        } else {
            word.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn count_drop(&self, reason: DropReason) {
        self.add_drops(reason, 1);
    }

    pub(super) fn add_drops(&self, reason: DropReason, count: u64) {
        self.map.word(at::DROPS + reason as usize * 8).fetch_add(count, Relaxed);
    }

    pub(super) fn add_records(&self, count: u64) {
        self.map.word(at::RECORDS).fetch_add(count, Relaxed);
    }

    /// Counts a finished request of the lane that `slot` was found for, which
    /// the caller holds.
    #[inline]
    pub(crate) fn finish(&self, slot: &RouteSlot, done: &Finished<'_>) {
        match slot.own {
            Some(row) => self.count_in_own(row.into(), done),
            None => self.count_shared(slot, done),
        }
        self.note_slow(done);
    }

    fn count_shared(&self, slot: &RouteSlot, done: &Finished<'_>) {
        let route = at::route(slot.route.into());
        let add = |counter: usize, by: u64| {
            self.map.word(route + at::ROUTE_COUNTERS + counter * 8).fetch_add(by, Relaxed);
        };
        done.count(add);
        let max = self.map.word(route + at::ROUTE_COUNTERS + counter::MAX * 8);
        if max.load(Relaxed) < done.duration_ns {
            max.fetch_max(done.duration_ns, Relaxed);
        }
        let bucket = route + at::ROUTE_LATENCY + bucket_of(done.duration_ns) * 4;
        self.map.half(bucket).fetch_add(1, Relaxed);
        let app = at::app(slot.app.into());
        ring::count(&self.map, app + at::APP_SECONDS, done.end_unix_s);
        ring::count(&self.map, app + at::APP_MINUTES, done.end_unix_s / 60);
    }

    /// The place of a route, claimed if it has none. With all places taken it
    /// is the app's `(other)`; with all apps taken, that of the last app.
    #[cold]
    pub(super) fn find_route(&self, app: &str, method: &str, route: &str) -> RouteSlot {
        // a thread that died while claiming leaves nothing half-done behind
        let _claim = self.claim.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let app = self.find_app(app);
        let count = self.map.word(at::ROUTE_COUNT).load(Acquire) as usize;
        let found = (0..count.min(at::ROUTES_MAX)).find(|index| {
            let slot = at::route(*index);
            self.map.word(slot).load(Relaxed) == app as u64
                && text::is(&self.map, slot + at::ROUTE_METHOD, at::METHOD_LEN, method)
                && text::is(&self.map, slot + at::ROUTE_NAME, at::ROUTE_NAME_LEN, route)
        });
        let other = || self.map.word(at::app(app) + at::APP_OTHER).load(Relaxed) as usize;
        let route = found.or_else(|| self.add_route(app, method, route)).unwrap_or_else(other);
        let (app, route) = (app as u16, route.min(at::ROUTES_MAX - 1) as u16);
        RouteSlot { app, route, known: 0, memory: 0, own: None, place: None }
    }

    fn find_app(&self, name: &str) -> usize {
        let count = (self.map.word(at::APP_COUNT).load(Acquire) as usize).min(at::APPS_MAX);
        let same = |index: &usize| text::is(&self.map, at::app(*index), at::NAME_LEN, name);
        if let Some(index) = (0..count).find(same) {
            return index;
        }
        if count == at::APPS_MAX {
            return count - 1;
        }
        // the last place is everybody else's
        let name = if count == at::APPS_MAX - 1 { OTHER } else { name };
        text::put(&self.map, at::app(count), at::NAME_LEN, name);
        // each app has room for its `(other)` because routes leave one per app free
        let other = self.add_reserved(count).unwrap_or_default();
        self.map.word(at::app(count) + at::APP_OTHER).store(other as u64, Relaxed);
        self.map.word(at::APP_COUNT).store(count as u64 + 1, Release);
        count
    }

    fn add_route(&self, app: usize, method: &str, route: &str) -> Option<usize> {
        let count = self.map.word(at::ROUTE_COUNT).load(Relaxed) as usize;
        let apps = self.map.word(at::APP_COUNT).load(Relaxed) as usize;
        let reserved = at::APPS_MAX.saturating_sub(apps);
        (count + reserved < at::ROUTES_MAX).then(|| self.write_route(count, app, method, route))
    }

    fn add_reserved(&self, app: usize) -> Option<usize> {
        let count = self.map.word(at::ROUTE_COUNT).load(Relaxed) as usize;
        (count < at::ROUTES_MAX).then(|| self.write_route(count, app, "", OTHER))
    }

    fn write_route(&self, index: usize, app: usize, method: &str, route: &str) -> usize {
        let slot = at::route(index);
        self.map.word(slot).store(app as u64, Relaxed);
        text::put(&self.map, slot + at::ROUTE_METHOD, at::METHOD_LEN, method);
        text::put(&self.map, slot + at::ROUTE_NAME, at::ROUTE_NAME_LEN, route);
        self.map.word(at::ROUTE_COUNT).store(index as u64 + 1, Release);
        index
    }
}

fn header(origin: Origin, about: &About<'_>, created: u64) -> [u8; at::HEADER_LEN] {
    let mut out = [0; at::HEADER_LEN];
    out[..8].copy_from_slice(at::MAGIC);
    out[8..16].copy_from_slice(&at::VERSION.to_le_bytes());
    out[16..16 + crate::origin::ORIGIN_LEN].copy_from_slice(&origin.to_bytes());
    out[72..80].copy_from_slice(&created.to_le_bytes());
    for (at, max, text) in [
        (at::PROGRAM, at::PROGRAM_LEN, about.program),
        (at::RECORDER, at::RECORDER_LEN, about.recorder),
        (at::RUNTIME, at::RUNTIME_LEN, about.runtime),
    ] {
        let mut end = text.len().min(max);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        out[at..at + 8].copy_from_slice(&(end as u64).to_le_bytes());
        out[at + 8..at + 8 + end].copy_from_slice(&text.as_bytes()[..end]);
    }
    let sum = crc32c::crc32c(&out[..at::HEADER_SUM]);
    out[at::HEADER_SUM..at::HEADER_SUM + 4].copy_from_slice(&sum.to_le_bytes());
    out
}
