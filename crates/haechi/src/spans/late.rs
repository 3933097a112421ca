use super::handed::Handed;
use super::label::Label;
use haechi_event::Part;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

/// Spans that wait at once for their request to take them.
const WAITING_MAX: u32 = 128;
/// Spans that are told after their request's end.
const AFTER_MAX: u32 = 64;
/// What the numbers of spans begin with that ran beside their request.
pub(crate) const BESIDE: u32 = 1 << 31;

/// A span that ended where its request was not at hand: in another task, in a
/// thread.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// 0 if it has none yet.
    pub(crate) id: u32,
    /// 0 if it has none.
    pub(crate) parent: u32,
    pub(crate) part: Part,
    pub(crate) start_ns: u64,
    pub(crate) end_ns: u64,
    pub(crate) label: Label,
}

/// What other tasks and threads share with a request. Nobody waits at it for
/// anybody.
#[derive(Debug, Default)]
pub(crate) struct Late {
    request_ns: u64,
    numbers: AtomicU32,
    waiting: AtomicU32,
    after: AtomicU32,
    left_out: AtomicU32,
    handed: Handed<Beside>,
}

/// What becomes of a span that is handed over.
#[derive(Debug)]
pub(crate) enum Told {
    /// The request takes it, or there is no room for it.
    Inside,
    /// Its request has ended: it is told by itself.
    Late(Beside),
}

impl Late {
    pub(super) fn new(request_ns: u64) -> Self {
        Self { request_ns, ..Self::default() }
    }

    /// Nobody else has it: it is another request's now.
    pub(super) fn restart(&mut self, request_ns: u64) {
        self.request_ns = request_ns;
        *self.numbers.get_mut() = 0;
        *self.waiting.get_mut() = 0;
        *self.after.get_mut() = 0;
        *self.left_out.get_mut() = 0;
        self.handed.reopen();
    }

    /// When its request began.
    pub(crate) const fn request_ns(&self) -> u64 {
        self.request_ns
    }

    /// A number for a span that begins beside the request.
    pub(crate) fn number(&self) -> u32 {
        BESIDE | (self.numbers.fetch_add(1, Relaxed).saturating_add(1) & !BESIDE)
    }

    /// Hands a span over that has ended.
    pub(crate) fn hand(&self, beside: Beside) -> Told {
        if self.waiting.fetch_add(1, Relaxed) < WAITING_MAX {
            match self.handed.put(beside) {
                Err(beside) if self.after.fetch_add(1, Relaxed) < AFTER_MAX => {
                    return Told::Late(beside);
                }
                _ => return Told::Inside,
            }
        }
        self.left_out.fetch_add(1, Relaxed);
        Told::Inside
    }

    /// What waits, into `out`; says how many were left out.
    pub(super) fn take(&self, out: &mut Vec<Beside>) -> u32 {
        if !self.handed.is_empty() {
            let from = out.len();
            self.handed.take(|beside| out.push(beside));
            self.waiting.fetch_sub((out.len() - from) as u32, Relaxed);
            // in the order they ended
            out[from..].reverse();
        }
        self.left_out()
    }

    /// The request ends: the last of what waits. What comes from now on is late.
    pub(super) fn close(&self, out: &mut Vec<Beside>) -> u32 {
        let from = out.len();
        self.handed.close(|beside| out.push(beside));
        out[from..].reverse();
        self.waiting.store(0, Relaxed);
        self.left_out()
    }

    fn left_out(&self) -> u32 {
        if self.left_out.load(Relaxed) == 0 { 0 } else { self.left_out.swap(0, Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_over_is_taken_or_late_or_left_out() {
        let mut late = Late::new(7);
        let is_late = |late: &Late, id| {
            matches!(late.hand(Beside { id, ..Beside::default() }), Told::Late(_))
        };
        for id in 0..WAITING_MAX + 3 {
            assert!(!is_late(&late, id));
        }
        let mut out = Vec::new();
        assert_eq!((late.take(&mut out), out.len()), (3, WAITING_MAX as usize));
        assert!(out.iter().map(|beside| beside.id).eq(0..WAITING_MAX));
        assert_eq!((late.number(), late.number()), (BESIDE | 1, BESIDE | 2));
        assert!(!is_late(&late, 7));
        out.clear();
        assert_eq!((late.close(&mut out), out[0].id), (0, 7));
        let after = (0..2 * AFTER_MAX).filter(|id| is_late(&late, *id)).count();
        assert_eq!(after, AFTER_MAX as usize);
        late.restart(8);
        assert!(!is_late(&late, 9));
        assert_eq!(late.request_ns(), 8);
    }
}
