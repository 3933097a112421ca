use super::live::Board;
use crate::Control;
use crate::control::AppPlace;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Where an app and one of its routes stand in the scoreboard, and the app in
/// the control file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteSlot {
    pub(super) app: usize,
    pub(super) route: usize,
    pub(crate) place: Option<AppPlace>,
}

/// A lane's memory of where its routes stand, so that finding one takes no
/// lock. Bounded: forgets everything when it has grown too large.
#[derive(Debug, Default)]
pub struct RouteCache {
    known: HashMap<u64, Known, BuildHasherDefault<AsIs>>,
}

#[derive(Debug)]
struct Known {
    app: Box<str>,
    method: Box<str>,
    route: Box<str>,
    slot: RouteSlot,
}

const KNOWN_MAX: usize = 1024;

impl RouteCache {
    #[inline]
    pub(crate) fn find(
        &mut self,
        board: &Board,
        control: Option<&Control>,
        (app, method, route): (&str, &str, &str),
    ) -> RouteSlot {
        let key = mix(mix(mix(0, app), method), route);
        if let Some(known) = self.known.get(&key)
            && (&*known.app, &*known.method, &*known.route) == (app, method, route)
        {
            return known.slot;
        }
        let place = control.and_then(|control| control.place(app));
        let slot = RouteSlot { place, ..board.find_route(app, method, route) };
        self.learn(key, app, method, route, slot)
    }

    #[cold]
    fn learn(
        &mut self,
        key: u64,
        app: &str,
        method: &str,
        route: &str,
        slot: RouteSlot,
    ) -> RouteSlot {
        if self.known.len() >= KNOWN_MAX {
            self.known.clear();
        }
        let known = Known { app: app.into(), method: method.into(), route: route.into(), slot };
        self.known.insert(key, known);
        slot
    }
}

/// A fast hash of no strength: a collision only costs a look into the board.
#[inline]
fn mix(seed: u64, text: &str) -> u64 {
    let fold =
        |sum: u64, word: u64| (sum.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut chunks = text.as_bytes().chunks_exact(8);
    let mut sum = fold(seed, text.len() as u64);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        sum = fold(sum, u64::from_le_bytes(word));
    }
    let mut word = [0; 8];
    word[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    sum = fold(sum, u64::from_le_bytes(word));
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
