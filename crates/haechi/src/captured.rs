use crate::recorder::Recorder;
use crate::{clock, current};
use haechi_event::{Exception, Mechanism, RequestId, redact};

/// Bytes of a message that are looked at for secrets; fewer are kept.
const MESSAGE_MAX: usize = 16 * 1024;

/// An exception on its way to the spool.
#[derive(Debug, Clone, Copy, Default)]
pub struct Captured<'a> {
    /// The request it occurred in, or [`RequestId::NONE`].
    pub request_id: RequestId,
    /// How it came to be known.
    pub mechanism: Mechanism,
    /// `service.name`.
    pub app: &'a str,
    /// Route of the request.
    pub route: &'a str,
    /// The framework's own name for the error page.
    pub ticket: &'a str,
    /// `exception.type`.
    pub kind: &'a str,
    /// `exception.message`; redacted on the way.
    pub message: &'a str,
    /// The chain of causes, redacted by whoever wrote it.
    pub stack: &'a [u8],
    /// Who was signed in; empty if not known.
    pub user: &'a str,
}

impl Recorder {
    /// Records an exception. Gives the id of the event; `None` if it was not
    /// kept, because its app is paused or for a reason that was counted.
    #[must_use = "the id keeps an exception from being recorded twice"]
    pub fn exception(&self, captured: &Captured<'_>) -> Option<RequestId> {
        let inner = self.inner();
        let time_unix_ns = clock::unix_ns();
        let message = redact::text(redact::head(captured.message, MESSAGE_MAX));
        let kept = inner.spool.with_lane(|mut lane| {
            let app = lane.route(captured.app, "", "(other)");
            if !inner.is_on(lane.app_state(&app)) {
                return None;
            }
            let id = lane.next_id(time_unix_ns / 1_000_000);
            let event = Exception {
                id,
                time_unix_ns,
                request_id: captured.request_id,
                mechanism: captured.mechanism,
                app: captured.app,
                route: captured.route,
                release: inner.release(captured.app, clock::monotonic_ns()),
                ticket: captured.ticket,
                kind: captured.kind,
                message: &message,
                stack: captured.stack,
                user: captured.user,
            };
            lane.append_with(|buffer| event.encode(buffer)).ok().map(|()| id)
        });
        let _ = current::with(|guard| {
            if guard.id() == captured.request_id {
                guard.note_exception();
            }
        });
        kept.flatten()
    }
}
