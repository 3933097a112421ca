use super::SqliteStore;
use super::plan::{Piece, Plan};
use super::rollup::{HOUR, Rollup, WHOLE_DAY};
use super::visit::{FIRST_NUMBER, NamedRoute, Selection, Sink};
use crate::{Latency, LatencyPoint, StoreError, Traffic, TrafficPoint, TrafficQuery};
use rusqlite::Row;
use std::collections::BTreeMap;

/// More points than this are asked for by mistake.
const MOST_POINTS: u64 = 20_000;
/// Points whose histograms are in memory at once, 4.5 kB each.
const WINDOW: u32 = 64;

/// Whole minutes that cover a range of Unix ms.
pub(crate) fn minutes(from_ms: u64, to_ms: u64) -> (u32, u32) {
    let limit = |minute: u64| minute.min(u64::from(u32::MAX)) as u32;
    (limit(from_ms / 60_000), limit(to_ms.div_ceil(60_000)))
}

impl SqliteStore {
    pub(super) fn read_traffic(&self, query: &TrafficQuery) -> Result<Traffic, StoreError> {
        let (from, to, step, chart) = self.chart(query, Chart::new)?;
        Ok(Traffic {
            from_ms: u64::from(from) * 60_000,
            to_ms: u64::from(to) * 60_000,
            step_s: u64::from(step) * 60,
            total: chart.total.totals(),
            points: chart.points,
        })
    }

    pub(super) fn read_latency(&self, query: &TrafficQuery) -> Result<Latency, StoreError> {
        let (from, to, step, chart) = self.chart(query, |from, to, step| Chart {
            bands: Some(Vec::new()),
            ..Chart::new(from, to, step)
        })?;
        let closed = chart.bands.unwrap_or_default().into_iter();
        let mut bands: BTreeMap<u64, LatencyPoint> = closed.map(|one| (one.time_s, one)).collect();
        let times = chart.points.iter().map(|point| point.time_s);
        let points = times
            .map(|time_s| {
                let empty = LatencyPoint { time_s, ..LatencyPoint::default() };
                bands.remove(&time_s).unwrap_or(empty)
            })
            .collect();
        Ok(Latency {
            from_ms: u64::from(from) * 60_000,
            to_ms: u64::from(to) * 60_000,
            step_s: u64::from(step) * 60,
            points,
        })
    }

    /// Reads what a chart needs: its minutes from and to, its step in minutes,
    /// and the chart.
    fn chart(
        &self,
        query: &TrafficQuery,
        make: impl Fn(u32, u32, u32) -> Chart,
    ) -> Result<(u32, u32, u32, Chart), StoreError> {
        let (from, to) = minutes(query.from_ms, query.to_ms);
        let (from, to) = (from, to.max(from));
        let step = step_minutes(query, from, to)?;
        let widest = [WHOLE_DAY, HOUR, 5, 1].into_iter().find(|w| step.is_multiple_of(*w));
        let plan = Plan::new(&self.days(), from, to, widest.unwrap_or(1));
        let plan = plan.split(step.saturating_mul(WINDOW));
        let selection = match (&query.app, &query.method, &query.route) {
            (None, None, None) => Selection::Everything,
            (Some(app), None, None) => Selection::Apps(Some(app)),
            (app, method, route) => Selection::Routes {
                app: app.as_deref(),
                method: method.as_deref(),
                route: route.as_deref(),
            },
        };
        let mut chart = make(from, to, step);
        self.visit(&plan, selection, self.long_deadline(), &mut chart)?;
        chart.close_before(usize::MAX);
        Ok((from, to, step, chart))
    }
}

fn step_minutes(query: &TrafficQuery, from: u32, to: u32) -> Result<u32, StoreError> {
    let bad = |message: &str| StoreError::BadQuery {
        field: "step",
        position: 0,
        message: message.to_owned(),
    };
    let minutes = u32::try_from(query.step_s / 60).unwrap_or(0);
    if minutes == 0 || !query.step_s.is_multiple_of(60) {
        return Err(bad("the step must be a multiple of one minute, such as 1m or 1h"));
    }
    if u64::from(to - from) / u64::from(minutes) > MOST_POINTS {
        return Err(bad("the step is too small for this range; take a longer step"));
    }
    Ok(minutes)
}

/// Adds rows up per point. A histogram lives only while its point may still
/// get rows.
struct Chart {
    step: u32,
    first: u32,
    points: Vec<TrafficPoint>,
    total: Rollup,
    open: Vec<(usize, Rollup)>,
    spare: Vec<Rollup>,
    /// The bands of each point that is closed, where they are wanted.
    bands: Option<Vec<LatencyPoint>>,
}

impl Chart {
    fn new(from: u32, to: u32, step: u32) -> Self {
        let first = from / step;
        let count = if from < to { to.div_ceil(step) - first } else { 0 };
        let point = |index: u32| TrafficPoint {
            time_s: u64::from(first + index) * u64::from(step) * 60,
            ..TrafficPoint::default()
        };
        Self {
            step,
            first,
            points: (0..count).map(point).collect(),
            total: Rollup::default(),
            open: Vec::new(),
            spare: Vec::new(),
            bands: None,
        }
    }

    const fn index(&self, minute: u32) -> usize {
        (minute / self.step).saturating_sub(self.first) as usize
    }

    fn close_before(&mut self, index: usize) {
        let mut at = 0;
        while at < self.open.len() {
            if self.open[at].0 >= index {
                at += 1;
                continue;
            }
            let (index, mut rollup) = self.open.swap_remove(at);
            if let Some(point) = self.points.get_mut(index) {
                point.totals = rollup.totals();
            }
            if let Some(bands) = &mut self.bands {
                let time_s = u64::from(self.first + index as u32) * u64::from(self.step) * 60;
                bands.push(LatencyPoint { time_s, bands: rollup.bands() });
            }
            self.total.merge(&rollup);
            rollup.clear();
            self.spare.push(rollup);
        }
    }
}

impl Sink for Chart {
    fn begin(&mut self, piece: &Piece) {
        self.close_before(self.index(piece.from));
    }

    fn row(&mut self, _: &NamedRoute, minute: u32, row: &Row<'_>) -> rusqlite::Result<()> {
        let index = self.index(minute);
        let at = match self.open.iter().rposition(|(open, _)| *open == index) {
            Some(at) => at,
            None => {
                self.open.push((index, self.spare.pop().unwrap_or_default()));
                self.open.len() - 1
            }
        };
        self.open[at].1.merge_row(row, FIRST_NUMBER)
    }
}
