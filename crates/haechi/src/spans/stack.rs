use super::last_query::LastQuery;
use super::tally::Tally;
use super::{SpanToken, Timed};
use haechi_event::{Part, Split};

/// Spans in spans that are followed; deeper ones count for the last of these.
const DEPTH_MAX: usize = 32;
/// Ended spans that are remembered, for one that is told of after those in it.
const DONE_MAX: usize = 16;

#[derive(Debug)]
struct Open {
    id: u32,
    part: Part,
    start_ns: u64,
}

/// The spans of one request, and whom each moment of it counts for: the one
/// that began last and has not ended. So the parts and the rest always add up
/// to the duration, also where spans end out of order.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    open: Vec<Open>,
    /// Times that count for ended spans; none overlaps another, oldest first.
    done: Vec<(u64, u64)>,
    split: Split,
    /// Time that counts for no part.
    rest_ns: u64,
    request_ns: u64,
    /// Everything before is counted.
    counted_ns: u64,
    pub(crate) tally: Tally,
    pub(crate) query: LastQuery,
    pub(crate) name: String,
    split_bytes: Vec<u8>,
}

impl Spans {
    pub(crate) fn restart(&mut self, request_ns: u64) {
        self.open.clear();
        self.done.clear();
        self.split = Split::default();
        self.rest_ns = 0;
        self.request_ns = request_ns;
        self.counted_ns = request_ns;
        self.tally.clear();
        self.query.clear();
        self.split_bytes.clear();
    }

    /// The time since the last event counts for the innermost span.
    fn count_until(&mut self, now: u64) {
        let elapsed = now.saturating_sub(self.counted_ns);
        self.counted_ns = self.counted_ns.max(now);
        match self.open.last() {
            Some(open) => self.split.get_mut(open.part).self_ns += elapsed,
            None => self.rest_ns += elapsed,
        }
    }

    fn next_id(&mut self, part: Part) -> u32 {
        self.split.spans = self.split.spans.saturating_add(1);
        self.split.get_mut(part).count += 1;
        self.split.spans
    }

    pub(crate) fn begin(&mut self, part: Part, now: u64) -> SpanToken {
        self.count_until(now);
        if self.open.len() == DEPTH_MAX {
            self.leave_out();
            let _ = self.next_id(part);
            return 0;
        }
        let id = self.next_id(part);
        self.open.push(Open { id, part, start_ns: now });
        id
    }

    pub(crate) fn end(&mut self, token: SpanToken, now: u64) -> Option<Timed> {
        let at = self.open.iter().rposition(|open| open.id == token)?;
        self.count_until(now);
        let parent = at.checked_sub(1).map_or(0, |at| self.open[at].id);
        let Open { id, part, start_ns } = self.open.remove(at);
        self.remember(start_ns, now);
        Some(self.timed(id, parent, part, start_ns, now))
    }

    /// Whether what was begun last and has not ended is of this part.
    pub(crate) fn is_in(&self, part: Part) -> bool {
        self.open.last().is_some_and(|open| open.part == part)
    }

    /// A span that is over already.
    pub(crate) fn add(&mut self, part: Part, start_ns: u64, end_ns: u64) -> Timed {
        let parent = self.cover(part, start_ns, end_ns);
        let id = self.next_id(part);
        self.timed(id, parent, part, start_ns.max(self.request_ns), end_ns)
    }

    /// A time that is over counts for a part, and is told as no span; gives the
    /// span it lies in.
    pub(crate) fn cover(&mut self, part: Part, start_ns: u64, end_ns: u64) -> u32 {
        let now = end_ns.max(self.counted_ns);
        self.count_until(now);
        let (parent, begun_ns) =
            self.open.last().map_or((0, self.request_ns), |open| (open.id, open.start_ns));
        let from = start_ns.max(begun_ns).min(end_ns.max(begun_ns));
        let own_ns = self.remember(from, end_ns.max(from));
        // it was counted for whom it lies in
        let around = match self.open.last() {
            Some(open) => &mut self.split.get_mut(open.part).self_ns,
            None => &mut self.rest_ns,
        };
        let moved = own_ns.min(*around);
        *around -= moved;
        self.split.get_mut(part).self_ns += moved;
        parent
    }

    /// A part was entered that is told as no span.
    pub(crate) fn enter(&mut self, part: Part) {
        self.split.get_mut(part).count += 1;
    }

    const fn timed(&self, id: u32, parent: u32, part: Part, start_ns: u64, end_ns: u64) -> Timed {
        let duration_ns = end_ns.saturating_sub(start_ns);
        Timed { id, parent, part, start_ns: start_ns.saturating_sub(self.request_ns), duration_ns }
    }

    /// Notes a time as counted; says how much of it was not before.
    fn remember(&mut self, from: u64, to: u64) -> u64 {
        let mut covered = 0;
        let mut from_all = from;
        while let Some((start, end)) = self.done.last().copied() {
            if end <= from {
                break;
            }
            covered += end.min(to).saturating_sub(start.max(from));
            from_all = from_all.min(start);
            self.done.pop();
        }
        if self.done.len() == DONE_MAX {
            self.done.remove(0);
        }
        self.done.push((from_all, to));
        (to - from).saturating_sub(covered)
    }

    pub(crate) fn set_queue(&mut self, ns: u64) {
        let queue = self.split.get_mut(Part::Queue);
        queue.self_ns = ns;
        queue.count = 1;
    }

    pub(crate) const fn leave_out(&mut self) {
        self.split.left_out = self.split.left_out.saturating_add(1);
    }

    pub(crate) fn close(&mut self, now: u64) {
        self.count_until(now);
        self.open.clear();
        self.split_bytes.clear();
        if !self.split.is_empty() {
            self.split.encode(&mut self.split_bytes);
        }
        self.tally.find_repeats();
    }

    /// What [`Self::close`] made of it.
    pub(crate) fn split_bytes(&self) -> &[u8] {
        &self.split_bytes
    }

    #[cfg(test)]
    pub(crate) const fn rest_ns(&self) -> u64 {
        self.rest_ns
    }

    pub(crate) fn repeats_bytes(&self) -> &[u8] {
        self.tally.repeats_bytes()
    }
}
