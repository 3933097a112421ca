use super::frames;
use crate::captured::Captured;
use crate::current::{self, Place};
use crate::{Flags, Mechanism, Recorder, RequestId};
use haechi_event::{StackWriter, Tie, redact};
use std::cell::Cell;
use std::panic::PanicHookInfo;
use std::sync::OnceLock;

/// Who records panics outside of requests: the monitor that was made first.
static FIRST: OnceLock<(Recorder, &'static str)> = OnceLock::new();

/// Bytes of a message that are looked at for secrets; fewer are kept.
const MESSAGE_MAX: usize = 16 * 1024;

thread_local! { static IN_HOOK: Cell<bool> = const { Cell::new(false) } }

/// Records every panic from now on, before the hook that was there does its work.
pub(crate) fn install(recorder: Recorder, app: &'static str) {
    if FIRST.set((recorder, app)).is_err() {
        return;
    }
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        // a panic in here would end the program, one that repeats as well
        let again = IN_HOOK.try_with(|inside| inside.replace(true)).unwrap_or(true);
        if !again {
            record(info);
            let _ = IN_HOOK.try_with(|inside| inside.set(false));
        }
        before(info);
    }));
}

fn record(info: &PanicHookInfo<'_>) {
    let message = redact::text(redact::head(text_of(info), MESSAGE_MAX));
    let place = current::with(|guard| {
        guard.set_flag(Flags::RAISED);
        guard.forget_poll();
        Place::of(guard)
    });
    let mechanism = if place.is_some() { Mechanism::Unhandled } else { Mechanism::Thread };
    let first = || {
        let (recorder, app) = FIRST.get()?;
        Some(Place {
            recorder: *recorder,
            app: (*app).to_owned(),
            route: String::new(),
            user: String::new(),
            request_id: RequestId::NONE,
        })
    };
    let Some(place) = place.or_else(first) else { return };
    let mut bytes = Vec::with_capacity(4096);
    let mut stack = StackWriter::new(&mut bytes);
    stack.cause(Tie::Raised, "panic", &message);
    frames::write(&mut stack, info.location());
    let _ = place.recorder.exception(&Captured {
        request_id: place.request_id,
        mechanism,
        app: &place.app,
        route: &place.route,
        user: &place.user,
        ticket: "",
        kind: "panic",
        message: &message,
        stack: &bytes,
    });
}

fn text_of<'p>(info: &'p PanicHookInfo<'_>) -> &'p str {
    let payload = info.payload();
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("(its payload is no text)")
}
