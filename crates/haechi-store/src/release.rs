use haechi_event::Histogram;

/// A release of an app that handled requests, for as long as it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseSeen {
    /// `service.name`.
    pub app: String,
    /// `service.version`.
    pub release: String,
    /// When its first request began, Unix ms.
    pub first_ms: u64,
    /// When its latest request began, Unix ms.
    pub last_ms: u64,
}

/// One route's numbers in full, to compare two times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteHistogram {
    /// `service.name`.
    pub app: String,
    /// `http.request.method`.
    pub method: String,
    /// `http.route`.
    pub route: String,
    /// Requests.
    pub requests: u64,
    /// Requests answered with 5xx.
    pub errors: u64,
    /// How often each duration occurred.
    pub latency: Histogram,
}
