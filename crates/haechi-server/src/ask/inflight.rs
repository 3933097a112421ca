use super::numbers::rounded;
use super::{Ask, Moment, Params};
use crate::ServerError;
use serde::Serialize;
use utoipa::ToSchema;

/// A request that lasts longer than so many milliseconds is told from others.
pub const LONG_MS: f64 = 30_000.0;

/// Requests that are being handled right now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Inflight {
    /// Oldest first.
    pub inflight: Vec<InflightRow>,
}

/// One request that has not ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct InflightRow {
    /// 16 hexadecimal digits.
    pub id: String,
    /// When it began.
    pub time: Moment,
    /// `service.name`.
    pub app: String,
    /// `http.request.method`.
    pub method: String,
    /// `url.path`, cut to what the scoreboard holds.
    pub path: String,
    /// `http.route`; null while it is not known.
    pub route: Option<String>,
    /// `client.address`.
    pub client: String,
    /// How long it has been running.
    pub age_ms: f64,
    /// That is longer than 30 s: it may be stuck.
    pub long: bool,
    /// Process that handles it.
    pub pid: u32,
}

impl Ask {
    /// What is running now. Parameter: `app`.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter; what the store says.
    pub fn inflight(&self, mut params: Params) -> Result<Inflight, ServerError> {
        let app = self.take_app(&mut params)?;
        params.finish()?;
        let now = Moment::now();
        let mut inflight = Vec::new();
        for board in self.boards().into_iter().filter(|board| board.running) {
            let pid = board.pid;
            let wanted = |name: &str| app.as_deref().is_none_or(|app| app == name);
            let requests = board.in_flight.into_iter().filter(|request| wanted(&request.app));
            inflight.extend(requests.map(|request| {
                let time = Moment::from_ns(request.start_unix_ns);
                let age = now.unix_ms().saturating_sub(time.unix_ms());
                InflightRow {
                    id: request.id.to_string(),
                    time,
                    app: request.app,
                    method: request.method,
                    path: request.path,
                    route: Some(request.route).filter(|route| !route.is_empty()),
                    client: request.client,
                    age_ms: rounded(age as f64),
                    long: age as f64 > LONG_MS,
                    pid,
                }
            }));
        }
        inflight.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        Ok(Inflight { inflight })
    }
}
