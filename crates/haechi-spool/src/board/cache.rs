use super::live::Board;
use super::text;
use crate::Control;
use crate::control::AppPlace;
use haechi_event::RequestNames;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Where an app and one of its routes stand in the scoreboard, and the app in
/// the control file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteSlot {
    pub(super) app: usize,
    pub(super) route: usize,
    /// Where the lane remembers it.
    pub(super) known: usize,
    /// The lane's own row of the route's counters.
    pub(super) own: Option<usize>,
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
        let own = if method.is_empty() { None } else { board.own_row(lane, found.route) };
        let slot = RouteSlot { place, own, ..found };
        self.learn(key, app, method, route, slot)
    }

    /// App, method and route of one that was found last, or at least since
    /// another was learnt.
    #[inline]
    pub(crate) fn names(&self, slot: RouteSlot) -> Option<&RequestNames> {
        self.known.get(slot.known).map(|known| &known.names)
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
        if self.known.len() >= KNOWN_MAX {
            self.known.clear();
            self.places.clear();
        }
        slot.known = self.known.len();
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
