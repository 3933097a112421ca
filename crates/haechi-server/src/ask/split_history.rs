use super::numbers::ms;
use super::{Ask, Moment, Params, Range};
use crate::ServerError;
use haechi_event::Part;
use serde::Serialize;
use utoipa::ToSchema;

/// Points a chart of parts gets when it does not choose its step.
const POINTS: u64 = 240;

/// Where the server's seconds went over time, from rollups.
#[derive(Debug, Serialize, ToSchema)]
pub struct SplitHistory {
    /// Begin of what was counted, a full minute.
    pub from: Moment,
    /// End of what was counted, a full minute.
    pub to: Moment,
    /// Seconds per point.
    pub step_seconds: u64,
    /// Begin of each point, Unix seconds.
    pub time: Vec<u64>,
    /// Requests of each point.
    pub requests: Vec<u64>,
    /// All durations of each point added up: the parts but `queue`, with `rest`,
    /// are as much.
    pub total_ms: Vec<f64>,
    /// Parts that occur, the longest first, `rest` and `queue` last; none if nothing
    /// was timed.
    pub parts: Vec<PartHistory>,
}

/// One part over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartHistory {
    /// As in `/api/split`.
    pub part: &'static str,
    /// Per point, time spent in it and in nothing inside it.
    pub self_ms: Vec<f64>,
}

impl Ask {
    /// Where the time went, over time. Parameters: `app`, `route`, `method`,
    /// `from`, `to`, `step`.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter; what the store says.
    pub fn split_history(&self, mut params: Params) -> Result<SplitHistory, ServerError> {
        let range = Range::take(&mut params, Moment::now())?;
        let step = range.take_step_within(&mut params, POINTS)?;
        let query = self.take_traffic_query(params, range, step)?;
        let found = self.store.traffic(&query)?;
        let totals = || found.points.iter().map(|point| &point.totals);
        let of_point = |values: &mut dyn Iterator<Item = u64>| -> Vec<f64> {
            values.map(|ns| ms(ns as f64)).collect()
        };
        let mut occur: Vec<(Part, u64)> =
            found.total.split.parts().map(|(part, time)| (part, time.self_ns)).collect();
        occur.sort_by_key(|(part, ns)| (*part == Part::Queue, std::cmp::Reverse(*ns)));
        let mut parts: Vec<PartHistory> = occur
            .iter()
            .map(|(part, _)| PartHistory {
                part: part.name(),
                self_ms: of_point(&mut totals().map(|totals| totals.split.get(*part).self_ns)),
            })
            .collect();
        if !parts.is_empty() {
            let mut rest = totals().map(|totals| totals.split.rest_ns(totals.duration_ns));
            let before_queue = occur.iter().take_while(|(part, _)| *part != Part::Queue).count();
            let self_ms = of_point(&mut rest);
            parts.insert(before_queue, PartHistory { part: "rest", self_ms });
        }
        Ok(SplitHistory {
            from: Moment::from_ms(found.from_ms),
            to: Moment::from_ms(found.to_ms),
            step_seconds: found.step_s,
            time: found.points.iter().map(|point| point.time_s).collect(),
            requests: totals().map(|totals| totals.requests).collect(),
            total_ms: of_point(&mut totals().map(|totals| totals.duration_ns)),
            parts,
        })
    }
}
