use super::grpc;
use crate::Flags;
use crate::current::Active;
use crate::guard::RequestGuard;
use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// A response's body on its way out. The request ends with its last byte, its
    /// error, or when it is dropped: then, unless all of it was sent, as aborted.
    #[derive(Debug)]
    pub struct MonitorBody<B> {
        // `None` only while it is dropped
        #[pin]
        inner: Option<B>,
        open: Option<Open>,
    }

    impl<B> PinnedDrop for MonitorBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(open) = this.open {
                // what it was in when it was given up belongs to the request
                open.active.enter(|| this.inner.set(None));
            }
        }
    }
}

/// A request whose response is being sent.
#[derive(Debug)]
struct Open {
    active: Active,
    status: u16,
    sent: u64,
    promised: Promised,
}

/// What makes a response whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promised {
    /// These bytes, as `Content-Length` said: a server asks for nothing behind
    /// them.
    Bytes(u64),
    /// Trailers, which end every gRPC call.
    Trailers,
    /// Its end.
    Nothing,
}

impl<B: Body> MonitorBody<B> {
    #[inline]
    pub(crate) fn new(
        inner: B,
        guard: Option<RequestGuard>,
        status: u16,
        promised: Promised,
    ) -> Self {
        let Some(mut guard) = guard else { return Self { inner: Some(inner), open: None } };
        if inner.is_end_stream() {
            guard.finish(status, 0);
            return Self { inner: Some(inner), open: None };
        }
        guard.poll_is_over();
        let active = Active::new(guard);
        let promised = match (promised, inner.size_hint().exact()) {
            (Promised::Nothing, Some(bytes)) => Promised::Bytes(bytes),
            (promised, _) => promised,
        };
        Self { inner: Some(inner), open: Some(Open { active, status, sent: 0, promised }) }
    }
}

/// Ends the request, if it is still open, with what is known besides.
fn end(open: &mut Option<Open>, flags: Flags) {
    if let Some(mut open) = open.take() {
        let guard = open.active.get_mut();
        guard.set_flag(flags);
        guard.finish(open.status, open.sent);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let all = matches!(self.promised, Promised::Bytes(promised) if self.sent >= promised);
        let guard = self.active.get_mut();
        // without a second end, if there was one already
        if !all {
            guard.set_flag(Flags::ABORTED);
        }
        guard.finish(self.status, self.sent);
    }
}

impl<B: Body> Body for MonitorBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        let Some(mut inner) = this.inner.as_pin_mut() else { return Poll::Ready(None) };
        let Some(open) = this.open.as_mut() else { return inner.poll_frame(cx) };
        let frame = ready!(open.active.poll(|| inner.as_mut().poll_frame(cx)));
        match &frame {
            Some(Ok(frame)) => {
                open.sent += frame.data_ref().map_or(0, |data| data.remaining() as u64);
                if let Some(trailers) = frame.trailers_ref() {
                    grpc::look_at_trailers(open.active.get_mut(), trailers);
                    // nothing comes behind them, and nobody need ask
                    open.promised = Promised::Bytes(0);
                }
                if inner.is_end_stream() {
                    end(this.open, Flags::default());
                } else {
                    open.active.poll_is_over();
                }
            }
            Some(Err(_)) => end(this.open, Flags::RAISED),
            None => end(this.open, Flags::default()),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}
