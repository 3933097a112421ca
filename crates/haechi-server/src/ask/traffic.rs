use super::numbers::{max_ms, ms_of};
use super::{Ask, Moment, Params, Range, Step};
use crate::ServerError;
use haechi_store::{Totals, TrafficPoint, TrafficQuery};
use serde::Serialize;
use utoipa::ToSchema;

/// Traffic over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Traffic {
    /// Begin of what was counted, a full minute.
    pub from: Moment,
    /// End of what was counted, a full minute.
    pub to: Moment,
    /// Seconds per point.
    pub step_seconds: u64,
    /// One list per number, one entry per point. Points without traffic have 0
    /// requests and no latency.
    pub columns: TrafficColumns,
    /// All of the range.
    pub total: TrafficTotal,
}

/// One list per number, all of the same length.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct TrafficColumns {
    /// Begin of the point, Unix seconds.
    pub time: Vec<u64>,
    /// Requests.
    pub requests: Vec<u64>,
    /// Requests answered with 5xx.
    pub errors: Vec<u64>,
    /// Requests answered with 4xx.
    pub client_errors: Vec<u64>,
    /// Mean duration.
    pub mean_ms: Vec<Option<f64>>,
    /// Median duration, within 2.5 % like all quantiles here.
    pub p50_ms: Vec<Option<f64>>,
    /// 90th percentile.
    pub p90_ms: Vec<Option<f64>>,
    /// 95th percentile.
    pub p95_ms: Vec<Option<f64>>,
    /// 99th percentile.
    pub p99_ms: Vec<Option<f64>>,
    /// Longest duration.
    pub max_ms: Vec<Option<f64>>,
    /// Bytes of request bodies.
    pub bytes_in: Vec<u64>,
    /// Bytes of response bodies.
    pub bytes_out: Vec<u64>,
}

/// Numbers of the whole range.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrafficTotal {
    /// Requests.
    pub requests: u64,
    /// Requests answered with 5xx.
    pub errors: u64,
    /// Requests answered with 4xx.
    pub client_errors: u64,
    /// Requests per status class.
    pub status: StatusClasses,
    /// Mean duration.
    pub mean_ms: Option<f64>,
    /// Median duration.
    pub p50_ms: Option<f64>,
    /// 90th percentile.
    pub p90_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// Longest duration.
    pub max_ms: Option<f64>,
    /// Bytes of request bodies.
    pub bytes_in: u64,
    /// Bytes of response bodies.
    pub bytes_out: u64,
}

/// Requests per status class.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusClasses {
    /// 100 to 199.
    #[serde(rename = "1xx")]
    pub informational: u64,
    /// 200 to 299.
    #[serde(rename = "2xx")]
    pub success: u64,
    /// 300 to 399.
    #[serde(rename = "3xx")]
    pub redirection: u64,
    /// 400 to 499.
    #[serde(rename = "4xx")]
    pub client_error: u64,
    /// 500 to 599.
    #[serde(rename = "5xx")]
    pub server_error: u64,
    /// No status was sent, or none that exists.
    pub none: u64,
}

impl Ask {
    /// What every question over time asks the store: the rest of its parameters,
    /// which are `app`, `route` and `method`.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter.
    pub(super) fn take_traffic_query(
        &self,
        mut params: Params,
        range: Range,
        step: Step,
    ) -> Result<TrafficQuery, ServerError> {
        let query = TrafficQuery {
            app: self.take_app(&mut params)?,
            route: params.take("route"),
            method: params.take("method"),
            from_ms: range.from.unix_ms(),
            to_ms: range.to.unix_ms(),
            step_s: u64::from(step.seconds()),
        };
        params.finish()?;
        Ok(query)
    }

    /// Traffic over time. Parameters: `app`, `route`, `method`, `from`, `to`, `step`.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter; what the store says.
    pub fn traffic(&self, mut params: Params) -> Result<Traffic, ServerError> {
        let range = Range::take(&mut params, Moment::now())?;
        let step = range.take_step(&mut params)?;
        let query = self.take_traffic_query(params, range, step)?;
        let found = self.store.traffic(&query)?;
        let mut columns = TrafficColumns::default();
        for point in &found.points {
            columns.push(point);
        }
        Ok(Traffic {
            from: Moment::from_ms(found.from_ms),
            to: Moment::from_ms(found.to_ms),
            step_seconds: found.step_s,
            columns,
            total: TrafficTotal::from(&found.total),
        })
    }
}

impl TrafficColumns {
    fn push(&mut self, point: &TrafficPoint) {
        let totals = &point.totals;
        self.time.push(point.time_s);
        self.requests.push(totals.requests);
        self.errors.push(totals.errors());
        self.client_errors.push(totals.client_errors());
        self.mean_ms.push(ms_of(totals.mean_ns()));
        self.p50_ms.push(ms_of(totals.p50_ns));
        self.p90_ms.push(ms_of(totals.p90_ns));
        self.p95_ms.push(ms_of(totals.p95_ns));
        self.p99_ms.push(ms_of(totals.p99_ns));
        self.max_ms.push(max_ms(totals));
        self.bytes_in.push(totals.bytes_in);
        self.bytes_out.push(totals.bytes_out);
    }
}

impl From<&Totals> for TrafficTotal {
    fn from(totals: &Totals) -> Self {
        let [none, informational, success, redirection, client_error, server_error] = totals.status;
        Self {
            requests: totals.requests,
            errors: totals.errors(),
            client_errors: totals.client_errors(),
            status: StatusClasses {
                informational,
                success,
                redirection,
                client_error,
                server_error,
                none,
            },
            mean_ms: ms_of(totals.mean_ns()),
            p50_ms: ms_of(totals.p50_ns),
            p90_ms: ms_of(totals.p90_ns),
            p95_ms: ms_of(totals.p95_ns),
            p99_ms: ms_of(totals.p99_ns),
            max_ms: max_ms(totals),
            bytes_in: totals.bytes_in,
            bytes_out: totals.bytes_out,
        }
    }
}
