//! Requests that have become slow, and what is kept of where they were. Looking at
//! stacks is for whoever knows the language.

use crate::guard::RequestGuard;
use crate::recorder::Recorder;
use crate::slow_settings::SlowSettings;
use haechi_event::Samples;
use haechi_spool::board::Watched;

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
        if self.slow_settings().after_ms.is_some() {
            return true;
        }
        let latency = self.inner().spool.look_at_board(|board| board.latency_at(request.place));
        let usual = latency.filter(|latency| latency.count() >= KNOWN_FROM);
        let usual_ns = usual.and_then(|latency| latency.quantile_ns(0.99));
        usual_ns.is_none_or(|ns| age_ms as f64 * 1e6 >= ns)
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
        let recorder = self.inner();
        let kept = recorder.spool.with_lane(|mut lane| {
            let app = lane.route(samples.app, "", "(other)");
            if recorder.is_on(lane.app_state(&app)) {
                // a drop has been counted where it happened
                let _ = lane.append_with(|buffer| samples.encode(buffer));
            }
        });
        if kept.is_none() {
            let _ = recorder.spool.append_with(|buffer| samples.encode(buffer));
        }
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
