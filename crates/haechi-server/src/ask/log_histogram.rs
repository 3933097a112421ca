use super::logs::Searched;
use super::{Ask, Moment, Params};
use crate::ServerError;
use haechi_event::Severity;
use haechi_store::LogHistogramQuery;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Points at the most, unless a step is given.
const POINTS: u64 = 300;

/// How many log lines there were over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogHistogram {
    /// Begin of the first minute.
    pub from: Moment,
    /// End of the last minute.
    pub to: Moment,
    /// Seconds per point.
    pub step_s: u64,
    /// Lines before this moment are not counted: to look for all of them took
    /// too long. The same as `from` if all are counted.
    pub counted_from: Moment,
    /// Whether lines are missing for that reason.
    pub partial: bool,
    /// Lines that were counted.
    pub lines: u64,
    /// Every point of the range, also those without lines.
    pub points: Vec<LogPoint>,
}

/// The lines of one point.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogPoint {
    /// When it begins.
    pub time: Moment,
    /// Lines, all levels.
    pub lines: u64,
    /// Lines per level, those there are.
    pub levels: BTreeMap<&'static str, u64>,
}

impl Ask {
    /// Lines over time. Parameters: `app`, `level`, `q`, `pattern`, `from`, `to`,
    /// `step`.
    ///
    /// # Errors
    /// As [`Self::logs`].
    pub fn log_histogram(&self, mut params: Params) -> Result<LogHistogram, ServerError> {
        let Searched { query, range, text, .. } = self.take_search(&mut params, None)?;
        let step_s = u64::from(range.take_step_within(&mut params, POINTS)?.seconds());
        params.finish()?;
        let query = LogHistogramQuery { lines: query, step_s };
        let found =
            self.store.log_histogram(&query).map_err(|error| Searched::error(&text, error))?;
        let points: Vec<LogPoint> = found.points.iter().map(LogPoint::from).collect();
        Ok(LogHistogram {
            from: Moment::from_ms(found.from_ms),
            to: Moment::from_ms(found.to_ms),
            step_s: found.step_s,
            counted_from: Moment::from_ms(found.counted_from_ms),
            partial: found.counted_from_ms > found.from_ms,
            lines: points.iter().map(|point| point.lines).sum(),
            points,
        })
    }
}

impl From<&haechi_store::LogPoint> for LogPoint {
    fn from(point: &haechi_store::LogPoint) -> Self {
        let levels = Severity::ALL.into_iter().zip(point.lines);
        Self {
            time: Moment::from_ms(point.time_s * 1000),
            lines: point.lines.iter().sum(),
            levels: levels
                .filter(|(_, lines)| *lines > 0)
                .map(|(severity, lines)| (severity.text(), lines))
                .collect(),
        }
    }
}
