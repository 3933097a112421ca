use super::MonitorBody;
use crate::Flags;
use crate::current::Active;
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// Waits for the response. Dropped before, the request counts as aborted.
    #[derive(Debug)]
    pub struct MonitorFuture<F> {
        #[pin]
        inner: F,
        // `None` once the body has it
        active: Option<Active>,
    }
}

impl<F> MonitorFuture<F> {
    pub(crate) const fn new(inner: F, active: Active) -> Self {
        Self { inner, active: Some(active) }
    }
}

impl<F, R, E> Future for MonitorFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<MonitorBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = match this.active.as_ref() {
            Some(active) => ready!(active.enter(|| this.inner.poll(cx))),
            None => ready!(this.inner.poll(cx)),
        };
        let active = this.active.take();
        match result {
            Ok(response) => {
                let (head, body) = response.into_parts();
                let body = MonitorBody::new(body, active, &head);
                Poll::Ready(Ok(Response::from_parts(head, body)))
            }
            Err(error) => {
                if let Some(mut active) = active {
                    let guard = active.get_mut();
                    guard.set_flag(Flags::RAISED);
                    guard.finish(0, 0);
                }
                Poll::Ready(Err(error))
            }
        }
    }
}
