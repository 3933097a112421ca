use super::{MonitorBody, MonitorFuture, facts};
use crate::Monitor;
use crate::current::Active;
use http::{Request, Response};
use http_body::Body;
use std::task::{Context, Poll};
use tower_service::Service;

/// A service whose requests are recorded.
#[derive(Debug, Clone)]
pub struct MonitorService<S> {
    inner: S,
    monitor: Monitor,
}

impl<S> MonitorService<S> {
    pub(crate) const fn new(inner: S, monitor: Monitor) -> Self {
        Self { inner, monitor }
    }
}

impl<S, B, R> Service<Request<B>> for MonitorService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<MonitorBody<R>>;
    type Error = S::Error;
    type Future = MonitorFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut guard = facts::begin(&self.monitor, &request);
        guard.set_blocked_after(self.monitor.blocked_after_ns());
        let active = Active::new(guard);
        // a service may do its work right here and return a future that is ready
        let inner = active.enter(|| self.inner.call(request));
        MonitorFuture::new(inner, active)
    }
}
