//! Requests that have become slow, and what is kept of where they were. Looking at
//! stacks is for whoever knows the language.

use crate::guard::RequestGuard;
use crate::recorder::{Inner, Recorder};
use crate::slow_settings::SlowSettings;
use haechi_event::{Histogram, Samples};
use haechi_spool::board::{Board, Watched};

/// A route's own 99th percentile counts from so many requests on.
const KNOWN_FROM: u64 = 100;

impl Recorder {
    /// What counts as slow.
    #[must_use]
    pub fn slow_settings(&self) -> &SlowSettings {
        &self.inner().slow
    }

    /// Looks at every request of this process that is in flight. Allocates
    /// nothing, makes no file, waits for nobody.
    pub fn watch(&self, look: impl FnMut(Watched)) {
        self.inner().spool.look_at_board(|board| board.watch(look));
    }

    /// Whether any request of this process is in flight.
    #[must_use]
    pub fn is_any_in_flight(&self) -> bool {
        let found = self.inner().spool.look_at_board(|board| board.is_any_in_flight());
        found.unwrap_or_default()
    }

    /// Whether a request in flight is slow at an age that is at least
    /// [`SlowSettings::least_ms`]: slower than 99 of 100 of its route.
    #[must_use]
    pub fn is_slow(&self, request: &Watched, age_ms: u64) -> bool {
        self.inner().is_slow(age_ms, |board| board.latency_at(request.place))
    }

    /// The app of a request in flight.
    #[must_use]
    pub fn app_of(&self, request: &Watched) -> String {
        let app = self.inner().spool.look_at_board(|board| board.app_at(request.place));
        app.unwrap_or_default()
    }

    /// Says that the stack of a request that was asked for is given.
    pub fn answered(&self, request: &Watched) {
        let Watched { place, id, .. } = *request;
        self.inner().spool.look_at_board(|board| board.answered(place, id));
    }

    /// Keeps where a slow request was.
    pub fn samples(&self, samples: &Samples<'_>) {
        self.inner().append_of(samples.app, |buffer| samples.encode(buffer));
    }
}

impl Inner {
    /// Whether a request is slow at an age that is at least
    /// [`SlowSettings::least_ms`], if that is how long its route's take.
    pub(crate) fn is_slow(&self, age_ms: u64, usual: impl FnOnce(&Board) -> Histogram) -> bool {
        if self.slow.after_ms.is_some() {
            return true;
        }
        let usual = self.spool.look_at_board(usual).filter(|latency| latency.count() >= KNOWN_FROM);
        let usual_ns = usual.and_then(|latency| latency.quantile_ns(0.99));
        usual_ns.is_none_or(|ns| age_ms as f64 * 1e6 >= ns)
    }
}

impl RequestGuard {
    /// Says which thread runs it from now on, as `pthread_self` names it; 0 if
    /// none does.
    pub fn set_thread(&self, thread: u64) {
        if let Some(place) = self.state.place
            && !self.is_over()
        {
            self.state.recorder.spool.look_at_board(|board| board.set_thread(place, thread));
        }
    }
}
