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
fn promised<R>(response: &Response<R>) -> Promised {
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
        let (Some(active), Some(mut inner)) =
            (this.active.as_ref(), this.inner.as_mut().as_pin_mut())
        else {
            // asked again after its answer, which no future need bear
            return Poll::Pending;
        };
        let result = ready!(active.poll(|| inner.as_mut().poll(cx)));
        active.enter(|| this.inner.set(None));
        let mut active = this.active.take();
        match result {
            Ok(response) => {
                let is_grpc = active
                    .as_mut()
                    .is_some_and(|active| grpc::look_at_head(active.get_mut(), response.headers()));
                let promised = if is_grpc { Promised::Trailers } else { promised(&response) };
                let status = response.status().as_u16();
                Poll::Ready(Ok(
                    response.map(|body| MonitorBody::new(body, active, status, promised))
                ))
            }
            Err(error) => {
                if let Some(active) = &mut active {
                    let guard = active.get_mut();
                    guard.set_flag(Flags::RAISED);
                    guard.finish(0, 0);
                }
                Poll::Ready(Err(error))
            }
        }
    }
}
