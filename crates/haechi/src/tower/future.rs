use super::body::Promised;
use super::{MonitorBody, grpc};
use crate::Flags;
use crate::current::Active;
use http::Response;
use http::header::CONTENT_LENGTH;
use http_body::Body;
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// Waits for the response. Dropped before, the request counts as aborted.
    #[derive(Debug)]
    pub struct MonitorFuture<F> {
        // `None` once it has answered: what it holds, such as spans, ends with it
        #[pin]
        inner: Option<F>,
        // `None` once the body has it
        active: Option<Active>,
    }

    impl<F> PinnedDrop for MonitorFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(active) = this.active {
                // what it was in when it was given up belongs to the request
                active.enter(|| this.inner.set(None));
            }
        }
    }
}

impl<F> MonitorFuture<F> {
    pub(crate) const fn new(inner: F, active: Active) -> Self {
        Self { inner: Some(inner), active: Some(active) }
    }
}

/// The bytes that a response's head announces.
#[inline]
fn promised<R>(response: &Response<R>) -> Promised {
    if response.headers().is_empty() {
        return Promised::Nothing;
    }
    let length = response.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    length.map_or(Promised::Nothing, Promised::Bytes)
}

impl<F, R, E> Future for MonitorFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<MonitorBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // none: asked again after its answer, which no future need bear
        let Some(active) = this.active.as_ref() else { return Poll::Pending };
        let result = ready!(active.poll(|| {
            let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Pending };
            let result = ready!(inner.poll(cx));
            this.inner.set(None);
            Poll::Ready(result)
        }));
        // the guard alone: what stood before it was stored this very moment
        let mut guard = this.active.take().map(Active::into_guard);
        match result {
            Ok(response) => {
                let is_grpc = guard
                    .as_mut()
                    .is_some_and(|guard| grpc::look_at_head(guard, response.headers()));
                if let Some(guard) = guard.as_mut() {
                    guard.copy_answers_head(response.headers());
                }
                let promised = if is_grpc { Promised::Trailers } else { promised(&response) };
                let status = response.status().as_u16();
                Poll::Ready(
                    Ok(response.map(|body| MonitorBody::new(body, guard, status, promised))),
                )
            }
            Err(error) => {
                if let Some(guard) = &mut guard {
                    guard.set_flag(Flags::RAISED);
                    guard.finish(0, 0);
                }
                Poll::Ready(Err(error))
            }
        }
    }
}
