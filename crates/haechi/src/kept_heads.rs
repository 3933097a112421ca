//! Headers of those requests that somebody will look at: that fail, raise, or are
//! slow. Of all others nothing is read, let alone kept.

use crate::guard::RequestGuard;
use crate::heads::Heads;
use crate::raw_heads::Side;
use crate::recorder::Recorder;
use crate::request_state::State;
use haechi_event::{Flags, Headers};

impl Recorder {
    /// Whether the folder has headers kept of requests that somebody will look at.
    pub(crate) fn keeps_headers(&self) -> bool {
        self.inner().headers.keep
    }
}

impl RequestGuard {
    /// Says that an exception of it was recorded, handled or not.
    pub fn note_exception(&mut self) {
        self.state.has_exception = true;
    }

    /// Whether its headers may be worth reading: what a request that is neither
    /// slow nor failing pays.
    #[inline]
    pub(crate) fn may_be_looked_at(&self) -> bool {
        let state = &**self.state;
        state.numbers.duration_ns >= state.recorder.slow_from_ns || self.has_failed()
    }

    #[inline]
    fn has_failed(&self) -> bool {
        let state = &**self.state;
        let raised = state.numbers.flags.contains(Flags::RAISED);
        state.numbers.status >= 500 || raised || state.has_exception
    }

    /// Keeps what `tell` and whoever began the request know of its heads, if it
    /// failed or was slow.
    #[cold]
    pub(crate) fn keep_heads(&self, tell: &mut dyn FnMut(&mut Heads)) {
        let state = &**self.state;
        if !state.recorder.headers.keep || !(self.has_failed() || self.was_slow()) {
            return;
        }
        let mut heads = Heads::default();
        state.heads.tell(Side::Request, &mut heads.request);
        state.heads.tell(Side::Response, &mut heads.response);
        tell(&mut heads);
        if heads.is_empty() {
            return;
        }
        let headers = Headers {
            request_id: state.numbers.id,
            app: &state.app,
            request: heads.request.as_bytes(),
            request_left_out: heads.request.left_out(),
            response: heads.response.as_bytes(),
            response_left_out: heads.response.left_out(),
        };
        state.recorder.append_of(&state.app, |buffer| headers.encode(buffer));
    }

    /// By the rule that says whose stack is looked at.
    fn was_slow(&self) -> bool {
        let State { recorder, numbers, place, .. } = &**self.state;
        numbers.duration_ns >= recorder.slow_from_ns
            && recorder.is_slow(numbers.duration_ns / 1_000_000, |board| {
                place.map(|place| board.latency_of(place)).unwrap_or_default()
            })
    }
}
