use super::live::Board;
use super::text;
use crate::Control;
use crate::control::AppPlace;
use haechi_event::RequestNames;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Where an app and one of its routes stand in the scoreboard, and the app in
/// the control file. Small: it is copied with every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteSlot {
    pub(super) app: u16,
    pub(super) route: u16,
    /// Where the lane remembers it, and which memory that is.
    pub(super) known: u32,
    pub(super) memory: u64,
    /// The lane's own row of the route's counters.
    pub(super) own: Option<u16>,
    pub(crate) place: Option<AppPlace>,
}

/// A lane's memory of where its routes stand, so that finding one takes no
/// lock. Bounded: forgets everything when it has grown too large.
#[derive(Debug, Default)]
pub struct RouteCache {
    known: Vec<Known>,
    /// Which of them a hash of the names belongs to.
    places: HashMap<u64, usize, BuildHasherDefault<AsIs>>,
    /// The one found last: often the next one too, and then nothing is hashed.
    last: usize,
    /// Tells it from all others, and from itself before it forgot everything.
    memory: u64,
}

#[derive(Debug)]
struct Known {
    app: Box<str>,
    method: Box<str>,
    route: Box<str>,
    names: RequestNames,
    slot: RouteSlot,
}

impl Known {
    #[inline]
    fn is(&self, (app, method, route): (&str, &str, &str)) -> bool {
        text::same(&self.route, route)
            && text::same(&self.method, method)
            && text::same(&self.app, app)
    }
}

const KNOWN_MAX: usize = 1024;

impl RouteCache {
    #[inline]
    pub(crate) fn find(
        &mut self,
        board: &Board,
        control: Option<&Control>,
        lane: u32,
        (app, method, route): (&str, &str, &str),
    ) -> RouteSlot {
        let names = (app, method, route);
        if let Some(last) = self.known.get(self.last)
            && last.is(names)
        {
            return last.slot;
        }
        let key = mix(mix(mix(0, app), method), route);
        if let Some(place) = self.places.get(&key)
            && let Some(known) = self.known.get(*place)
            && known.is(names)
        {
            self.last = *place;
            return known.slot;
        }
        let place = control.and_then(|control| control.place(app));
        let found = board.find_route(app, method, route);
        // without a method it is asked for to learn of the app, not to count
        let own = if method.is_empty() { None } else { board.own_row(lane, found.route.into()) };
        let slot = RouteSlot { place, own, ..found };
        self.learn(key, app, method, route, slot)
    }

    /// Whether it was found here and is still known.
    #[inline]
    pub(crate) const fn remembers(&self, slot: &RouteSlot) -> bool {
        slot.memory == self.memory && (slot.known as usize) < self.known.len()
    }

    /// App, method and route of one that was found last, or at least since
    /// another was learnt.
    #[inline]
    pub(crate) fn names(&self, slot: &RouteSlot) -> Option<&RequestNames> {
        self.known.get(slot.known as usize).map(|known| &known.names)
    }

    #[cold]
    fn learn(
        &mut self,
        key: u64,
        app: &str,
        method: &str,
        route: &str,
        mut slot: RouteSlot,
    ) -> RouteSlot {
        if self.known.len() >= KNOWN_MAX || self.memory == 0 {
            static MEMORIES: AtomicU64 = AtomicU64::new(1);
            self.known.clear();
            self.places.clear();
            self.memory = MEMORIES.fetch_add(1, Relaxed);
        }
        slot.known = self.known.len() as u32;
        slot.memory = self.memory;
        let names = RequestNames::new(app, method, route);
        let (app, method, route) = (app.into(), method.into(), route.into());
        let known = Known { app, method, route, names, slot };
        self.places.insert(key, self.known.len());
        self.known.push(known);
        slot
    }
}

/// A fast hash of no strength: a collision only costs a look into the board.
#[inline]
fn mix(seed: u64, text: &str) -> u64 {
    let fold =
        |sum: u64, word: u64| (sum.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut sum = fold(seed, text.len() as u64);
    let (chunks, rest) = text.as_bytes().as_chunks();
    for chunk in chunks {
        sum = fold(sum, u64::from_le_bytes(*chunk));
    }
    sum = fold(sum, text::last_word(rest));
    sum ^ sum >> 32
}

/// The key is a hash already.
#[derive(Debug, Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
