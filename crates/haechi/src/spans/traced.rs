//! Spans that are entered and left, as those of `tracing` are: several times,
//! and others in between.

use super::label::Label;
use super::late::{BESIDE, Beside};
use super::stack::Open;
use super::{SpanToken, Spans, Timed};

/// Labels whose memory is kept.
const SPARE_MAX: usize = 32;

impl Spans {
    /// It begins and is entered.
    pub(crate) fn begin_traced(&mut self, parent: u32, label: &mut Label, now: u64) -> SpanToken {
        let own = std::mem::replace(label, self.spare.pop().unwrap_or_default());
        let around = || self.innermost().map_or(0, |open| open.id);
        let parent = Some(if parent == 0 { around() } else { parent });
        self.open(now, own.part, |id| Open {
            id,
            part: own.part,
            start_ns: now,
            parent,
            entered: Some(1),
            label: Some(own),
        })
    }

    /// It is entered once more.
    pub(crate) fn step_in(&mut self, token: SpanToken, now: u64) {
        self.step(token, now, |entered| entered.saturating_add(1));
    }

    /// It is left.
    pub(crate) fn step_out(&mut self, token: SpanToken, now: u64) {
        self.step(token, now, |entered| entered.saturating_sub(1));
    }

    fn step(&mut self, token: SpanToken, now: u64, step: impl Fn(u32) -> u32) {
        let Some(at) = self.open.iter().rposition(|open| open.id == token) else { return };
        self.count_until(now);
        let open = &mut self.open[at];
        open.entered = open.entered.map(step);
    }

    /// It ends: when it was, and what it said of itself.
    pub(crate) fn end_traced(&mut self, token: SpanToken, now: u64) -> Option<(Timed, Label)> {
        let (timed, label) = self.close_one(token, now)?;
        label.map(|label| (timed, label))
    }

    /// What a span said of itself, to be changed.
    pub(crate) fn label_mut(&mut self, token: SpanToken) -> Option<&mut Label> {
        let mut open = self.open.iter_mut().rev();
        open.find(|open| open.id == token)?.label.as_mut()
    }

    /// The innermost span that said something of itself, to be changed.
    pub(crate) fn innermost_label(&mut self) -> Option<&mut Label> {
        let id = self.innermost()?.id;
        self.label_mut(id)
    }

    /// Any span that is open and said something of itself, the last first.
    pub(crate) fn last_traced(&self) -> Option<SpanToken> {
        self.open.iter().rev().find(|open| open.label.is_some()).map(|open| open.id)
    }

    pub(crate) fn give_label_back(&mut self, label: Label) {
        if self.spare.len() < SPARE_MAX {
            self.spare.push(label);
        }
    }

    /// Spans that ended beside the request, into `out`; the last ones if it ends.
    pub(crate) fn take_late(&mut self, is_end: bool, out: &mut Vec<Beside>) {
        let left_out = if is_end { self.late.close(out) } else { self.late.take(out) };
        self.split.left_out = self.split.left_out.saturating_add(left_out);
    }

    /// Counts one of those for what of its time no other had.
    pub(crate) fn add_beside(&mut self, beside: &Beside) -> Timed {
        let Beside { id, parent, part, start_ns, end_ns, .. } = *beside;
        let mut timed = self.add(part, start_ns, end_ns);
        if id != 0 {
            timed.id = id;
        }
        if parent != 0 {
            timed.parent = parent;
        }
        timed
    }
}

/// A number counted from 1, also of a span beside its request.
pub(crate) const fn ordinal(id: u32) -> u32 {
    id & !BESIDE
}
