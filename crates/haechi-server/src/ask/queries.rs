use super::numbers::ms;
use super::{Ask, Moment, Params, Range};
use crate::ServerError;
use haechi_event::RequestId;
use haechi_store::{QueriesQuery, QuerySort, QueryTotals, StoredRequest};
use serde::Serialize;
use utoipa::ToSchema;

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1000;

/// Which queries took the time, of the days whose details are kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct Queries {
    /// Begin of what was counted, a full minute.
    pub from: Moment,
    /// End of what was counted, a full minute.
    pub to: Moment,
    /// How many different queries there were, also those past the limit.
    pub count: usize,
    /// Time of all queries.
    pub total_ms: f64,
    /// The queries in the order asked for.
    pub queries: Vec<QueryRow>,
}

/// One query, in the requests that began in the range.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueryRow {
    /// 16 hexadecimal digits.
    pub id: String,
    /// `service.name`.
    pub app: String,
    /// The query without its data; `(other)` holds what came after the cap.
    pub query: String,
    /// A file of the app that asks it, of a line that repeats it if there is
    /// one; empty if unknown.
    pub file: String,
    /// Line in the file; null if unknown.
    pub line: Option<u32>,
    /// How many times it was asked.
    pub calls: u64,
    /// Share of the time of all queries, 0 to 1.
    pub time_share: f64,
    /// All calls together.
    pub total_ms: f64,
    /// Mean time of a call; null if there was none.
    pub mean_ms: Option<f64>,
    /// The longest.
    pub max_ms: f64,
    /// How many failed.
    pub failed: u64,
    /// Rows of the calls that told theirs.
    pub rows: u64,
    /// Requests that asked it five times or more from one line.
    pub repeats: u64,
    /// How often these did.
    pub repeated: u64,
    /// What asking once would have saved these.
    pub saves_ms: f64,
    /// A request with the longest call; null if it is not stored any more.
    pub longest: Option<QueryRequest>,
    /// The latest request that asked it five times or more from one line.
    pub repeating: Option<QueryRequest>,
}

/// A request that asked a query.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueryRequest {
    /// 16 hexadecimal digits.
    pub id: String,
    /// `http.request.method`.
    pub method: String,
    /// `http.route`.
    pub route: String,
}

impl Ask {
    /// Which queries took the time. Parameters: `app`, `from`, `to`, `sort`,
    /// `limit`.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter; what the store says.
    pub fn queries(&self, mut params: Params) -> Result<Queries, ServerError> {
        let range = Range::take(&mut params, Moment::now())?;
        let query = QueriesQuery {
            app: self.take_app(&mut params)?,
            from_ms: range.from.unix_ms(),
            to_ms: range.to.unix_ms(),
            sort: take_sort(&mut params)?,
            limit: params.take_count("limit", LIMIT, LIMIT_MAX)? as usize,
        };
        params.finish()?;
        let found = self.store.queries(&query)?;
        let whole_ns = found.total_ns;
        let mut queries = Vec::with_capacity(found.queries.len());
        for totals in found.queries {
            let longest = self.query_request(totals.max_request)?;
            let repeating = self.query_request(totals.repeats_request)?;
            queries.push(QueryRow { longest, repeating, ..QueryRow::new(totals, whole_ns) });
        }
        Ok(Queries {
            from: Moment::from_ms(found.from_ms),
            to: Moment::from_ms(found.to_ms),
            count: found.count,
            total_ms: ms(whole_ns as f64),
            queries,
        })
    }

    fn query_request(&self, id: Option<RequestId>) -> Result<Option<QueryRequest>, ServerError> {
        let Some(id) = id else { return Ok(None) };
        let found = self.store.request(id)?;
        Ok(found.map(|StoredRequest { method, route, .. }| QueryRequest {
            id: id.to_string(),
            method,
            route,
        }))
    }
}

fn take_sort(params: &mut Params) -> Result<QuerySort, ServerError> {
    use QuerySort::{Calls, Max, Saves, Time};
    params.take_choice("sort", [("time", Time), ("calls", Calls), ("max", Max), ("saves", Saves)])
}

impl QueryRow {
    fn new(found: QueryTotals, whole_ns: u64) -> Self {
        let share = found.total_ns as f64 / whole_ns.max(1) as f64;
        let mean = found.total_ns as f64 / found.calls.max(1) as f64;
        Self {
            id: format!("{:016x}", found.id),
            app: found.app,
            query: found.sql,
            file: found.file,
            line: (found.line > 0).then_some(found.line),
            calls: found.calls,
            time_share: (share * 1e6).round() / 1e6,
            total_ms: ms(found.total_ns as f64),
            mean_ms: (found.calls > 0).then(|| ms(mean)),
            max_ms: ms(found.max_ns as f64),
            failed: found.failed,
            rows: found.rows,
            repeats: found.repeats,
            repeated: found.repeated,
            saves_ms: ms(found.saves_ns as f64),
            longest: None,
            repeating: None,
        }
    }
}
