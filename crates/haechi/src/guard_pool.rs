//! States of ended requests, kept by the thread they ended on for its next ones:
//! a request allocates nothing.

use crate::request_state::State;
use std::cell::RefCell;

/// States one thread keeps: as many requests as it usually has open at once.
const KEEP: usize = 64;
/// One whose texts have grown larger is let go.
const TEXT_MAX: usize = 8 * 1024;

thread_local! {
    // boxes: a state goes into a request and comes back without being moved
    #[allow(clippy::vec_box)]
    static POOL: RefCell<Vec<Box<State>>> = const { RefCell::new(Vec::new()) };
}

/// One to use again, with whatever stood in it.
#[inline]
pub(crate) fn take() -> Option<Box<State>> {
    POOL.try_with(|pool| pool.try_borrow_mut().ok()?.pop()).ok().flatten()
}

/// Keeps one that is no longer used.
#[inline]
pub(crate) fn give(state: Box<State>) {
    if state.capacity() > TEXT_MAX {
        return;
    }
    let _ = POOL.try_with(|pool| {
        if let Ok(mut pool) = pool.try_borrow_mut()
            && pool.len() < KEEP
        {
            pool.push(state);
        }
    });
}
