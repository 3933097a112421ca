use super::MonitorService;
use crate::Monitor;
use tower_layer::Layer;

/// Records each request of the service it is put around; see
/// [`Monitor::layer`].
#[derive(Debug, Clone)]
pub struct MonitorLayer {
    monitor: Monitor,
}

impl MonitorLayer {
    pub(crate) const fn new(monitor: Monitor) -> Self {
        Self { monitor }
    }
}

impl<S> Layer<S> for MonitorLayer {
    type Service = MonitorService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        MonitorService::new(inner, self.monitor.clone())
    }
}
