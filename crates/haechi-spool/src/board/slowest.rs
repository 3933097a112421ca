use super::layout as at;
use super::live::{Board, Finished};
use super::{text, versioned};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// A slow request keeps its place this long, then any may take it.
const KEEP_S: u64 = 3600;

impl Board {
    /// Keeps the request if it is among the 32 slowest of the last hour. The
    /// usual request costs one comparison.
    #[inline]
    pub(super) fn note_slow(&self, done: &Finished<'_>) {
        let threshold = self.map.word(at::SLOW_THRESHOLD).load(Relaxed);
        let expires = self.map.word(at::SLOW_EXPIRY).load(Relaxed);
        if done.duration_ns > threshold || done.end_unix_s > expires {
            self.place_slow(done);
        }
    }

    #[cold]
    fn place_slow(&self, done: &Finished<'_>) {
        // whoever comes meanwhile goes without: a place here is no promise
        let lock = self.map.word(at::SLOW_LOCK);
        if lock.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
            return;
        }
        let old = |index: usize| {
            let id = self.map.word(at::slow(index) + at::SLOW_ID).load(Relaxed);
            let began_s = haechi_event::RequestId::from_u64(id).unix_ms() / 1000;
            id == 0 || began_s + KEEP_S < done.end_unix_s
        };
        let weight = |index: usize| {
            let duration = self.map.word(at::slow(index) + at::SLOW_DURATION).load(Relaxed);
            if old(index) { 0 } else { duration }
        };
        let least = (0..at::SLOWS_MAX).min_by_key(|index| weight(*index)).unwrap_or(0);
        if weight(least) < done.duration_ns {
            self.write_slow(least, done);
        }
        let next = (0..at::SLOWS_MAX).map(weight).min().unwrap_or(0);
        self.map.word(at::SLOW_THRESHOLD).store(next, Relaxed);
        self.map.word(at::SLOW_EXPIRY).store(done.end_unix_s + KEEP_S / 60, Relaxed);
        lock.store(0, Release);
    }

    fn write_slow(&self, index: usize, done: &Finished<'_>) {
        let slot = at::slow(index);
        let version = self.map.word(slot);
        let odd = versioned::change(version);
        self.map.word(slot + at::SLOW_ID).store(done.id.as_u64(), Relaxed);
        self.map.word(slot + at::SLOW_DURATION).store(done.duration_ns, Relaxed);
        self.map.word(slot + at::SLOW_STATUS).store(u64::from(done.status), Relaxed);
        text::put(&self.map, slot + at::SLOW_APP, at::NAME_LEN, done.app);
        text::put(&self.map, slot + at::SLOW_METHOD, at::METHOD_LEN, done.method);
        text::put(&self.map, slot + at::SLOW_ROUTE, at::FLIGHT_ROUTE_LEN, done.route);
        let path = self.map.words(slot + at::SLOW_PATH, 1 + at::FLIGHT_PATH_LEN / 8);
        text::put_words(path, done.path);
        versioned::changed(version, odd);
    }
}
