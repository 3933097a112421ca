use super::doing::{self, Doing};
use super::end::{self, End};
use super::layout::{self as at, counter};
use super::{own, ring, text};
use crate::origin::{ORIGIN_LEN, Origin, WriterState};
use crate::segment::{u32_at, u64_at};
use crate::{DropReason, SpoolError};
use haechi_event::{BUCKETS, Histogram, RequestId};
use std::fs::File;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// One process's scoreboard at one moment.
#[derive(Debug, Clone, Default)]
pub struct BoardSnapshot {
    /// The file's name; `retired.board` is the sum of long-gone processes.
    pub name: String,
    /// The process; 0 for the sum of the retired.
    pub pid: u32,
    /// Whether it still runs. One in another pid namespace counts as running
    /// while it was active in the last ten minutes.
    pub running: bool,
    /// When the process started, in clock ticks after boot; `None` if it does not
    /// run or belongs to another pid namespace: `/proc/PID` is not it.
    pub start_ticks: Option<u64>,
    /// When the scoreboard was made, Unix nanoseconds.
    pub created_unix_ns: u64,
    /// When it last looked after its files, Unix milliseconds; 0 if never.
    pub last_activity_unix_ms: u64,
    /// What the program calls itself.
    pub program: String,
    /// Version of what records in it; empty if it is from before that was told.
    pub recorder: String,
    /// What it runs on, as in `CPython 3.13.1, web2py 3.3.3`; empty if not known.
    pub runtime: String,
    /// Events appended to the spool.
    pub records: u64,
    /// Events not kept, by reason; only reasons that occurred.
    pub drops: Vec<(DropReason, u64)>,
    /// Requests per second and minute of each app.
    pub apps: Vec<AppSnapshot>,
    /// Counters of each route that was requested.
    pub routes: Vec<RouteSnapshot>,
    /// Requests begun and not ended, unordered. Of a process that ended, those
    /// it died in, until a collector has told of them; then they are counted.
    pub in_flight: Vec<InFlight>,
    /// How the process ended, once a collector has decided that.
    pub end: Option<End>,
    /// Requests in flight that found no place among them.
    pub overflow_in_flight: u64,
    /// The slowest of about the last hour, unordered.
    pub slowest: Vec<Slow>,
    pub(super) nonce: u64,
    pub(super) merged: Vec<u64>,
}

/// The recent past of an app in one process.
#[derive(Debug, Clone, Default)]
pub struct AppSnapshot {
    /// `service.name`.
    pub app: String,
    /// (Unix second, requests that ended in it), unordered, of the last 64 s.
    pub seconds: Vec<(u64, u32)>,
    /// (Unix minute, requests that ended in it), unordered, of the last 64 min.
    pub minutes: Vec<(u64, u32)>,
}

/// A route's counters in one process.
#[derive(Debug, Clone, Default)]
pub struct RouteSnapshot {
    /// `service.name`.
    pub app: String,
    /// `http.request.method`.
    pub method: String,
    /// `http.route`.
    pub route: String,
    /// Requests that ended.
    pub requests: u64,
    /// Their durations added up, nanoseconds.
    pub duration_ns: u64,
    /// The longest, nanoseconds.
    pub max_ns: u64,
    /// CPU time of those it was measured for, nanoseconds.
    pub cpu_ns: u64,
    /// How many it was measured for.
    pub cpu_requests: u64,
    /// Bytes of request bodies.
    pub bytes_in: u64,
    /// Bytes of response bodies.
    pub bytes_out: u64,
    /// Requests without a status, with 1xx, 2xx, 3xx, 4xx, 5xx.
    pub status: [u64; 6],
    /// Their durations.
    pub latency: Histogram,
}

/// A request that has begun and not ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InFlight {
    /// Its id.
    pub id: RequestId,
    /// The app as far as known.
    pub app: String,
    /// `http.request.method`.
    pub method: String,
    /// `url.path`, at most 160 bytes of it.
    pub path: String,
    /// The route; empty while unknown.
    pub route: String,
    /// `client.address`.
    pub client: String,
    /// When it began, Unix nanoseconds.
    pub start_unix_ns: u64,
    /// Its place among those in flight.
    pub place: u16,
    /// What it does at this moment.
    pub doing: Doing,
}

/// One of the slowest requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slow {
    /// Its id.
    pub id: RequestId,
    /// `service.name`.
    pub app: String,
    /// `http.request.method`.
    pub method: String,
    /// `http.route`.
    pub route: String,
    /// `url.path`.
    pub path: String,
    /// `http.response.status_code`.
    pub status: u16,
    /// Nanoseconds.
    pub duration_ns: u64,
}

/// Scoreboards of every process, living and gone; what cannot be read is left
/// out, and what has been added to the retired is not given twice.
#[must_use]
pub fn snapshots(spool: &Path) -> Vec<BoardSnapshot> {
    let Ok(entries) = std::fs::read_dir(spool) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let boards = names.filter(|name| name.ends_with(at::SUFFIX) && !name.starts_with('.'));
    let mut found: Vec<_> = boards.filter_map(|name| read(spool, &name).ok()).collect();
    let merged: Vec<u64> = found.iter().flat_map(|board| board.merged.iter().copied()).collect();
    found.retain(|board| !merged.contains(&board.nonce));
    found.sort_by_key(|board| board.created_unix_ns);
    found
}

/// Reads one scoreboard.
pub(super) fn read(spool: &Path, name: &str) -> Result<BoardSnapshot, SpoolError> {
    let path = spool.join(name);
    let file = open(&path)?;
    let mut bytes = vec![0; at::FILE_LEN];
    let pread = |bytes: &mut [u8], from: usize| {
        file.read_exact_at(bytes, from as u64).map_err(SpoolError::io("read", &path))
    };
    pread(&mut bytes[..at::ROUTES], 0)?;
    check_header(&path, &bytes)?;
    // routes are most of the file; only those in use are read
    let routes = at::route((u64_at(&bytes, at::ROUTE_COUNT) as usize).min(at::ROUTES_MAX));
    pread(&mut bytes[at::ROUTES..routes], at::ROUTES)?;
    pread(&mut bytes[at::FLIGHTS..at::OWNS], at::FLIGHTS)?;
    if u64_at(&bytes, at::OWN_COUNT) > 0 {
        let owns = at::own((u64_at(&bytes, at::OWN_COUNT) as usize).min(at::OWNS_MAX));
        pread(&mut bytes[at::OWNS..owns], at::OWNS)?;
    }
    if at::file_len(u64_at(&bytes, 8)) > at::DOINGS {
        pread(&mut bytes[at::DOINGS..], at::DOINGS)?;
    }
    for index in 0..at::FLIGHTS_MAX {
        if u64_at(&bytes, at::flight(index)) != 0 {
            settle(&file, &mut bytes, index).map_err(SpoolError::io("read", &path))?;
        }
    }
    Ok(parse(name, &bytes))
}

/// Tells whether a file is a scoreboard that this version reads, from its
/// header and size alone.
pub(crate) fn look(path: &Path) -> Result<(), SpoolError> {
    let file = open(path)?;
    let found = file.metadata().map_err(SpoolError::io("look at", path))?;
    let short = || {
        let why = "it is too short for a scoreboard";
        Err(SpoolError::Foreign { path: path.to_path_buf(), why })
    };
    if !found.is_file() || found.len() < at::HEADER_LEN as u64 {
        return short();
    }
    let mut bytes = [0; at::HEADER_LEN];
    file.read_exact_at(&mut bytes, 0).map_err(SpoolError::io("read", path))?;
    check_header(path, &bytes)?;
    if found.len() < at::file_len(u64_at(&bytes, 8)) as u64 { short() } else { Ok(()) }
}

pub(super) fn open(path: &Path) -> Result<File, SpoolError> {
    File::options()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)
        .map_err(SpoolError::io("open", path))
}

pub(super) fn check_header(path: &Path, bytes: &[u8]) -> Result<(), SpoolError> {
    let foreign = |why| Err(SpoolError::Foreign { path: path.to_path_buf(), why });
    if &bytes[..8] != at::MAGIC {
        return foreign("it does not begin like a scoreboard");
    }
    if u32_at(bytes, at::HEADER_SUM) != crc32c::crc32c(&bytes[..at::HEADER_SUM]) {
        return foreign("its header is damaged");
    }
    match u64_at(bytes, 8) {
        version if at::READABLE.contains(&version) => Ok(()),
        version => Err(SpoolError::Newer { path: path.to_path_buf(), version: version as u16 }),
    }
}

/// Reads the bytes of a whole scoreboard.
pub(super) fn parse(name: &str, bytes: &[u8]) -> BoardSnapshot {
    let mut origin = [0; ORIGIN_LEN];
    origin.copy_from_slice(&bytes[16..16 + ORIGIN_LEN]);
    let origin = Origin::from_bytes(&origin);
    let mut apps: Vec<_> =
        count(bytes, at::APP_COUNT, at::APPS_MAX).map(|i| app(bytes, i)).collect();
    let routes = count(bytes, at::ROUTE_COUNT, at::ROUTES_MAX).map(|i| route(bytes, i, &apps));
    let mut routes: Vec<_> = routes.collect();
    own::add(bytes, &mut routes, &mut apps);
    routes.retain(|route| route.requests > 0);
    let drops = DropReason::ALL.map(|why| (why, u64_at(bytes, at::DROPS + why as usize * 8)));
    let last_activity_unix_ms = u64_at(bytes, at::LAST_ACTIVITY);
    let state = origin.state();
    let running = match state {
        WriterState::Running => true,
        WriterState::Gone => false,
        WriterState::Unknown => {
            let silent_ms =
                (crate::origin::unix_ns() / 1_000_000).saturating_sub(last_activity_unix_ms);
            silent_ms < 600_000
        }
    };
    let found = (0..at::FLIGHTS_MAX).filter_map(|index| in_flight(bytes, index, running));
    let mut board = BoardSnapshot {
        name: name.to_owned(),
        pid: origin.pid,
        running,
        start_ticks: (state == WriterState::Running).then_some(origin.start_ticks),
        created_unix_ns: u64_at(bytes, 72),
        last_activity_unix_ms,
        program: text::get(bytes, at::PROGRAM, at::PROGRAM_LEN),
        recorder: text::get(bytes, at::RECORDER, at::RECORDER_LEN),
        runtime: runtime(bytes),
        records: records(bytes),
        drops: drops.into_iter().filter(|(_, count)| *count > 0).collect(),
        routes,
        in_flight: found.collect(),
        end: End::read(bytes),
        overflow_in_flight: u64_at(bytes, at::OVERFLOW),
        slowest: (0..at::SLOWS_MAX).filter_map(|index| slow(bytes, index)).collect(),
        nonce: origin.nonce,
        merged: count(bytes, at::MERGED, at::MERGED_MAX)
            .map(|index| u64_at(bytes, at::MERGED + 8 + index * 8))
            .collect(),
        apps,
    };
    end::count_told(bytes, &mut board);
    board
}

fn runtime(bytes: &[u8]) -> String {
    let known = [(at::RUNTIME, at::RUNTIME_LEN), (at::FRAMEWORK, at::FRAMEWORK_LEN)]
        .map(|(at, max)| text::get(bytes, at, max));
    known.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join(", ")
}

/// Reads a place again until it has not changed meanwhile. One that changes
/// whenever it is looked at, or is being changed, keeps an odd version: its
/// request is passed over, unless its process ended in the midst of the change.
fn settle(file: &File, bytes: &mut [u8], index: usize) -> std::io::Result<()> {
    let at = at::flight(index);
    let mut now = [0; 8];
    for _ in 0..8 {
        file.read_exact_at(&mut now, at as u64)?;
        let version = u64::from_le_bytes(now);
        if version == u64_at(bytes, at) && version.is_multiple_of(2) {
            return Ok(());
        }
        file.read_exact_at(&mut bytes[at..at + at::FLIGHT_LEN], at as u64)?;
    }
    bytes[at] |= 1;
    Ok(())
}

/// All records of a process, or of the retired.
fn records(bytes: &[u8]) -> u64 {
    let all = u64_at(bytes, at::RECORDS);
    if u64_at(bytes, at::MERGED) > 0 {
        return all;
    }
    let lane = |index| u64_at(bytes, at::LANE_RECORDS + index * at::LANE_COUNTER_LEN);
    (0..at::LANE_COUNTERS).map(lane).fold(all, u64::wrapping_add)
}

fn count(bytes: &[u8], word: usize, max: usize) -> std::ops::Range<usize> {
    0..(u64_at(bytes, word) as usize).min(max)
}

fn app(bytes: &[u8], index: usize) -> AppSnapshot {
    let slot = at::app(index);
    AppSnapshot {
        app: text::get(bytes, slot, at::NAME_LEN),
        seconds: ring::read(bytes, slot + at::APP_SECONDS),
        minutes: ring::read(bytes, slot + at::APP_MINUTES),
    }
}

fn route(bytes: &[u8], index: usize, apps: &[AppSnapshot]) -> RouteSnapshot {
    let slot = at::route(index);
    let value = |counter: usize| u64_at(bytes, slot + at::ROUTE_COUNTERS + counter * 8);
    let mut latency = Histogram::default();
    for bucket in 0..BUCKETS {
        let times = u32_at(bytes, slot + at::ROUTE_LATENCY + bucket * 4);
        latency.add_bucket(bucket, u64::from(times));
    }
    let app = apps.get(u64_at(bytes, slot) as usize);
    RouteSnapshot {
        app: app.map(|app| app.app.clone()).unwrap_or_default(),
        method: text::get(bytes, slot + at::ROUTE_METHOD, at::METHOD_LEN),
        route: text::get(bytes, slot + at::ROUTE_NAME, at::ROUTE_NAME_LEN),
        requests: value(counter::REQUESTS),
        duration_ns: value(counter::DURATION),
        max_ns: value(counter::MAX),
        cpu_ns: value(counter::CPU),
        cpu_requests: value(counter::CPU_REQUESTS),
        bytes_in: value(counter::BYTES_IN),
        bytes_out: value(counter::BYTES_OUT),
        status: std::array::from_fn(|class| value(counter::STATUS + class)),
        latency,
    }
}

/// Of a process that ended, also one that was just being told more of.
fn in_flight(bytes: &[u8], index: usize, running: bool) -> Option<InFlight> {
    let slot = at::flight(index);
    let version = u64_at(bytes, slot);
    if version < 2 || version % 2 == 1 && running {
        return None;
    }
    Some(InFlight {
        id: RequestId::from_u64(u64_at(bytes, slot + at::FLIGHT_ID)),
        app: text::get(bytes, slot + at::FLIGHT_APP, at::NAME_LEN),
        method: text::get(bytes, slot + at::FLIGHT_METHOD, at::METHOD_LEN),
        path: text::get(bytes, slot + at::FLIGHT_PATH, at::FLIGHT_PATH_LEN),
        route: text::get(bytes, slot + at::FLIGHT_ROUTE, at::FLIGHT_ROUTE_LEN),
        client: text::get(bytes, slot + at::FLIGHT_CLIENT, at::NAME_LEN),
        start_unix_ns: u64_at(bytes, slot + at::FLIGHT_START),
        place: index as u16,
        doing: doing::read(bytes, index),
    })
}

fn slow(bytes: &[u8], index: usize) -> Option<Slow> {
    let slot = at::slow(index);
    let id = u64_at(bytes, slot + at::SLOW_ID);
    let version = u64_at(bytes, slot);
    (id != 0 && version.is_multiple_of(2)).then(|| Slow {
        id: RequestId::from_u64(id),
        app: text::get(bytes, slot + at::SLOW_APP, at::NAME_LEN),
        method: text::get(bytes, slot + at::SLOW_METHOD, at::METHOD_LEN),
        route: text::get(bytes, slot + at::SLOW_ROUTE, at::FLIGHT_ROUTE_LEN),
        path: text::get(bytes, slot + at::SLOW_PATH, at::FLIGHT_PATH_LEN),
        status: u64_at(bytes, slot + at::SLOW_STATUS).min(999) as u16,
        duration_ns: u64_at(bytes, slot + at::SLOW_DURATION),
    })
}
