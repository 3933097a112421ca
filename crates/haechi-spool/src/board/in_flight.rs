use super::layout as at;
use super::live::Board;
use super::{text, versioned};
use haechi_event::RequestId;
use std::sync::atomic::Ordering::Relaxed;

/// What is known of a request when it begins.
#[derive(Debug, Clone, Copy)]
pub struct Entered<'a> {
    /// Its id.
    pub id: RequestId,
    /// When it began, Unix nanoseconds.
    pub start_unix_ns: u64,
    /// The app as far as known.
    pub app: &'a str,
    /// `http.request.method`.
    pub method: &'a str,
    /// The route; empty while unknown.
    pub route: &'a str,
    /// `url.path`; UTF-8.
    pub path: &'a [u8],
    /// `client.address`.
    pub client: &'a str,
    /// The thread that handles it, as `pthread_self` names it; 0 if its stack is
    /// not to be looked at.
    pub thread: u64,
}

/// A place among the requests in flight of one scoreboard; to be given back
/// once. Given to another scoreboard it is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InFlightSlot {
    pub(super) board: u64,
    /// `None` if there was no room: then only the number of such is known.
    pub(super) index: Option<usize>,
}

/// The places of a request, in the order in which they are tried. First its
/// lane's own, which a thread that handles one request after the other finds
/// free, and in its caches, and far from that of the next lane, since neighbours
/// share a cache line; then all others from one that its id chooses:
/// neighbouring ids start at neighbouring places, so a free one is near.
fn places(id: RequestId) -> impl Iterator<Item = usize> {
    let first = id.as_u64() as usize;
    std::iter::once(own(id)).chain((0..at::FLIGHTS_MAX).map(move |n| (first + n) % at::FLIGHTS_MAX))
}

#[inline]
const fn own(id: RequestId) -> usize {
    id.lane() as usize * 11 % at::FLIGHTS_MAX
}

impl Board {
    /// Takes a place for a request. If all 256 are taken, it is only counted.
    #[inline]
    pub fn enter(&self, request: &Entered<'_>) -> InFlightSlot {
        let own = own(request.id);
        let is_ours = versioned::claim(self.map.word(at::flight(own)));
        let index = if is_ours { Some(own) } else { self.claim_another(request.id) };
        match index {
            Some(index) => self.fill(index, request),
            None => {
                self.map.word(at::OVERFLOW).fetch_add(1, Relaxed);
            }
        }
        InFlightSlot { board: self.key, index }
    }

    #[cold]
    fn claim_another(&self, id: RequestId) -> Option<usize> {
        places(id).find(|index| versioned::claim(self.map.word(at::flight(*index))))
    }

    #[inline]
    fn fill(&self, index: usize, request: &Entered<'_>) {
        let words = self.map.cells::<{ at::FLIGHT_LEN / 8 }>(at::flight(index));
        let text = |offset: usize, max: usize, text: &[u8]| {
            text::put_words(&words[offset / 8..offset / 8 + 1 + max / 8], text);
        };
        words[at::FLIGHT_ID / 8].store(request.id.as_u64(), Relaxed);
        words[at::FLIGHT_START / 8].store(request.start_unix_ns, Relaxed);
        text(at::FLIGHT_APP, at::NAME_LEN, request.app.as_bytes());
        text(at::FLIGHT_METHOD, at::METHOD_LEN, request.method.as_bytes());
        text(at::FLIGHT_ROUTE, at::FLIGHT_ROUTE_LEN, request.route.as_bytes());
        text(at::FLIGHT_PATH, at::FLIGHT_PATH_LEN, request.path);
        text(at::FLIGHT_CLIENT, at::NAME_LEN, request.client.as_bytes());
        self.fill_doing(index, request);
        // even, and different from that of the request before in this place
        versioned::publish(&words[0], request.id.as_u64() << 8 | 2);
    }

    /// Tells what has been learnt of a request since: its route, and its app if
    /// that is another one.
    #[inline]
    pub fn identify(&self, place: InFlightSlot, app: Option<&str>, route: &str) {
        let Some(index) = place.index.filter(|_| place.board == self.key) else { return };
        let slot = at::flight(index);
        let version = self.map.word(slot);
        let odd = versioned::change(version);
        if let Some(app) = app {
            text::put(&self.map, slot + at::FLIGHT_APP, at::NAME_LEN, app);
        }
        text::put(&self.map, slot + at::FLIGHT_ROUTE, at::FLIGHT_ROUTE_LEN, route);
        versioned::changed(version, odd);
    }

    /// Gives a place back.
    #[inline]
    pub fn leave(&self, place: InFlightSlot) {
        if place.board != self.key {
            return;
        }
        match place.index {
            Some(index) => versioned::leave(self.map.word(at::flight(index))),
            None => {
                self.map.word(at::OVERFLOW).fetch_sub(1, Relaxed);
            }
        }
    }
}
