//! Runs and waits of a request: a future runs while it is polled.

use super::{Spans, Timed};
use haechi_event::Part;

/// What the thread did longest in one go since the request runs, and what of its
/// time there counts for nothing more telling than "blocked".
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Stretch {
    longest_ns: u64,
    /// The span in which that was.
    name: &'static str,
    file: &'static str,
    line: u32,
    rest_ns: u64,
    other_ns: u64,
}

/// A thread was held up.
#[derive(Debug)]
pub(crate) struct HeldUp {
    pub(crate) timed: Timed,
    /// The span it sat in longest; empty if in none.
    pub(crate) name: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
}

impl Spans {
    /// It is polled again.
    pub(crate) fn go_on(&mut self, now: u64) {
        self.count_until(now);
        self.is_waiting = false;
        self.stretch = Stretch::default();
    }

    /// It waits for what others do.
    pub(crate) fn wait(&mut self, now: u64) {
        self.count_until(now);
        self.is_waiting = true;
    }

    /// The time up to now went on without a break.
    pub(super) fn note_stretch(&mut self, elapsed: u64) {
        let (part, longer) = {
            let innermost = self.innermost();
            let longer = (elapsed > self.stretch.longest_ns).then(|| {
                let label = innermost.and_then(|open| open.label.as_ref());
                label.map_or(("", "", 0), |label| (label.name, label.file, label.line))
            });
            (innermost.map(|open| open.part), longer)
        };
        if let Some((name, file, line)) = longer {
            let longest_ns = elapsed;
            self.stretch = Stretch { longest_ns, name, file, line, ..self.stretch };
        }
        match part {
            None => self.stretch.rest_ns += elapsed,
            Some(Part::Other) => self.stretch.other_ns += elapsed,
            Some(_) => {}
        }
    }

    /// It ran from `since` until now and let nobody else use the thread. What of
    /// that counts for no part of its own counts as blocked.
    pub(crate) fn held_up(&mut self, since: u64, now: u64) -> HeldUp {
        self.count_until(now);
        let mut room = now.saturating_sub(since);
        let Stretch { name, file, line, rest_ns, other_ns, .. } = self.stretch;
        let rest_ns = rest_ns.min(self.rest_ns).min(room);
        room -= rest_ns;
        let other = &mut self.split.get_mut(Part::Other).self_ns;
        let other_ns = other_ns.min(*other).min(room);
        *other -= other_ns;
        self.rest_ns -= rest_ns;
        self.split.get_mut(Part::Blocked).self_ns += rest_ns + other_ns;
        let id = self.next_id(Part::Blocked);
        let timed = self.timed(id, 0, Part::Blocked, since, now);
        HeldUp { timed, name, file, line }
    }
}
