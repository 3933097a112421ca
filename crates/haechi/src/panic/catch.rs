//! A layer inside of [`crate::Monitor::layer`]: a handler that panics is
//! answered, instead of the connection being closed.

use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_layer::Layer;
use tower_service::Service;

/// Answers requests whose handler panicked with status 500 and a ticket number,
/// by which the panic is found: a page, or JSON where that is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct CatchPanicLayer;

/// See [`CatchPanicLayer`].
#[derive(Debug, Clone)]
pub struct CatchPanicService<S> {
    inner: S,
}

impl<S> Layer<S> for CatchPanicLayer {
    type Service = CatchPanicService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CatchPanicService { inner }
    }
}

impl<S, B, R> Service<Request<B>> for CatchPanicService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body<Data = Bytes>,
{
    type Response = Response<CatchPanicBody<R>>;
    type Error = S::Error;
    type Future = CatchPanicFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
        let wants_json = accept.is_some_and(|accept| accept.contains("json"));
        // a service may do its work right here
        let inner = catch_unwind(AssertUnwindSafe(|| self.inner.call(request)));
        CatchPanicFuture { inner: inner.ok(), wants_json }
    }
}

pin_project! {
    /// Waits for the response or the panic.
    #[derive(Debug)]
    pub struct CatchPanicFuture<F> {
        // `None` if it has panicked already
        #[pin]
        inner: Option<F>,
        wants_json: bool,
    }
}

impl<F, R, E> Future for CatchPanicFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<CatchPanicBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(inner) = this.inner.as_mut().as_pin_mut() {
            // it is dropped after a panic, not polled again
            if let Ok(result) = catch_unwind(AssertUnwindSafe(|| inner.poll(cx))) {
                let response = ready!(result)?;
                return Poll::Ready(Ok(response.map(|inner| CatchPanicBody::Inner { inner })));
            }
        }
        this.inner.set(None);
        Poll::Ready(Ok(answer(*this.wants_json)))
    }
}

fn answer<R>(wants_json: bool) -> Response<CatchPanicBody<R>> {
    let ticket = crate::current::request_id().map(|id| id.to_string()).unwrap_or_default();
    let (kind, text) = if wants_json {
        let error = serde_json::json!({
            "error": { "message": "the server failed at this request", "ticket": ticket }
        });
        ("application/json", error.to_string())
    } else {
        ("text/html; charset=utf-8", page(&ticket))
    };
    let mut response = Response::new(CatchPanicBody::Page { text: Some(text.into()) });
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A ticket is hexadecimal: nothing in it has to be escaped.
fn page(ticket: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Something went wrong</title>\
         <body style=\"font:16px/1.5 system-ui,sans-serif;max-width:32em;margin:15vh auto;\
         padding:0 1em;color-scheme:light dark\"><h1>Something went wrong</h1>\
         <p>The server failed at this request. It has been written down; whoever runs this \
         site finds it by the ticket number <code>{ticket}</code>.</p></body></html>"
    )
}

pin_project! {
    /// The handler's body, or the page in its place.
    #[derive(Debug)]
    #[project = Projected]
    #[allow(missing_docs)]
    pub enum CatchPanicBody<B> {
        Inner { #[pin] inner: B },
        Page { text: Option<Bytes> },
    }
}

impl<B: Body<Data = Bytes>> Body for CatchPanicBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project() {
            Projected::Inner { inner } => inner.poll_frame(cx),
            Projected::Page { text } => Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Inner { inner } => inner.is_end_stream(),
            Self::Page { text } => text.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Inner { inner } => inner.size_hint(),
            Self::Page { text } => {
                SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64))
            }
        }
    }
}
