use super::call::Call;
use http::header::HOST;
use http::{Request, Response};
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// The layer for a client; see [`layer`].
#[derive(Debug, Clone, Copy, Default)]
pub struct ClientLayer;

/// Makes the calls of a client parts of the request they are made in. A call lasts
/// until the head of its answer is there.
#[must_use]
pub const fn layer() -> ClientLayer {
    ClientLayer
}

impl<S> Layer<S> for ClientLayer {
    type Service = ClientService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientService { inner }
    }
}

/// See [`layer`].
#[derive(Debug, Clone)]
pub struct ClientService<S> {
    inner: S,
}

impl<S, B, R> Service<Request<B>> for ClientService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ClientFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let uri = request.uri();
        let host = uri.authority().map(|authority| authority.as_str());
        let host = host.or_else(|| request.headers().get(HOST)?.to_str().ok()).unwrap_or_default();
        // who asks is nobody's business
        let host = host.rsplit('@').next().unwrap_or_default();
        let path = uri.path();
        let call = Call::new(request.method().as_str(), format_args!("{host}{path}"), ("", 0));
        call.pass_on(request.headers_mut());
        ClientFuture { inner: self.inner.call(request), call: Some(call) }
    }
}

pin_project! {
    /// Waits for the answer. Dropped before, the call has failed.
    #[derive(Debug)]
    pub struct ClientFuture<F> {
        #[pin]
        inner: F,
        // `None` once it is over
        call: Option<Call>,
    }
}

impl<F, R, E> Future for ClientFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(call) = this.call.as_mut() {
            call.go_on();
        }
        let result = this.inner.poll(cx);
        match (&result, this.call.as_mut()) {
            (Poll::Pending, Some(call)) => call.wait(),
            (Poll::Ready(Ok(answer)), Some(call)) => call.answered(answer.status().as_u16()),
            _ => {}
        }
        if result.is_ready() {
            *this.call = None;
        }
        result
    }
}
