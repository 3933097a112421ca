//! A service with a recorder around it that is told when a request begins and
//! ends: the least that any of the peers needs.

use http::{Request, Response};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower::Service;

/// What a recorder does with a request.
pub(crate) trait Watch: Sync {
    /// What it keeps of one while it runs.
    type Open: Unpin;
    fn begin<B>(&self, request: &Request<B>) -> Self::Open;
    fn end<B>(&self, open: Self::Open, response: &Response<B>);
}

pub(crate) struct Watched<W: 'static, S> {
    watch: &'static W,
    inner: S,
}

pub(crate) fn around<W, S>(watch: &'static W, inner: S) -> Watched<W, S> {
    Watched { watch, inner }
}

impl<W, S: Clone> Clone for Watched<W, S> {
    fn clone(&self) -> Self {
        Self { watch: self.watch, inner: self.inner.clone() }
    }
}

impl<W, S, B, R> Service<Request<B>> for Watched<W, S>
where
    W: Watch,
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Unpin,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Ending<W, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let open = Some(self.watch.begin(&request));
        Ending { watch: self.watch, open, inner: self.inner.call(request) }
    }
}

pub(crate) struct Ending<W: Watch + 'static, F> {
    watch: &'static W,
    open: Option<W::Open>,
    inner: F,
}

impl<W, F, R, E> Future for Ending<W, F>
where
    W: Watch,
    F: Future<Output = Result<Response<R>, E>> + Unpin,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(Pin::new(&mut self.inner).poll(cx));
        if let Some(open) = self.open.take()
            && let Ok(response) = &result
        {
            self.watch.end(open, response);
        }
        Poll::Ready(result)
    }
}
