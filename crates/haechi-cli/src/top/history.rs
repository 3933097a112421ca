//! The last minutes of traffic, second by second.

use super::shapes::{Numbers, Traffic};
use std::collections::VecDeque;

/// Seconds that are kept and shown.
const SECONDS: usize = 300;

/// What a line of the chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    Requests,
    Errors,
    P50,
    P95,
    P99,
}

impl Metric {
    pub(super) const ALL: [Self; 5] =
        [Self::Requests, Self::Errors, Self::P50, Self::P95, Self::P99];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Requests => "requests/s",
            Self::Errors => "errors/s",
            Self::P50 => "p50 ms",
            Self::P95 => "p95 ms",
            Self::P99 => "p99 ms",
        }
    }

    const fn of(self, numbers: &Numbers) -> Option<f64> {
        match self {
            Self::Requests => Some(numbers.requests_per_second),
            Self::Errors => Some(numbers.errors_per_second),
            Self::P50 => numbers.p50_ms,
            Self::P95 => numbers.p95_ms,
            Self::P99 => numbers.p99_ms,
        }
    }
}

/// The newest last.
#[derive(Debug, Default)]
pub(super) struct History {
    seconds: VecDeque<Numbers>,
    ticked: usize,
}

impl History {
    pub(super) fn push(&mut self, tick: Numbers) {
        if self.seconds.len() == SECONDS {
            self.seconds.pop_front();
        }
        self.seconds.push_back(tick);
        self.ticked += 1;
    }

    /// The minutes before the first tick: each is told as 60 equal seconds. The
    /// last one has not ended.
    pub(super) fn precede(&mut self, past: &Traffic) {
        let (columns, step) = (&past.columns, past.step_seconds.max(1));
        let minutes = columns.requests.len().saturating_sub(1);
        let ms = |list: &[Option<f64>], at: usize| list.get(at).copied().flatten();
        for at in (0..minutes).rev() {
            let rate = |list: &[u64]| list.get(at).map_or(0.0, |n| *n as f64 / step as f64);
            let numbers = Numbers {
                requests_per_second: rate(&columns.requests),
                errors_per_second: rate(&columns.errors),
                p50_ms: ms(&columns.p50_ms, at),
                p95_ms: ms(&columns.p95_ms, at),
                p99_ms: ms(&columns.p99_ms, at),
                ..Numbers::default()
            };
            for _ in 0..step.min(SECONDS as u64) {
                if self.seconds.len() < SECONDS {
                    self.seconds.push_front(numbers.clone());
                }
            }
        }
    }

    /// The last tick; `None` before the first.
    pub(super) fn now(&self) -> Option<&Numbers> {
        self.seconds.back().filter(|_| self.ticked > 0)
    }

    pub(super) fn latest(&self, metric: Metric) -> Option<f64> {
        self.now().and_then(|numbers| metric.of(numbers))
    }

    /// So many columns, the newest last, in thousandths: means of rates, the
    /// highest of latencies.
    pub(super) fn columns(&self, metric: Metric, width: usize) -> Vec<u64> {
        let width = width.max(1);
        let each = SECONDS.div_ceil(width).max(1);
        let newest_first: Vec<Option<f64>> =
            self.seconds.iter().rev().map(|numbers| metric.of(numbers)).collect();
        let mut columns: Vec<u64> = newest_first
            .chunks(each)
            .take(width)
            .map(|seconds| {
                let known = || seconds.iter().flatten();
                let value = match metric {
                    Metric::Requests | Metric::Errors => {
                        known().sum::<f64>() / seconds.len() as f64
                    }
                    _ => known().fold(0.0, |most: f64, ms| most.max(*ms)),
                };
                (value * 1e3).round() as u64
            })
            .collect();
        columns.resize(width, 0);
        columns.reverse();
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::shapes::TrafficColumns;

    fn tick(requests_per_second: f64, p95_ms: Option<f64>) -> Numbers {
        Numbers { requests_per_second, p95_ms, ..Numbers::default() }
    }

    #[test]
    fn a_column_is_the_mean_of_rates_and_the_highest_latency() {
        let mut history = History::default();
        for second in 0..300 {
            history.push(tick(f64::from(second % 2), Some(f64::from(second))));
        }
        assert_eq!(history.columns(Metric::Requests, 150), vec![500; 150]);
        let p95 = history.columns(Metric::P95, 150);
        assert_eq!((p95[0], p95[149]), (1_000, 299_000));
        assert_eq!(history.latest(Metric::P99), None);
        assert_eq!(history.columns(Metric::P99, 3), [0, 0, 0]);
    }

    #[test]
    fn minutes_from_the_store_stand_before_the_first_tick() {
        let mut history = History::default();
        history.push(tick(7.0, None));
        history.precede(&Traffic {
            step_seconds: 60,
            columns: TrafficColumns {
                requests: vec![60, 120, 9],
                errors: vec![0, 60, 0],
                p50_ms: vec![None, Some(1.0), None],
                p95_ms: vec![None, Some(2.0), None],
                p99_ms: vec![None, Some(3.0), None],
            },
        });
        let columns = history.columns(Metric::Requests, 300);
        assert_eq!(
            (columns[299], columns[298], columns[239], columns[238]),
            (7000, 2000, 2000, 1000)
        );
        assert_eq!((columns[179], columns[178]), (1000, 0));
        assert_eq!(history.latest(Metric::Requests), Some(7.0));
    }
}
