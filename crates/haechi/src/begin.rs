/// What is known when a request begins. Secrets in the query and the referrer
/// are cut out at once.
#[derive(Debug, Clone, Copy, Default)]
pub struct Begin<'a> {
    /// The app as far as known; see [`crate::RequestGuard::set_app`].
    pub app: &'a str,
    /// `http.request.method`; unknown ones become `_OTHER`.
    pub method: &'a str,
    /// The route, if it is known already; see [`crate::RequestGuard::set_route`].
    pub route: &'a str,
    /// `url.path`.
    pub path: &'a str,
    /// `url.query` without the question mark.
    pub query: &'a str,
    /// `client.address`.
    pub client: &'a str,
    /// `user_agent.original`.
    pub user_agent: &'a str,
    /// The `Referer` header.
    pub referrer: &'a str,
    /// The `traceparent` header; ignored unless valid.
    pub traceparent: &'a str,
    /// Bytes of the request's body, if known.
    pub bytes_in: u64,
    /// The thread that handles it, as `pthread_self` names it, if somebody looks
    /// at stacks of this process; else 0.
    pub thread: u64,
}
