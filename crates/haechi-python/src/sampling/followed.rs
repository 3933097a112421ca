//! Requests that are looked at, and what was seen of them so far.

use super::frames::Stack;
use super::round::{LONG, is_given_up, unix_ns};
use haechi::{Occasion, Recorder, RequestId, SampleTree, Samples, Unseen, Watched};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Requests that are looked at at once.
const MOST: usize = 16;
/// Of more than these not even the reason is told why they are not.
const MOST_KNOWN: usize = 64;
/// After so long a request is looked at only if somebody asks.
const ENOUGH: u64 = 120_000_000_000;

/// A request that is looked at.
struct Followed {
    request: Watched,
    app: String,
    interval_ms: u32,
    unseen: Unseen,
    looks: u32,
    from_ms: u32,
    to_ms: u32,
    lock_wait: Duration,
    lock_wait_max: Duration,
    tree: SampleTree,
    cpu_ns: Option<u64>,
    seen_ns: u64,
    told_long: bool,
}

/// How many this process follows; one that was forked has its parent's number
/// until it follows some of its own.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// The requests that one process follows. The lock is held for moments only, and
/// never while the interpreter's is waited for: who ends a request has that.
#[derive(Default)]
pub(super) struct Following {
    all: Mutex<Vec<Followed>>,
}

/// What was seen of a request at one look.
pub(super) enum Seen {
    Stack(Stack),
    /// Its thread ran something else.
    Elsewhere,
}

/// A look at one request.
pub(super) struct Look {
    pub(super) id: RequestId,
    pub(super) seen: Seen,
    /// CPU time of its thread.
    pub(super) cpu_ns: Option<u64>,
}

#[inline]
pub(super) fn any() -> bool {
    COUNT.load(Relaxed) != 0
}

impl Following {
    /// Follows nothing yet.
    pub(super) fn new() -> Self {
        COUNT.store(0, Relaxed);
        Self::default()
    }

    fn all(&self) -> MutexGuard<'_, Vec<Followed>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn has(&self, id: RequestId) -> bool {
        any() && self.all().iter().any(|followed| followed.request.id == id)
    }

    /// From now on it is looked at, unless it cannot be.
    pub(super) fn add(&self, recorder: &Recorder, request: &Watched, why_not: Unseen) {
        let (app, interval_ms) = (recorder.app_of(request), recorder.slow_settings().every_ms);
        let mut all = self.all();
        if all.len() >= MOST_KNOWN {
            return;
        }
        let busy = all.iter().filter(|other| !is_given_up(other.unseen)).count() >= MOST;
        let unseen = if busy { Unseen::Busy } else { why_not };
        all.push(Followed::new(*request, app, interval_ms, unseen));
        COUNT.store(all.len(), Relaxed);
    }

    /// Lets those go that ended without a word, and takes over what is asked of
    /// the others.
    pub(super) fn leave_ended(&self, recorder: &Recorder, in_flight: &[Watched]) {
        if !any() {
            return;
        }
        let mut told = Vec::new();
        let mut all = self.all();
        all.retain_mut(|followed| {
            let now = in_flight.iter().find(|request| request.id == followed.request.id);
            match now {
                Some(now) => followed.request = *now,
                None if followed.looks > 0 => told.push(followed.tell(Occasion::Ended)),
                None => {}
            }
            now.is_some()
        });
        COUNT.store(all.len(), Relaxed);
        drop(all);
        told.iter().for_each(|told| told.record(recorder));
    }

    /// Whether any of them is to be looked at now.
    pub(super) fn wants_look(&self) -> bool {
        any() && self.all().iter().any(Followed::wants_look)
    }

    /// Those that are to be looked at now.
    pub(super) fn to_look_at(&self) -> Vec<Watched> {
        let all = self.all();
        let wanted = all.iter().filter(|followed| followed.wants_look());
        wanted.map(|followed| followed.request).collect()
    }

    /// Keeps what was seen; tells it of those that are asked for or have been
    /// running for long.
    pub(super) fn keep(&self, recorder: &Recorder, looks: &[Look], waited: Duration) {
        let now = unix_ns();
        let mut told = Vec::new();
        let mut all = self.all();
        for look in looks {
            if let Some(followed) = all.iter_mut().find(|one| one.request.id == look.id) {
                followed.keep(look, waited, now);
                told.extend(followed.tell_early(recorder, now));
            }
        }
        drop(all);
        told.iter().for_each(|told| told.record(recorder));
    }

    /// The request ends: what was seen of it is told.
    pub(super) fn end(&self, recorder: &Recorder, id: RequestId) {
        if let Some(mut followed) = self.take(id) {
            if followed.looks == 0 && followed.unseen == Unseen::None {
                followed.unseen = Unseen::Lock;
            }
            followed.tell(Occasion::Ended).record(recorder);
        }
    }

    /// The request is not recorded, so neither is this.
    pub(super) fn forget(&self, id: RequestId) {
        drop(self.take(id));
    }

    fn take(&self, id: RequestId) -> Option<Followed> {
        let mut all = self.all();
        let at = all.iter().position(|followed| followed.request.id == id)?;
        let found = all.swap_remove(at);
        COUNT.store(all.len(), Relaxed);
        Some(found)
    }
}

impl Followed {
    fn new(request: Watched, app: String, interval_ms: u32, unseen: Unseen) -> Self {
        Self {
            request,
            app,
            interval_ms,
            unseen,
            looks: 0,
            from_ms: 0,
            to_ms: 0,
            lock_wait: Duration::ZERO,
            lock_wait_max: Duration::ZERO,
            tree: SampleTree::default(),
            cpu_ns: None,
            seen_ns: 0,
            told_long: false,
        }
    }

    fn wants_look(&self) -> bool {
        self.request.asked || self.unseen != Unseen::Length && !is_given_up(self.unseen)
    }

    fn age_ms(&self, now: u64) -> u32 {
        let age = now.saturating_sub(self.request.start_unix_ns) / 1_000_000;
        u32::try_from(age).unwrap_or(u32::MAX)
    }

    fn keep(&mut self, look: &Look, waited: Duration, now: u64) {
        self.to_ms = self.age_ms(now);
        if self.looks == 0 {
            self.from_ms = self.to_ms;
        }
        self.looks = self.looks.saturating_add(1);
        self.lock_wait += waited;
        self.lock_wait_max = self.lock_wait_max.max(waited);
        let running = self.was_running(look.cpu_ns, now);
        match &look.seen {
            Seen::Stack(stack) => self.tree.add(stack.frames(), running),
            Seen::Elsewhere => self.unseen = Unseen::Elsewhere,
        }
        if now.saturating_sub(self.request.start_unix_ns) > ENOUGH {
            self.unseen = Unseen::Length;
        }
    }

    /// Whether its thread used the processor for most of the time since the look
    /// before.
    fn was_running(&mut self, cpu_ns: Option<u64>, now: u64) -> bool {
        let elapsed = now.saturating_sub(self.seen_ns);
        let used = cpu_ns.zip(self.cpu_ns).map(|(now, before)| now.saturating_sub(before));
        self.cpu_ns = cpu_ns;
        self.seen_ns = now;
        used.is_some_and(|used| used * 2 > elapsed)
    }

    fn tell_early(&mut self, recorder: &Recorder, now: u64) -> Option<Told> {
        let is_long = now.saturating_sub(self.request.start_unix_ns) >= LONG;
        let was_told = self.told_long;
        self.told_long |= is_long;
        if self.request.asked {
            recorder.answered(&self.request);
            self.request.asked = false;
            return Some(self.tell(Occasion::Asked));
        }
        (is_long && !was_told).then(|| self.tell(Occasion::Long))
    }

    fn tell(&self, occasion: Occasion) -> Told {
        let whole = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let samples = Samples {
            request_id: self.request.id,
            time_unix_ns: unix_ns(),
            occasion,
            unseen: self.unseen,
            interval_ms: self.interval_ms,
            looks: self.looks,
            samples: self.tree.samples(),
            from_ms: self.from_ms,
            to_ms: self.to_ms,
            lock_wait_ns: whole(self.lock_wait),
            lock_wait_max_ns: whole(self.lock_wait_max),
            ..Samples::default()
        };
        Told { samples, app: self.app.clone(), tree: self.tree.to_bytes() }
    }
}

/// What is to be recorded once the lock is given back.
struct Told {
    samples: Samples<'static>,
    app: String,
    tree: Vec<u8>,
}

impl Told {
    fn record(&self, recorder: &Recorder) {
        recorder.samples(&Samples { app: &self.app, tree: &self.tree, ..self.samples });
    }
}
