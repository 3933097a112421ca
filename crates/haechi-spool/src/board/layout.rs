//! The layout of a scoreboard file, little-endian, every field a multiple of 8
//! bytes unless said otherwise. A text is its length (8 bytes) and its bytes.
//!
//! | bytes | what |
//! |---|---|
//! | 0–7 | `HAECHBRD` |
//! | 8–15 | format version |
//! | 16–71 | who writes it: boot id, pid, start time, nonce, pid namespace |
//! | 72–79 | created, Unix nanoseconds |
//! | 80–151 | the program's name (text, 64 bytes) |
//! | 152–183 | version of the recorder (text, 24 bytes); empty before that was told |
//! | 184–239 | what the program runs on (text, 48 bytes), the same |
//! | 248–251 | CRC32C of bytes 0–247 |
//! | 256– | counters: last activity (Unix ms), records, in-flight overflow, apps, routes, slow threshold (ns), its expiry (Unix s), then one drop counter per reason |
//! | 512– | in the sum of the retired: the nonces of what it holds |
//! | 2,560– | records of lanes 0–14 and of all later ones: 16 counters, 64 bytes apart, to be added to the one above (not in the board of the retired) |
//! | 3,584– | how the process ended, once a collector knows: see `end.rs` |
//! | 3,808– | the framework the program runs on (text, 48 bytes), once that is known |
//! | 4,096– | 16 apps |
//! | then | 256 routes, 256 requests in flight, 32 slowest requests |
//! | then | 64 rows of counters that one lane alone adds to, see `own.rs` |
//! | then | what each request in flight does at this moment, see `doing.rs` |
//!
//! Files of version 1 end before the rows of lanes, those of version 2 after them.

use haechi_event::BUCKETS;

pub(super) const MAGIC: &[u8; 8] = b"HAECHBRD";
pub(super) const VERSION: u64 = 3;
/// What a file of each version is read as.
pub(super) const READABLE: std::ops::RangeInclusive<u64> = 1..=VERSION;
pub(crate) const SUFFIX: &str = ".board";
pub(super) const HEADER_LEN: usize = 256;
pub(super) const HEADER_SUM: usize = 248;
pub(super) const PROGRAM: usize = 80;
pub(super) const PROGRAM_LEN: usize = 64;
pub(super) const RECORDER: usize = 152;
pub(super) const RECORDER_LEN: usize = 24;
pub(super) const RUNTIME: usize = 184;
pub(super) const RUNTIME_LEN: usize = 48;
const _: () = assert!(RUNTIME + 8 + RUNTIME_LEN <= HEADER_SUM);

pub(super) const LAST_ACTIVITY: usize = 256;
pub(super) const RECORDS: usize = 264;
pub(super) const OVERFLOW: usize = 272;
pub(super) const APP_COUNT: usize = 280;
pub(super) const ROUTE_COUNT: usize = 288;
pub(super) const SLOW_THRESHOLD: usize = 296;
pub(super) const SLOW_EXPIRY: usize = 304;
pub(super) const SLOW_LOCK: usize = 312;
pub(super) const DROPS: usize = 320;
/// Rows of lanes in use.
pub(super) const OWN_COUNT: usize = 504;
const _: () = assert!(DROPS + crate::DropReason::ALL.len() * 8 <= OWN_COUNT);
/// Boards already added into this one (only in the board of the retired): their
/// number, then their nonces.
pub(super) const MERGED: usize = 512;
pub(super) const MERGED_MAX: usize = (END - MERGED) / 8 - 1;

/// How the process ended: when (Unix ns, 0 while not decided), records made of
/// its requests and one more (0 while not told), one bit for each place in
/// flight that was told as a request, how (text, 160).
pub(super) const END: usize = 3584;
pub(super) const END_TOLD: usize = END + 8;
pub(super) const END_PLACES: usize = END + 16;
pub(super) const END_HOW: usize = END_PLACES + FLIGHTS_MAX / 8;
pub(super) const END_HOW_LEN: usize = 160;
pub(super) const FRAMEWORK: usize = 3808;
pub(super) const FRAMEWORK_LEN: usize = 48;
const _: () = assert!(END_HOW + 8 + END_HOW_LEN <= FRAMEWORK);
const _: () = assert!(FRAMEWORK + 8 + FRAMEWORK_LEN <= APPS);

/// Records by lane, each on a cache line of its own: threads that count on the
/// same one slow each other down.
pub(super) const LANE_RECORDS: usize = 2560;
pub(super) const LANE_COUNTERS: usize = 16;
pub(super) const LANE_COUNTER_LEN: usize = 64;

pub(super) const APPS: usize = 4096;
pub(super) const APPS_MAX: usize = 16;
pub(super) const APP_LEN: usize = 1152;
/// Within an app: name (text, 64), the slot of its `(other)` route, two rings.
pub(super) const APP_OTHER: usize = 72;
pub(super) const APP_SECONDS: usize = 128;
pub(super) const APP_MINUTES: usize = 640;
pub(super) const RING: usize = 64;
pub(super) const NAME_LEN: usize = 64;

pub(super) const ROUTES: usize = APPS + APPS_MAX * APP_LEN;
pub(super) const ROUTES_MAX: usize = 256;
/// Within a route: app index, method (text, 16), route (text, 200), counters,
/// histogram of 4-byte counts.
pub(super) const ROUTE_METHOD: usize = 8;
pub(super) const METHOD_LEN: usize = 16;
pub(super) const ROUTE_NAME: usize = 32;
pub(super) const ROUTE_NAME_LEN: usize = 200;
pub(super) const ROUTE_COUNTERS: usize = 240;
pub(super) const ROUTE_COUNTERS_MAX: usize = 13;
pub(super) const ROUTE_LATENCY: usize = ROUTE_COUNTERS + ROUTE_COUNTERS_MAX * 8;
pub(super) const ROUTE_LEN: usize = (ROUTE_LATENCY + BUCKETS * 4).next_multiple_of(8);

pub(super) const FLIGHTS: usize = ROUTES + ROUTES_MAX * ROUTE_LEN;
pub(super) const FLIGHTS_MAX: usize = 256;
/// Within a flight: version (odd while written, 0 when free), id, start, then
/// texts: app (64), method (16), route (120), path (160), client (64).
pub(super) const FLIGHT_ID: usize = 8;
pub(super) const FLIGHT_START: usize = 16;
pub(super) const FLIGHT_APP: usize = 24;
pub(super) const FLIGHT_METHOD: usize = 96;
pub(super) const FLIGHT_ROUTE: usize = 120;
pub(super) const FLIGHT_ROUTE_LEN: usize = 120;
pub(super) const FLIGHT_PATH: usize = 248;
pub(super) const FLIGHT_PATH_LEN: usize = 160;
pub(super) const FLIGHT_CLIENT: usize = 416;
pub(super) const FLIGHT_LEN: usize = 488;

pub(super) const SLOWS: usize = FLIGHTS + FLIGHTS_MAX * FLIGHT_LEN;
pub(super) const SLOWS_MAX: usize = 32;
/// Within a slow request: version, id, duration, status, then texts: app (64),
/// method (16), route (120), path (160).
pub(super) const SLOW_ID: usize = 8;
pub(super) const SLOW_DURATION: usize = 16;
pub(super) const SLOW_STATUS: usize = 24;
pub(super) const SLOW_APP: usize = 32;
pub(super) const SLOW_METHOD: usize = 104;
pub(super) const SLOW_ROUTE: usize = 128;
pub(super) const SLOW_PATH: usize = 256;
pub(super) const SLOW_LEN: usize = 424;

/// Where files of version 1 end.
pub(super) const OWNS: usize = SLOWS + SLOWS_MAX * SLOW_LEN;
pub(super) const OWNS_MAX: usize = 64;
/// Within a row of a lane: the lane and one more (high half) and the route's
/// index (low half), counters and histogram as a route's, two rings as an app's.
pub(super) const OWN_COUNTERS: usize = 8;
pub(super) const OWN_LATENCY: usize = OWN_COUNTERS + ROUTE_COUNTERS_MAX * 8;
pub(super) const OWN_SECONDS: usize = OWN_LATENCY + BUCKETS * 4;
pub(super) const OWN_MINUTES: usize = OWN_SECONDS + RING * 8;
/// Whole cache lines: two lanes share none.
pub(super) const OWN_LEN: usize = (OWN_MINUTES + RING * 8).next_multiple_of(64);
const _: () = assert!(OWNS.is_multiple_of(64));

/// Where files of version 2 end. A line for each place in flight: whose it is (id),
/// the thread that handles it, its part, time in the database, whose stack is
/// asked for (id).
pub(super) const DOINGS: usize = OWNS + OWNS_MAX * OWN_LEN;
pub(super) const DOING_THREAD: usize = 8;
/// The part's number and one more (low byte), and since when, microseconds after
/// the request's beginning.
pub(super) const DOING_PART: usize = 16;
pub(super) const DOING_DB: usize = 24;
pub(super) const DOING_ASKED: usize = 32;
pub(super) const DOING_LEN: usize = 64;
const _: () = assert!(DOINGS.is_multiple_of(DOING_LEN));

pub(super) const FILE_LEN: usize = DOINGS + FLIGHTS_MAX * DOING_LEN;

/// Bytes of a file of a version.
pub(super) const fn file_len(version: u64) -> usize {
    match version {
        1 => OWNS,
        2 => DOINGS,
        _ => FILE_LEN,
    }
}

pub(super) const fn app(index: usize) -> usize {
    APPS + index * APP_LEN
}

pub(super) const fn route(index: usize) -> usize {
    ROUTES + index * ROUTE_LEN
}

pub(super) const fn flight(index: usize) -> usize {
    FLIGHTS + index * FLIGHT_LEN
}

pub(super) const fn slow(index: usize) -> usize {
    SLOWS + index * SLOW_LEN
}

pub(super) const fn own(index: usize) -> usize {
    OWNS + index * OWN_LEN
}

pub(super) const fn doing(index: usize) -> usize {
    DOINGS + index * DOING_LEN
}

/// The counters of a route, in order.
pub(super) mod counter {
    pub(crate) const REQUESTS: usize = 0;
    pub(crate) const DURATION: usize = 1;
    pub(crate) const MAX: usize = 2;
    pub(crate) const CPU: usize = 3;
    pub(crate) const CPU_REQUESTS: usize = 4;
    pub(crate) const BYTES_IN: usize = 5;
    pub(crate) const BYTES_OUT: usize = 6;
    /// Six: no status, 1xx … 5xx.
    pub(crate) const STATUS: usize = 7;
}
