//! Which requests are looked at, and when again.

use super::thread::Looker;
use super::{look, memory};
use haechi::{Recorder, Unseen, Watched};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// While something is in flight it is looked for slow requests, and for stacks
/// that are asked for, at least so often.
const SEARCH: u64 = 500_000_000;
/// However soon a request counts as slow, it is not more often.
const SEARCH_LEAST: u64 = 10_000_000;
/// Whether a request is slower than others of its route is asked again so soon.
const AGAIN: u64 = 100_000_000;
/// A request this old is looked at whatever its route is used to, and what was
/// seen of it is told without waiting for its end.
pub(super) const LONG: u64 = 30_000_000_000;

/// Rounds until the thread is to end.
pub(super) fn rounds(looker: &Looker) {
    let recorder = looker.recorder;
    loop {
        let goes_on = match search(looker) {
            Next::Nothing => looker.park(),
            Next::At(ns) => looker.sleep(Duration::from_nanos(ns.saturating_sub(unix_ns()))),
            Next::Look => {
                let every = Duration::from_millis(recorder.slow_settings().every_ms.into());
                looker.while_looking(|| look::look(looker)) && looker.sleep(every)
            }
        };
        if !goes_on {
            return;
        }
    }
}

enum Next {
    /// Nothing is in flight.
    Nothing,
    /// Nothing is to be looked at before this time, Unix nanoseconds.
    At(u64),
    Look,
}

/// Looks for requests that have become slow. Allocates nothing while there are
/// none.
fn search(looker: &Looker) -> Next {
    let Looker { recorder, following, .. } = looker;
    let now = unix_ns();
    let least = u64::from(recorder.slow_settings().least_ms()) * 1_000_000;
    let mut next = now + SEARCH.min(least.max(SEARCH_LEAST));
    let mut is_any = false;
    let mut candidates = Vec::new();
    recorder.watch(|request| {
        is_any = true;
        let slow_at = request.start_unix_ns.saturating_add(least);
        if slow_at <= now || request.asked || following.has(request.id) {
            candidates.push(request);
        } else {
            next = next.min(slow_at);
        }
    });
    following.leave_ended(recorder, &candidates);
    for request in &candidates {
        let age = now.saturating_sub(request.start_unix_ns);
        if !following.has(request.id) && is_wanted(recorder, request, age) {
            following.add(recorder, request, memory::why_not());
        } else if request.thread != 0 {
            next = next.min(now + AGAIN);
        }
    }
    match (is_any, following.wants_look()) {
        (false, _) => Next::Nothing,
        (true, true) => Next::Look,
        (true, false) => Next::At(next),
    }
}

/// What no thread runs now, as a body that waits for its reader, is not slow.
fn is_wanted(recorder: &Recorder, request: &Watched, age: u64) -> bool {
    let old = age >= LONG || recorder.is_slow(request, age / 1_000_000);
    request.asked || request.thread != 0 && old
}

pub(super) fn unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Whether looking is given up for this reason alone.
pub(super) const fn is_given_up(unseen: Unseen) -> bool {
    matches!(unseen, Unseen::Memory | Unseen::Busy)
}
