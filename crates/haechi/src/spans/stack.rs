use super::label::Label;
use super::last_query::LastQuery;
use super::late::{Beside, Late};
use super::polls::Stretch;
use super::tally::Tally;
use super::{SpanToken, Timed};
use haechi_event::{Part, Split};
use std::sync::Arc;

/// Spans that are open at once and followed; more count for the last of these.
const OPEN_MAX: usize = 64;
/// Ended spans that are remembered, for one that is told of after those in it.
const DONE_MAX: usize = 16;

#[derive(Debug)]
pub(super) struct Open {
    pub(super) id: u32,
    pub(super) part: Part,
    pub(super) start_ns: u64,
    /// Of a span that says it itself: the one around it.
    pub(super) parent: Option<u32>,
    /// How many times it was entered and not left; `None` of one that lasts
    /// without a break.
    pub(super) entered: Option<u32>,
    /// What it said of itself when it began.
    pub(super) label: Option<Label>,
}

/// The spans of one request, and whom each moment of it counts for: the one
/// that began last and has not ended; while the request runs, of those that can
/// be left only one that is entered. So the parts and the rest always add up to
/// the duration, also where spans end out of order.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    pub(super) open: Vec<Open>,
    /// Times that count for ended spans; none overlaps another, oldest first.
    done: Vec<(u64, u64)>,
    pub(super) split: Split,
    /// Time that counts for no part.
    pub(super) rest_ns: u64,
    request_ns: u64,
    /// Everything before is counted.
    counted_ns: u64,
    /// Whether it waits for what others do: nobody polls it.
    pub(super) is_waiting: bool,
    pub(super) stretch: Stretch,
    /// Spans of it that are in other tasks and threads.
    pub(crate) late: Arc<Late>,
    /// Room for what is taken from there.
    pub(crate) ended: Vec<Beside>,
    /// Labels of ended spans, whose memory is used again.
    pub(super) spare: Vec<Label>,
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
        self.is_waiting = false;
        self.stretch = Stretch::default();
        match Arc::get_mut(&mut self.late) {
            Some(late) => late.restart(request_ns),
            // spans of the last request are still open somewhere
            None => self.late = Arc::new(Late::new(request_ns)),
        }
        self.tally.clear();
        self.query.clear();
        self.split_bytes.clear();
    }

    /// Whom this moment counts for.
    pub(super) fn innermost(&self) -> Option<&Open> {
        if self.is_waiting {
            return self.open.last();
        }
        self.open.iter().rev().find(|open| open.entered != Some(0))
    }

    /// The time since the last event counts for the innermost span.
    pub(super) fn count_until(&mut self, now: u64) {
        let elapsed = now.saturating_sub(self.counted_ns);
        self.counted_ns = self.counted_ns.max(now);
        let part = self.innermost().map(|open| open.part);
        if !self.is_waiting {
            self.note_stretch(elapsed);
        }
        match part {
            Some(part) => self.split.get_mut(part).self_ns += elapsed,
            None => self.rest_ns += elapsed,
        }
    }

    pub(super) fn next_id(&mut self, part: Part) -> u32 {
        self.split.spans = self.split.spans.saturating_add(1);
        self.split.get_mut(part).count += 1;
        self.split.spans
    }

    pub(crate) fn begin(&mut self, part: Part, now: u64) -> SpanToken {
        self.open(now, part, |id| Open {
            id,
            part,
            start_ns: now,
            parent: None,
            entered: None,
            label: None,
        })
    }

    pub(super) fn open(
        &mut self,
        now: u64,
        part: Part,
        open: impl FnOnce(u32) -> Open,
    ) -> SpanToken {
        self.count_until(now);
        let id = self.next_id(part);
        if self.open.len() == OPEN_MAX {
            self.leave_out();
            return 0;
        }
        self.open.push(open(id));
        id
    }

    pub(crate) fn end(&mut self, token: SpanToken, now: u64) -> Option<Timed> {
        self.close_one(token, now).map(|(timed, _)| timed)
    }

    pub(super) fn close_one(
        &mut self,
        token: SpanToken,
        now: u64,
    ) -> Option<(Timed, Option<Label>)> {
        let at = self.open.iter().rposition(|open| open.id == token)?;
        self.count_until(now);
        let around = at.checked_sub(1).map_or(0, |at| self.open[at].id);
        let Open { id, part, start_ns, parent, label, .. } = self.open.remove(at);
        self.remember(start_ns, now);
        Some((self.timed(id, parent.unwrap_or(around), part, start_ns, now), label))
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
            self.innermost().map_or((0, self.request_ns), |open| (open.id, open.start_ns));
        let from = start_ns.max(begun_ns).min(end_ns.max(begun_ns));
        let own_ns = self.remember(from, end_ns.max(from));
        // it was counted for whom it lies in
        let around = match self.innermost().map(|open| open.part) {
            Some(part) => &mut self.split.get_mut(part).self_ns,
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

    pub(super) const fn timed(
        &self,
        id: u32,
        parent: u32,
        part: Part,
        start_ns: u64,
        end_ns: u64,
    ) -> Timed {
        let duration_ns = end_ns.saturating_sub(start_ns);
        Timed { id, parent, part, start_ns: start_ns.saturating_sub(self.request_ns), duration_ns }
    }

    /// Notes a time as counted; says how much of it was not before.
    fn remember(&mut self, from: u64, to: u64) -> u64 {
        let mut covered = 0;
        let (mut from_all, mut to_all) = (from, to);
        while let Some((start, end)) = self.done.last().copied() {
            if end <= from {
                break;
            }
            covered += end.min(to).saturating_sub(start.max(from));
            from_all = from_all.min(start);
            to_all = to_all.max(end);
            self.done.pop();
        }
        if self.done.len() == DONE_MAX {
            self.done.remove(0);
        }
        self.done.push((from_all, to_all));
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

    /// The part the request is in, since when it is that without interruption, and
    /// how long it was in the database before, nanoseconds.
    pub(crate) fn doing(&self) -> (Option<Part>, u64, u64) {
        let since = self.counted_ns.saturating_sub(self.request_ns);
        (self.open.last().map(|open| open.part), since, self.split.get(Part::Db).self_ns)
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
