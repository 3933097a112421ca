//! The request that the running code belongs to.
//!
//! A request is *current* on a thread while its future, or its body, is being
//! polled there. Code that runs elsewhere — a spawned task, a thread of its own
//! — has no current request.

use crate::guard::RequestGuard;
use crate::recorder::Recorder;
use crate::spans::{SpanEnd, SpanToken};
use haechi_event::{Part, RequestId};
use std::cell::{Cell, RefCell};
use std::panic::Location;
#[cfg(feature = "tower")]
use std::task::Poll;

/// A request that has begun, shared by whoever handles it on one thread at a
/// time.
#[derive(Debug)]
pub(crate) struct Active {
    guard: RefCell<RequestGuard>,
}

thread_local! { static CURRENT: Cell<*const Active> = const { Cell::new(std::ptr::null()) } }

#[cfg(feature = "tower")]
impl Active {
    pub(crate) const fn new(guard: RequestGuard) -> Self {
        Self { guard: RefCell::new(guard) }
    }

    /// Runs `work` with this request as the current one.
    pub(crate) fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        struct Restore(*const Active);
        impl Drop for Restore {
            fn drop(&mut self) {
                let _ = CURRENT.try_with(|current| current.set(self.0));
            }
        }
        let before = CURRENT.try_with(|current| current.replace(self));
        let _restore = before.ok().map(Restore);
        work()
    }

    /// The same with a poll of what it waits for, whose time is looked at. Once it
    /// is ready, whoever asked ends the request or says that it waits.
    #[inline]
    pub(crate) fn poll<T>(&self, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        if let Ok(mut guard) = self.guard.try_borrow_mut() {
            guard.poll_begins();
        }
        let result = self.enter(poll);
        if result.is_pending() {
            self.poll_is_over();
        }
        result
    }

    pub(crate) fn poll_is_over(&self) {
        if let Ok(mut guard) = self.guard.try_borrow_mut() {
            guard.poll_is_over();
        }
    }

    pub(crate) fn into_guard(self) -> RequestGuard {
        self.guard.into_inner()
    }

    pub(crate) fn get_mut(&mut self) -> &mut RequestGuard {
        self.guard.get_mut()
    }
}

/// Does something with the current request; `None` if there is none.
pub(crate) fn with<T>(work: impl FnOnce(&mut RequestGuard) -> T) -> Option<T> {
    let found = CURRENT.try_with(Cell::get).ok()?;
    // SAFETY: the pointer is null or was set by `enter`, which borrows the
    // request until it has put back the one before, on this very thread.
    let active = unsafe { found.as_ref() }?;
    let mut guard = active.guard.try_borrow_mut().ok()?;
    Some(work(&mut guard))
}

/// Names the current request.
#[must_use]
pub fn request_id() -> Option<RequestId> {
    with(|guard| guard.id())
}

/// The trace that the current request belongs to: 16 bytes as in `traceparent`.
#[must_use]
pub fn trace_id() -> Option<[u8; 16]> {
    with(|guard| guard.trace_id())
}

/// Says which route the current request matched, where the framework cannot be
/// asked: a template such as `/item/{id}`, never the raw path.
pub fn set_route(route: &str) {
    let _ = with(|guard| guard.set_route(route));
}

/// Says who is signed in: an id of the app's own. At most 64 bytes are kept; what
/// looks like a secret is cut out.
pub fn set_user(user: &str) {
    let _ = with(|guard| guard.set_user(user));
}

/// What an exception or a line takes from the request it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) recorder: Recorder,
    pub(crate) app: String,
    pub(crate) route: String,
    pub(crate) user: String,
    pub(crate) request_id: RequestId,
}

impl Place {
    pub(crate) fn of(guard: &RequestGuard) -> Self {
        Self {
            recorder: guard.recorder(),
            app: guard.app().to_owned(),
            route: guard.route().to_owned(),
            user: guard.user().to_owned(),
            request_id: guard.id(),
        }
    }
}

/// That of the current request.
pub(crate) fn place() -> Option<Place> {
    with(|guard| Place::of(guard))
}

/// A span that lasts until it is dropped. Dropped where its request is not
/// the current one, it lasts as long as that.
#[derive(Debug)]
#[must_use = "the span ends when this is dropped"]
pub struct HeldSpan<'a> {
    request: Option<RequestId>,
    token: SpanToken,
    end: SpanEnd<'a>,
}

/// A part of the current request begins, and lasts until the answer is
/// dropped. `name` is a query, the address of a call, or what you call it.
/// Without a current request nothing happens.
///
/// ```
/// use haechi::{Part, current};
///
/// let mut span = current::span(Part::Db, "SELECT * FROM item WHERE id = 7");
/// span.set_rows(1);
/// drop(span);
/// ```
#[track_caller]
pub fn span(part: Part, name: &str) -> HeldSpan<'_> {
    let caller = Location::caller();
    let begun = with(|guard| (guard.id(), guard.span_begin(part)));
    let end = SpanEnd { name, file: caller.file(), line: caller.line(), ..SpanEnd::default() };
    let (request, token) = begun.unzip();
    HeldSpan { request, token: token.unwrap_or_default(), end }
}

impl HeldSpan<'_> {
    /// Says how many rows a query gave or changed.
    pub const fn set_rows(&mut self, rows: u64) {
        self.end.rows = Some(rows);
    }

    /// Says which status an outgoing call was answered with.
    pub const fn set_status(&mut self, status: u16) {
        self.end.status = status;
    }

    /// Says that it failed.
    pub const fn set_failed(&mut self) {
        self.end.failed = true;
    }
}

impl Drop for HeldSpan<'_> {
    fn drop(&mut self) {
        let Some(request) = self.request else { return };
        with(|guard| {
            if guard.id() == request {
                guard.span_end(self.token, &self.end);
            }
        });
    }
}
