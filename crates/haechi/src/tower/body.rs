use crate::Flags;
use crate::current::Active;
use bytes::Buf;
use http::header::CONTENT_LENGTH;
use http::response::Parts;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// A response's body on its way out. The request ends with its last byte, its
    /// error, or when it is dropped: then, unless all of it was sent, as aborted.
    #[derive(Debug)]
    pub struct MonitorBody<B> {
        #[pin]
        inner: B,
        open: Option<Open>,
    }
}

/// A request whose response is being sent.
#[derive(Debug)]
struct Open {
    active: Active,
    status: u16,
    sent: u64,
    /// What `Content-Length` promised: a server asks for nothing behind it.
    promised: Option<u64>,
}

impl<B: Body> MonitorBody<B> {
    pub(crate) fn new(inner: B, active: Option<Active>, head: &Parts) -> Self {
        let promised = head.headers.get(CONTENT_LENGTH);
        let promised = promised.and_then(|value| value.to_str().ok()?.parse().ok());
        let promised = promised.or_else(|| inner.size_hint().exact());
        let status = head.status.as_u16();
        let mut body =
            Self { open: active.map(|active| Open { active, status, sent: 0, promised }), inner };
        if body.inner.is_end_stream() {
            end(&mut body.open, Flags::default());
        }
        body
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
        let all = self.promised.is_some_and(|promised| self.sent >= promised);
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
        let mut inner = this.inner;
        let Some(open) = this.open.as_mut() else { return inner.poll_frame(cx) };
        let frame = ready!(open.active.enter(|| inner.as_mut().poll_frame(cx)));
        match &frame {
            Some(Ok(frame)) => {
                open.sent += frame.data_ref().map_or(0, |data| data.remaining() as u64);
                if inner.is_end_stream() {
                    end(this.open, Flags::default());
                }
            }
            Some(Err(_)) => end(this.open, Flags::RAISED),
            None => end(this.open, Flags::default()),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
