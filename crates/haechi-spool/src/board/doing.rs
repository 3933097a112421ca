//! What each request in flight does at this moment: told by its process with
//! plain stores, read by anyone, and by the process itself to find requests that
//! have become slow.

use super::in_flight::{Entered, InFlightSlot};
use super::layout as at;
use super::live::Board;
use super::text;
use crate::SpoolError;
use crate::segment::u64_at;
use haechi_event::{BUCKETS, Histogram, Part, RequestId};
use std::fs::File;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

/// What a request in flight does at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Doing {
    /// The part it is in, and since when, nanoseconds after its beginning; `None`
    /// if nothing is being timed.
    pub part: Option<(Part, u64)>,
    /// Time spent in the database by spans that ended, nanoseconds.
    pub db_ns: u64,
    /// Whether its stack can be looked at: some thread of its process runs it.
    pub on_thread: bool,
    /// Whether its stack is asked for and was not given yet.
    pub asked: bool,
}

/// A request in flight, as its own process looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// Its place.
    pub place: usize,
    /// Its id.
    pub id: RequestId,
    /// When it began, Unix nanoseconds.
    pub start_unix_ns: u64,
    /// The thread that runs it; 0 if none does now.
    pub thread: u64,
    /// Whether its stack is asked for.
    pub asked: bool,
}

impl Board {
    #[inline]
    pub(super) fn fill_doing(&self, index: usize, request: &Entered<'_>) {
        let words = self.map.cells::<{ at::DOING_LEN / 8 }>(at::doing(index));
        words[at::DOING_PART / 8].store(0, Relaxed);
        words[at::DOING_DB / 8].store(0, Relaxed);
        words[at::DOING_THREAD / 8].store(request.thread, Relaxed);
        words[0].store(request.id.as_u64(), Relaxed);
    }

    /// Says which thread runs a request from now on; 0 if none does.
    #[inline]
    pub fn set_thread(&self, place: InFlightSlot, thread: u64) {
        if let Some(index) = self.index_of(place) {
            self.map.word(at::doing(index) + at::DOING_THREAD).store(thread, Relaxed);
        }
    }

    /// Says which part a request is in since `since_ns` after its beginning, and
    /// how long it was in the database so far.
    #[inline]
    pub fn set_part(&self, place: InFlightSlot, part: Option<Part>, since_ns: u64, db_ns: u64) {
        if let Some(index) = self.index_of(place) {
            let part = part.map_or(0, |part| u64::from(part.number()) + 1);
            let words = self.map.words(at::doing(index), at::DOING_LEN / 8);
            words[at::DOING_DB / 8].store(db_ns, Relaxed);
            words[at::DOING_PART / 8].store((since_ns / 1000) << 8 | part, Relaxed);
        }
    }

    #[inline]
    fn index_of(&self, place: InFlightSlot) -> Option<usize> {
        place.index.filter(|_| place.board == self.key)
    }

    /// Whether any request is in flight.
    #[must_use]
    pub fn is_any_in_flight(&self) -> bool {
        (0..at::FLIGHTS_MAX).any(|index| self.map.word(at::flight(index)).load(Acquire) != 0)
    }

    /// Looks at every request in flight. Allocates nothing and waits for nobody.
    pub fn watch(&self, mut look: impl FnMut(Watched)) {
        for place in 0..at::FLIGHTS_MAX {
            let version = self.map.word(at::flight(place));
            let seen = version.load(Acquire);
            if seen < 2 {
                continue;
            }
            let flight = self.map.words(at::flight(place), at::FLIGHT_LEN / 8);
            let doing = self.map.words(at::doing(place), at::DOING_LEN / 8);
            let id = flight[at::FLIGHT_ID / 8].load(Relaxed);
            let watched = Watched {
                place,
                id: RequestId::from_u64(id),
                start_unix_ns: flight[at::FLIGHT_START / 8].load(Relaxed),
                thread: doing[at::DOING_THREAD / 8].load(Relaxed),
                asked: doing[at::DOING_ASKED / 8].load(Relaxed) == id,
            };
            // the next request of this place has another
            if doing[0].load(Acquire) == id && version.load(Relaxed) != 0 {
                look(watched);
            }
        }
    }

    /// The app of the request at a place.
    #[must_use]
    pub fn app_at(&self, place: usize) -> String {
        text::read(&self.map, at::flight(place) + at::FLIGHT_APP, at::NAME_LEN)
    }

    /// Says that the stack that was asked for is given.
    pub fn answered(&self, place: usize, id: RequestId) {
        let asked = self.map.word(at::doing(place) + at::DOING_ASKED);
        // somebody may have asked for that of the next request meanwhile
        let _ = asked.compare_exchange(id.as_u64(), 0, Relaxed, Relaxed);
    }

    /// How long requests of the route take that the request at a place matched,
    /// as this process knows it.
    #[must_use]
    pub fn latency_at(&self, place: usize) -> Histogram {
        let flight = at::flight(place);
        let text = |offset, max| text::read(&self.map, flight + offset, max);
        let (app, method) =
            (text(at::FLIGHT_APP, at::NAME_LEN), text(at::FLIGHT_METHOD, at::METHOD_LEN));
        let route = text(at::FLIGHT_ROUTE, at::FLIGHT_ROUTE_LEN);
        let count = self.map.word(at::ROUTE_COUNT).load(Acquire) as usize;
        let found = (0..count.min(at::ROUTES_MAX)).find(|index| {
            let slot = at::route(*index);
            let app_index = self.map.word(slot).load(Relaxed) as usize;
            let name = text::read(&self.map, slot + at::ROUTE_NAME, at::ROUTE_NAME_LEN);
            app_index < at::APPS_MAX
                && text::is(&self.map, at::app(app_index), at::NAME_LEN, &app)
                && text::is(&self.map, slot + at::ROUTE_METHOD, at::METHOD_LEN, &method)
                // that of a request in flight may be cut
                && (name == route || route.len() > 110 && name.starts_with(&route))
        });
        let mut latency = Histogram::default();
        if let Some(index) = found {
            self.add_latency(at::route(index) + at::ROUTE_LATENCY, &mut latency);
            let rows = self.map.word(at::OWN_COUNT).load(Acquire) as usize;
            for row in (0..rows.min(at::OWNS_MAX)).map(at::own) {
                let of = self.map.word(row).load(Relaxed) & u64::from(u32::MAX);
                if of as usize == index {
                    self.add_latency(row + at::OWN_LATENCY, &mut latency);
                }
            }
        }
        latency
    }

    /// The same of the place that a request was given; empty if that is unknown.
    #[must_use]
    pub fn latency_of(&self, place: InFlightSlot) -> Histogram {
        let index = place.index.filter(|_| place.board == self.key);
        index.map(|index| self.latency_at(index)).unwrap_or_default()
    }

    fn add_latency(&self, slot: usize, latency: &mut Histogram) {
        for bucket in 0..BUCKETS {
            let times = self.map.half(slot + bucket * 4).load(Relaxed);
            latency.add_bucket(bucket, u64::from(times));
        }
    }
}

/// What stands there of the request that has the place.
pub(super) fn read(bytes: &[u8], index: usize) -> Doing {
    let doing = at::doing(index);
    let id = u64_at(bytes, at::flight(index) + at::FLIGHT_ID);
    if u64_at(bytes, doing) != id {
        return Doing::default();
    }
    let part = u64_at(bytes, doing + at::DOING_PART);
    let number = (part & 0xff) as u8;
    Doing {
        part: number.checked_sub(1).map(|n| (Part::from_number(n), (part >> 8) * 1000)),
        db_ns: u64_at(bytes, doing + at::DOING_DB),
        on_thread: u64_at(bytes, doing + at::DOING_THREAD) != 0,
        asked: u64_at(bytes, doing + at::DOING_ASKED) == id,
    }
}

/// Asks the process of a scoreboard for the stack of a request it is in. It is
/// given, if it can be, as a record.
///
/// # Errors
/// [`SpoolError::Io`] if the file cannot be written; [`SpoolError::Newer`] and
/// [`SpoolError::Foreign`] if it is no scoreboard that has room for it.
pub fn ask_for_stack(
    spool: &Path,
    board: &str,
    place: u16,
    id: RequestId,
) -> Result<(), SpoolError> {
    let path = spool.join(board);
    let file = File::options()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(&path)
        .map_err(SpoolError::io("open", &path))?;
    let mut header = [0; at::HEADER_LEN];
    file.read_exact_at(&mut header, 0).map_err(SpoolError::io("read", &path))?;
    super::snapshot::check_header(&path, &header)?;
    let place = usize::from(place);
    if at::file_len(u64_at(&header, 8)) <= at::DOINGS || place >= at::FLIGHTS_MAX {
        let why = "its program was built before stacks could be asked for";
        return Err(SpoolError::Foreign { path, why });
    }
    let to = (at::doing(place) + at::DOING_ASKED) as u64;
    file.write_all_at(&id.as_u64().to_le_bytes(), to).map_err(SpoolError::io("write", &path))
}
