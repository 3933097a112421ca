use super::numbers::ms;
use super::{Ask, Moment, Params, Range};
use crate::ServerError;
use serde::Serialize;
use utoipa::ToSchema;

/// Points a heat map gets when it does not choose its step.
const POINTS: u64 = 120;

/// How often each latency occurred over time, from rollups.
#[derive(Debug, Serialize, ToSchema)]
pub struct Latency {
    /// Begin of what was counted, a full minute.
    pub from: Moment,
    /// End of what was counted, a full minute.
    pub to: Moment,
    /// Seconds per point.
    pub step_seconds: u64,
    /// Begin of each point, Unix seconds.
    pub time: Vec<u64>,
    /// The bands that occur, from the fastest to the slowest without a gap:
    /// below how many milliseconds each lies. The one before begins where it
    /// ends; each is as wide as half a doubling.
    pub below_ms: Vec<f64>,
    /// One list per point with one number per band: requests.
    pub requests: Vec<Vec<u64>>,
}

impl Ask {
    /// How often each latency occurred. Parameters: `app`, `route`, `method`,
    /// `from`, `to`, `step`.
    ///
    /// # Errors
    /// [`ServerError::Input`] for a bad parameter; what the store says.
    pub fn latency(&self, mut params: Params) -> Result<Latency, ServerError> {
        let range = Range::take(&mut params, Moment::now())?;
        let step = range.take_step_within(&mut params, POINTS)?;
        let query = self.take_traffic_query(params, range, step)?;
        let found = self.store.latency(&query)?;
        let used = || found.points.iter().flat_map(|point| &point.bands).map(|(band, _)| *band);
        let bands = used().min().zip(used().max()).map(|(low, high)| low..=high);
        let below = bands.clone().into_iter().flatten().map(haechi_store::Latency::upper_ns);
        let mut requests = Vec::with_capacity(found.points.len());
        for point in &found.points {
            let mut row = vec![0; bands.clone().map_or(0, |bands| bands.count())];
            for (band, count) in &point.bands {
                let low = bands.as_ref().map_or(0, |bands| *bands.start());
                if let Some(place) = row.get_mut(usize::from(band - low)) {
                    *place = *count;
                }
            }
            requests.push(row);
        }
        Ok(Latency {
            from: Moment::from_ms(found.from_ms),
            to: Moment::from_ms(found.to_ms),
            step_seconds: found.step_s,
            time: found.points.iter().map(|point| point.time_s).collect(),
            below_ms: below.map(ms).collect(),
            requests,
        })
    }
}
