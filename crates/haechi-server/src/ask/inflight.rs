use super::numbers::rounded;
use super::requests::parse_id;
use super::{Ask, Moment, Params, SamplesRow};
use crate::ServerError;
use haechi_event::{Part, RequestId};
use haechi_spool::board::{BoardSnapshot, Doing, InFlight, ask_for_stack};
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
    /// The part it is in, as in `split` of a request; null if nothing is timed now.
    pub part: Option<&'static str>,
    /// How long it has been in that part without interruption; null without one.
    pub part_ms: Option<f64>,
    /// Time in the database so far.
    pub db_ms: f64,
    /// Its stack can be asked for: a thread whose stack its process can look at
    /// runs it.
    pub has_stack: bool,
    /// Its stack is asked for and was not given yet.
    pub asked: bool,
}

/// One request that has not ended, and where it was.
#[derive(Debug, Serialize, ToSchema)]
pub struct InflightDetail {
    /// The request.
    #[serde(flatten)]
    pub request: InflightRow,
    /// Where it was so far, as its process told last: when it was asked, or when
    /// 30 s were over; null if it was not told yet.
    pub samples: Option<SamplesRow>,
}

impl Ask {
    /// What is running now. Parameter: `app`.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter; what the store says.
    pub fn inflight(&self, mut params: Params) -> Result<Inflight, ServerError> {
        let app = self.take_app(&mut params)?;
        params.finish()?;
        let now_ns = Moment::now_ns();
        let mut inflight = Vec::new();
        for board in self.boards().into_iter().filter(|board| board.running) {
            let wanted = |name: &str| app.as_deref().is_none_or(|app| app == name);
            let requests = board.in_flight.into_iter().filter(|request| wanted(&request.app));
            inflight.extend(requests.map(|request| row(request, board.pid, now_ns)));
        }
        inflight.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        Ok(Inflight { inflight })
    }

    /// One request that is running now. No parameters.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a text that is no id, [`ServerError::Missing`] if
    /// it is not running; what the store says.
    pub fn inflight_one(&self, id: &str, params: Params) -> Result<InflightDetail, ServerError> {
        params.finish()?;
        let (board, request) = self.find_inflight(parse_id("id", id)?)?;
        self.detail(&board, request)
    }

    /// Asks the process of a running request for its stack, which it gives within
    /// a second if it can. No parameters.
    ///
    /// # Errors
    /// As [`Self::inflight_one`]; [`ServerError::Spool`] if its scoreboard cannot
    /// be written.
    pub fn ask_stack(&self, id: &str, params: Params) -> Result<InflightDetail, ServerError> {
        params.finish()?;
        let (board, mut request) = self.find_inflight(parse_id("id", id)?)?;
        if !request.doing.on_thread {
            let message = format!("request {id} is on no thread whose stack can be looked at");
            return Err(ServerError::Missing(message));
        }
        ask_for_stack(self.spool.path(), &board.name, request.place, request.id)?;
        request.doing.asked = true;
        self.detail(&board, request)
    }

    fn find_inflight(&self, id: RequestId) -> Result<(BoardSnapshot, InFlight), ServerError> {
        let boards = self.boards().into_iter().filter(|board| board.running);
        for mut board in boards {
            if let Some(at) = board.in_flight.iter().position(|request| request.id == id) {
                let request = board.in_flight.swap_remove(at);
                return Ok((board, request));
            }
        }
        Err(ServerError::Missing(format!("request {id} is not running; it may have ended")))
    }

    fn detail(
        &self,
        board: &BoardSnapshot,
        request: InFlight,
    ) -> Result<InflightDetail, ServerError> {
        let samples = self.samples_of(request.id)?;
        Ok(InflightDetail { request: row(request, board.pid, Moment::now_ns()), samples })
    }
}

fn row(request: InFlight, pid: u32, now_ns: u64) -> InflightRow {
    let ms = |ns: u64| rounded(ns as f64 / 1e6);
    let time = Moment::from_ns(request.start_unix_ns);
    let age_ns = now_ns.saturating_sub(request.start_unix_ns);
    let Doing { part, db_ns, on_thread, asked } = request.doing;
    let in_part = part.map(|(part, since_ns)| (part, age_ns.saturating_sub(since_ns)));
    // what ended, and what has not
    let db_now = in_part.filter(|(part, _)| *part == Part::Db).map_or(0, |(_, ns)| ns);
    InflightRow {
        id: request.id.to_string(),
        time,
        app: request.app,
        method: request.method,
        path: request.path,
        route: Some(request.route).filter(|route| !route.is_empty()),
        client: request.client,
        age_ms: (age_ns as f64 / 1e6).round(),
        long: age_ns as f64 / 1e6 > LONG_MS,
        pid,
        part: in_part.map(|(part, _)| part.name()),
        part_ms: in_part.map(|(_, ns)| ms(ns)),
        db_ms: ms(db_ns.saturating_add(db_now).min(age_ns)),
        has_stack: on_thread,
        asked,
    }
}
