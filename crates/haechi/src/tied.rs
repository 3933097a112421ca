//! A span that is tied to a request, wherever it goes.

use crate::guard::RequestGuard;
use crate::spans::label::Label;
use crate::spans::late::{BESIDE, Beside, Late, Told};
use crate::{Recorder, RequestId, current, span_clock_ns};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::sync::{Arc, Mutex, RwLock};

/// Not entered yet.
const NEW: u32 = 0;
/// Being entered for the first time, or not timed at all.
const NONE: u32 = u32::MAX;

/// What an open span is tied to. Used for one span after the
/// other, and looked at by any thread: so locks in it are tried, never waited for.
#[derive(Debug, Default)]
pub(crate) struct Tied {
    request_id: AtomicU64,
    /// Its number among the request's spans, once it has been entered.
    number: AtomicU32,
    parent: AtomicU32,
    is_timed: AtomicBool,
    family: RwLock<Family>,
    own: Mutex<Own>,
}

/// What it has of its request.
#[derive(Debug, Default)]
struct Family {
    route: String,
    app: String,
    /// `None` once it has ended.
    link: Option<(Recorder, Arc<Late>)>,
}

/// Its own until it is its request's.
#[derive(Debug, Default)]
struct Own {
    label: Label,
    /// When it was first entered, of one beside its request.
    start_ns: u64,
}

impl Tied {
    /// Ties it to a request in which it is made; `label` is what it says of
    /// itself, `None` if it is not to be timed. Gives another one's memory back.
    pub(crate) fn to_request(
        &self,
        guard: &mut RequestGuard,
        parent: u32,
        label: Option<&mut Label>,
    ) -> bool {
        let Ok(mut family) = self.family.try_write() else { return false };
        guard.route().clone_into(&mut family.route);
        guard.app().clone_into(&mut family.app);
        family.link = Some((guard.recorder(), Arc::clone(&guard.spans_mut().late)));
        self.request_id.store(guard.id().as_u64(), Relaxed);
        self.set(parent, label)
    }

    /// Ties it to the request of the span around it.
    pub(crate) fn to_parent(&self, parent: &Self, label: Option<&mut Label>) -> bool {
        let (Ok(mut family), Ok(theirs)) = (self.family.try_write(), parent.family.try_read())
        else {
            return false;
        };
        theirs.route.clone_into(&mut family.route);
        theirs.app.clone_into(&mut family.app);
        family.link.clone_from(&theirs.link);
        self.request_id.store(parent.request_id.load(Relaxed), Relaxed);
        self.set(parent.child_parent(), label)
    }

    fn set(&self, parent: u32, label: Option<&mut Label>) -> bool {
        self.parent.store(parent, Relaxed);
        self.is_timed.store(label.is_some(), Relaxed);
        self.number.store(if label.is_some() { NEW } else { NONE }, Relaxed);
        let Ok(mut own) = self.own.try_lock() else { return false };
        if let Some(label) = label {
            std::mem::swap(label, &mut own.label);
        }
        own.start_ns = 0;
        true
    }

    pub(crate) fn request_id(&self) -> RequestId {
        RequestId::from_u64(self.request_id.load(Relaxed))
    }

    /// The route of its request when it was made.
    pub(crate) fn route(&self) -> String {
        self.family.try_read().map(|family| family.route.clone()).unwrap_or_default()
    }

    /// The span that one made in it lies in: itself, or the one it lies in.
    pub(crate) fn child_parent(&self) -> u32 {
        match self.number.load(Acquire) {
            NEW | NONE => self.parent.load(Relaxed),
            number => number,
        }
    }

    fn is_here(&self, guard: &RequestGuard) -> bool {
        guard.id() == self.request_id()
    }

    /// It is entered or left on this thread.
    pub(crate) fn step(&self, is_entered: bool) {
        match self.number.load(Acquire) {
            NONE => {}
            NEW if is_entered => self.begin(),
            NEW => {}
            number if number & BESIDE != 0 => {}
            number => {
                current::with(|guard| {
                    if self.is_here(guard) {
                        guard.step_traced(number, is_entered);
                    }
                });
            }
        }
    }

    /// Where it is entered first decides: in its request, or beside it.
    fn begin(&self) {
        if self.number.compare_exchange(NEW, NONE, Acquire, Relaxed).is_err() {
            return;
        }
        let parent = self.parent.load(Relaxed);
        let Ok(mut own) = self.own.try_lock() else { return };
        let inside = current::with(|guard| {
            self.is_here(guard).then(|| guard.begin_traced(parent, &mut own.label))
        });
        let number = inside.flatten().unwrap_or_else(|| {
            own.start_ns = span_clock_ns();
            self.number().unwrap_or_default()
        });
        // 0: there was no room for it
        self.number.store(if number == 0 { NONE } else { number }, Release);
    }

    /// Changes what it says of itself.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Label)) {
        let number = self.number.load(Acquire);
        if number == NEW || number & BESIDE != 0 && number != NONE {
            if let Ok(mut own) = self.own.try_lock() {
                change(&mut own.label);
            }
        } else if number != NONE {
            current::with(|guard| {
                if self.is_here(guard) {
                    guard.change_traced(number, change);
                }
            });
        }
    }

    fn number(&self) -> Option<u32> {
        self.family.try_read().ok()?.link.as_ref().map(|(_, late)| late.number())
    }

    /// It ends.
    pub(crate) fn end(&self) {
        self.tell_end();
        if let Ok(mut family) = self.family.try_write() {
            family.link = None;
        }
    }

    fn tell_end(&self) {
        let number = self.number.swap(NONE, Acquire);
        if number == NEW || number == NONE {
            return;
        }
        if number & BESIDE == 0 {
            current::with(|guard| {
                if self.is_here(guard) {
                    guard.end_traced(number);
                }
            });
            return;
        }
        let Ok(mut own) = self.own.try_lock() else { return };
        let times = (own.start_ns, span_clock_ns());
        let label = std::mem::take(&mut own.label);
        self.hand(number, self.parent.load(Relaxed), times, label);
    }

    /// A query that ended in it, in a task or a thread beside its request.
    pub(crate) fn query(&self, times: (u64, u64), mut label: Label) {
        if let Ok(own) = self.own.try_lock() {
            (label.file, label.line) = (own.label.file, own.label.line);
        }
        self.hand(0, self.child_parent(), times, label);
    }

    fn hand(&self, id: u32, parent: u32, (start_ns, end_ns): (u64, u64), label: Label) {
        let part = label.part;
        let beside = Beside { id, parent, part, start_ns, end_ns, label };
        let Ok(family) = self.family.try_read() else { return };
        let Some((recorder, late)) = &family.link else { return };
        if let Told::Late(mut beside) = late.hand(beside) {
            if beside.id == 0 {
                beside.id = late.number();
            }
            let owner = (self.request_id(), late.request_ns());
            recorder.inner().late_span(&family.app, owner, &mut beside);
        }
    }
}
