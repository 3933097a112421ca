use crate::spans::label::Label;
use std::cell::Cell;

/// Runs `work` with a label of this thread's, whatever stands in it. What writes
/// into it may be the app's code and come here again: then that gets a new one.
pub(super) fn with<T>(work: impl FnOnce(&mut Label) -> T) -> T {
    thread_local! { static SCRATCH: Cell<Option<Label>> = const { Cell::new(None) } }
    let kept = SCRATCH.try_with(Cell::take).ok().flatten();
    let mut label = kept.unwrap_or_default();
    let result = work(&mut label);
    let _ = SCRATCH.try_with(|scratch| scratch.set(Some(label)));
    result
}
