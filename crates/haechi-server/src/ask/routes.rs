use super::numbers::{max_ms, ms, ms_of};
use super::split::{PartRow, parts};
use super::{Ask, Moment, Params, Range};
use crate::ServerError;
use haechi_store::{RouteSort, RouteTotals, RoutesQuery};
use serde::Serialize;
use utoipa::ToSchema;

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1000;

/// Where the time goes: totals per route.
#[derive(Debug, Serialize, ToSchema)]
pub struct Routes {
    /// Begin of what was counted, a full minute.
    pub from: Moment,
    /// End of what was counted, a full minute.
    pub to: Moment,
    /// Time spent in all routes, also those past the limit.
    pub total_ms: f64,
    /// The routes in the order asked for.
    pub routes: Vec<RouteRow>,
}

/// Numbers of one route.
#[derive(Debug, Serialize, ToSchema)]
pub struct RouteRow {
    /// `service.name`.
    pub app: String,
    /// `http.request.method`.
    pub method: String,
    /// `http.route`: the template, `(unmatched)` or `(other)`.
    pub route: String,
    /// Requests.
    pub requests: u64,
    /// Requests answered with 5xx.
    pub errors: u64,
    /// Requests answered with 4xx.
    pub client_errors: u64,
    /// Share of the time of all routes, 0 to 1.
    pub time_share: f64,
    /// Time spent in it.
    pub total_ms: f64,
    /// Mean duration.
    pub mean_ms: Option<f64>,
    /// Median duration.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// Longest duration.
    pub max_ms: Option<f64>,
    /// Mean CPU time of the requests it was measured for.
    pub cpu_mean_ms: Option<f64>,
    /// Bytes of request bodies.
    pub bytes_in: u64,
    /// Bytes of response bodies.
    pub bytes_out: u64,
    /// Where the time went, the longest first and what is left last; empty if
    /// nothing was timed.
    pub split: Vec<PartRow>,
}

impl Ask {
    /// Totals per route. Parameters: `app`, `from`, `to`, `sort`, `limit`.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter; what the store says.
    pub fn routes(&self, params: Params) -> Result<Routes, ServerError> {
        self.routes_and_split(params).map(|(routes, _)| routes)
    }

    /// The same, and the split of all of them.
    pub(super) fn routes_and_split(
        &self,
        mut params: Params,
    ) -> Result<(Routes, Vec<PartRow>), ServerError> {
        let range = Range::take(&mut params, Moment::now())?;
        let query = RoutesQuery {
            app: self.take_app(&mut params)?,
            from_ms: range.from.unix_ms(),
            to_ms: range.to.unix_ms(),
            sort: take_sort(&mut params)?,
            limit: params.take_count("limit", LIMIT, LIMIT_MAX)? as usize,
        };
        params.finish()?;
        let found = self.store.routes(&query)?;
        let whole_ns = found.duration_ns;
        let split = parts(&found.split, whole_ns);
        let routes = Routes {
            from: Moment::from_ms(found.from_ms),
            to: Moment::from_ms(found.to_ms),
            total_ms: ms(whole_ns as f64),
            routes: found.routes.into_iter().map(|route| RouteRow::new(route, whole_ns)).collect(),
        };
        Ok((routes, split))
    }
}

fn take_sort(params: &mut Params) -> Result<RouteSort, ServerError> {
    use RouteSort::{Errors, P95, Requests, Time};
    params.take_choice(
        "sort",
        [("time", Time), ("requests", Requests), ("p95", P95), ("errors", Errors)],
    )
}

impl RouteRow {
    fn new(found: RouteTotals, whole_ns: u64) -> Self {
        let totals = found.totals;
        let share = totals.duration_ns as f64 / whole_ns.max(1) as f64;
        Self {
            app: found.app,
            method: found.method,
            route: found.route,
            requests: totals.requests,
            errors: totals.errors(),
            client_errors: totals.client_errors(),
            time_share: (share * 1e6).round() / 1e6,
            total_ms: ms(totals.duration_ns as f64),
            mean_ms: ms_of(totals.mean_ns()),
            p50_ms: ms_of(totals.p50_ns),
            p95_ms: ms_of(totals.p95_ns),
            p99_ms: ms_of(totals.p99_ns),
            max_ms: max_ms(&totals),
            cpu_mean_ms: ms_of(totals.cpu_mean_ns()),
            bytes_in: totals.bytes_in,
            bytes_out: totals.bytes_out,
            split: parts(&totals.split, totals.duration_ns),
        }
    }
}
