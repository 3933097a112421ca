//! The thread that looks: begun by the first request of a process, asleep while
//! none is in flight, gone during a fork and when the interpreter ends.
//!
//! Made by hand: one of the standard library's allocates in the thread, and with
//! the first allocation of a thread the C library sets 64 MB of addresses aside,
//! of which some servers give a worker 512 in all.

use super::followed::Following;
use super::round;
use haechi::Recorder;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{null, null_mut};
use std::sync::Once;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64};
use std::time::{Duration, Instant};

/// Python's own frames do not lie on it: no Python code runs in this thread.
const STACK: usize = 256 * 1024;
/// The interpreter's end waits so long for a look that has begun.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the thread does. Whoever brings it from one of these to another by
/// compare-exchange has the right to.
mod state {
    pub(super) const NONE: u32 = 0;
    pub(super) const STARTING: u32 = 1;
    pub(super) const WATCHING: u32 = 2;
    /// It may wait for the interpreter's lock: nobody who has that may wait for it.
    pub(super) const LOOKING: u32 = 3;
    pub(super) const PARKED: u32 = 4;
    pub(super) const STOPPING: u32 = 5;
}

/// The thread of one process. Each fork has one of its own, and leaves that of
/// its parent alone.
pub(super) struct Looker {
    pub(super) recorder: &'static Recorder,
    pub(super) following: Following,
    generation: u64,
    state: AtomicU32,
    thread: AtomicU64,
}

static LOOKER: AtomicPtr<Looker> = AtomicPtr::new(null_mut());
/// The generation whose thread is awake, so that it need not be woken; also that
/// of a process that is to have none.
static AWAKE: AtomicU64 = AtomicU64::new(0);
static CLOSED: AtomicBool = AtomicBool::new(false);

#[inline]
pub(super) fn is_awake(generation: u64) -> bool {
    AWAKE.load(Relaxed) == generation
}

/// That of this process; `None` before its first request.
#[cold]
pub(super) fn here() -> Option<&'static Looker> {
    // SAFETY: what is stored here is leaked, so it stays valid for ever.
    let looker = unsafe { LOOKER.load(Acquire).as_ref() };
    looker.filter(|looker| looker.is_current())
}

/// Makes sure that the thread is there and awake.
#[cold]
pub(super) fn wake(recorder: &'static Recorder) {
    let generation = recorder.generation();
    if CLOSED.load(Relaxed) || recorder.slow_settings().is_off() {
        AWAKE.store(generation, Relaxed);
        return;
    }
    watch_forks();
    let Some(looker) = of_generation(recorder, generation) else { return };
    if looker.state.compare_exchange(state::PARKED, state::WATCHING, AcqRel, Relaxed).is_ok() {
        AWAKE.store(generation, Relaxed);
        futex_wake(&looker.state);
    } else if looker.state.compare_exchange(state::NONE, state::STARTING, AcqRel, Relaxed).is_ok() {
        // without one this process is not looked at; the next fork may have one
        AWAKE.store(generation, Relaxed);
        let next = if looker.start() { state::WATCHING } else { state::NONE };
        looker.state.store(next, SeqCst);
        futex_wake(&looker.state);
    }
}

/// The looker of this process, made if there is none; `None` if another thread
/// has just made one.
fn of_generation(recorder: &'static Recorder, generation: u64) -> Option<&'static Looker> {
    let found = LOOKER.load(Acquire);
    if let Some(looker) = here() {
        return Some(looker);
    }
    let state = AtomicU32::new(state::NONE);
    let (following, thread) = (Following::new(), AtomicU64::new(0));
    let made = Looker { recorder, following, generation, state, thread };
    let made = Box::into_raw(Box::new(made));
    if LOOKER.compare_exchange(found, made, AcqRel, Relaxed).is_err() {
        // SAFETY: nobody else has seen it.
        drop(unsafe { Box::from_raw(made) });
        return None;
    }
    here()
}

impl Looker {
    fn start(&'static self) -> bool {
        // SAFETY: the attributes are made before they are used and destroyed
        // after; `self` lives for ever; signals, which are the app's threads' to
        // handle, are blocked for the new thread and given back to this one.
        unsafe {
            let mut attributes = std::mem::zeroed();
            let mut thread = std::mem::zeroed();
            let (mut all, mut before) = (std::mem::zeroed(), std::mem::zeroed());
            if libc::pthread_attr_init(&raw mut attributes) != 0 {
                return false;
            }
            libc::pthread_attr_setstacksize(&raw mut attributes, STACK);
            libc::sigfillset(&raw mut all);
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
            let argument = std::ptr::from_ref(self).cast_mut().cast();
            let made =
                libc::pthread_create(&raw mut thread, &raw const attributes, main, argument) == 0;
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, null_mut());
            libc::pthread_attr_destroy(&raw mut attributes);
            self.thread.store(thread as u64, Relaxed);
            made
        }
    }

    /// Whether this process is the one it was made for.
    fn is_current(&self) -> bool {
        self.generation == self.recorder.generation()
    }

    /// Sleeps for so long; `false` if the thread is to end.
    pub(super) fn sleep(&self, how_long: Duration) -> bool {
        futex_wait(&self.state, state::WATCHING, Some(how_long));
        self.state.load(Acquire) != state::STOPPING
    }

    /// Sleeps until a request begins, if none is in flight; `false` if the thread
    /// is to end.
    pub(super) fn park(&self) -> bool {
        let change = |from, to| self.state.compare_exchange(from, to, AcqRel, Acquire);
        if change(state::WATCHING, state::PARKED).is_err() {
            return self.state.load(Acquire) != state::STOPPING;
        }
        AWAKE.store(0, SeqCst);
        std::sync::atomic::fence(SeqCst);
        // one that began before it could see that it has to wake us
        if self.recorder.is_any_in_flight() && change(state::PARKED, state::WATCHING).is_ok() {
            AWAKE.store(self.generation, Relaxed);
        }
        loop {
            match self.state.load(Acquire) {
                state::PARKED => futex_wait(&self.state, state::PARKED, None),
                found => return found != state::STOPPING,
            }
        }
    }

    /// Runs what may wait for the interpreter's lock; `false` if the thread is to
    /// end.
    pub(super) fn while_looking(&self, look: impl FnOnce()) -> bool {
        let change = |from, to| self.state.compare_exchange(from, to, AcqRel, Acquire).is_ok();
        if !change(state::WATCHING, state::LOOKING) {
            return self.state.load(Acquire) != state::STOPPING;
        }
        look();
        self.state.store(state::WATCHING, SeqCst);
        futex_wake(&self.state);
        true
    }

    /// Ends the thread unless it may wait for the interpreter's lock; `false` then.
    fn stop(&self) -> bool {
        loop {
            let seen = self.state.load(Acquire);
            match seen {
                state::WATCHING | state::PARKED => {}
                found => return found != state::LOOKING && found != state::STARTING,
            }
            if self.state.compare_exchange(seen, state::STOPPING, AcqRel, Relaxed).is_ok() {
                AWAKE.store(0, Relaxed);
                futex_wake(&self.state);
                // SAFETY: the thread was made, and only who brought it to STOPPING
                // joins it. It ends without waiting for anybody.
                unsafe {
                    libc::pthread_join(self.thread.load(Relaxed) as libc::pthread_t, null_mut())
                };
                self.state.store(state::NONE, SeqCst);
                return true;
            }
        }
    }
}

extern "C" fn main(argument: *mut c_void) -> *mut c_void {
    // SAFETY: `start` gave a looker that lives for ever.
    let looker = unsafe { &*argument.cast::<Looker>() };
    // SAFETY: a text that ends with a zero byte.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"haechi-look".as_ptr()) };
    while looker.state.load(Acquire) == state::STARTING {
        futex_wait(&looker.state, state::STARTING, None);
    }
    // what fails is that nobody looks any more
    let _ = catch_unwind(AssertUnwindSafe(|| round::rounds(looker)));
    null_mut()
}

/// Ends the thread for good; the caller does not have the interpreter's lock.
pub(super) fn close() {
    CLOSED.store(true, SeqCst);
    let Some(looker) = here() else { return };
    let until = Instant::now() + PATIENCE;
    while !looker.stop() && Instant::now() < until {
        let seen = looker.state.load(Acquire);
        if matches!(seen, state::LOOKING | state::STARTING) {
            futex_wait(&looker.state, seen, Some(Duration::from_millis(50)));
        }
    }
}

fn watch_forks() {
    static HOOK: Once = Once::new();
    // SAFETY: registers a function that ends a thread, in the process that has it.
    HOOK.call_once(|| unsafe {
        libc::pthread_atfork(Some(before_fork), None, None);
    });
}

/// The thread begins anew with the next request.
extern "C" fn before_fork() {
    if let Some(looker) = here() {
        looker.stop();
    }
}

fn futex_wait(word: &AtomicU32, expected: u32, how_long: Option<Duration>) {
    let time = how_long.map(|time| libc::timespec {
        tv_sec: time.as_secs() as libc::time_t,
        tv_nsec: libc::c_long::from(time.subsec_nanos()),
    });
    let time = time.as_ref().map_or(null(), std::ptr::from_ref);
    // SAFETY: the word is live, the time null or live; it returns at once if the
    // word is another.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            expected,
            time,
        )
    };
}

fn futex_wake(word: &AtomicU32) {
    // SAFETY: the word is live.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            i32::MAX,
        )
    };
}
