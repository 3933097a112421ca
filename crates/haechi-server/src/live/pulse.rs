use super::tick::{AppTick, Numbers, Tick};
use crate::ask::{Ask, Moment, ms_of, rounded};
use haechi_event::Histogram;
use haechi_spool::board::BoardSnapshot;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// Ticks whose latencies a quantile looks at.
const WINDOW: usize = 10;

/// Turns scoreboards into ticks: what was counted since the scoreboards before.
/// Everything is added up over all scoreboards first, because those of ended
/// processes are merged into one from time to time.
#[derive(Debug, Default)]
pub struct Pulse {
    before: Option<BTreeMap<String, Counted>>,
    looked: Option<Instant>,
    /// Latencies per app of the last ticks, newest last.
    window: VecDeque<BTreeMap<String, Histogram>>,
}

/// What an app's scoreboards have counted so far.
#[derive(Debug, Clone, Default)]
struct Counted {
    requests: u64,
    errors: u64,
    latency: Histogram,
}

impl Counted {
    fn since(&self, before: &Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(before.requests),
            errors: self.errors.saturating_sub(before.errors),
            latency: self.latency.since(&before.latency),
        }
    }
}

impl Pulse {
    /// Looks at the scoreboards now: a tick of what was counted since the look
    /// before; `None` for the first look.
    pub fn look(&mut self, ask: &Ask) -> Option<Tick> {
        let boards = ask.boards();
        // a store in trouble says so elsewhere
        let drops = ask.drops_of(&boards).unwrap_or_default();
        let now = Instant::now();
        let elapsed = self.looked.replace(now).map(|before| now - before);
        self.beat(&boards, drops, elapsed.unwrap_or_default())
    }

    /// The next tick; `None` for the first scoreboards, which have no before.
    fn beat(
        &mut self,
        boards: &[BoardSnapshot],
        drops: BTreeMap<String, u64>,
        elapsed: Duration,
    ) -> Option<Tick> {
        let now = count(boards);
        let before = self.before.replace(now.clone())?;
        let nothing = Counted::default();
        let fresh: BTreeMap<String, Counted> = now
            .into_iter()
            .map(|(app, counted)| {
                let since = counted.since(before.get(&app).unwrap_or(&nothing));
                (app, since)
            })
            .collect();
        self.remember(&fresh);
        let seconds = elapsed.as_secs_f64().max(1e-3);
        let apps: Vec<AppTick> = fresh
            .iter()
            .map(|(app, counted)| {
                let latency = self.latency(|name| name == app);
                let numbers = numbers(counted, seconds, &latency, &present(boards, Some(app)));
                AppTick { app: app.clone(), numbers }
            })
            .collect();
        let mut all = Counted::default();
        for counted in fresh.values() {
            all.requests += counted.requests;
            all.errors += counted.errors;
        }
        let latency = self.latency(|_| true);
        let numbers = numbers(&all, seconds, &latency, &present(boards, None));
        Some(Tick { time: Moment::now(), numbers, apps, drops })
    }

    fn remember(&mut self, fresh: &BTreeMap<String, Counted>) {
        if self.window.len() == WINDOW {
            self.window.pop_front();
        }
        let heard = fresh.iter().filter(|(_, counted)| counted.requests > 0);
        self.window.push_back(
            heard.map(|(app, counted)| (app.clone(), counted.latency.clone())).collect(),
        );
    }

    fn latency(&self, wanted: impl Fn(&str) -> bool) -> Histogram {
        let mut sum = Histogram::default();
        for (_, latency) in self.window.iter().flatten().filter(|(app, _)| wanted(app)) {
            sum.merge(latency);
        }
        sum
    }
}

fn count(boards: &[BoardSnapshot]) -> BTreeMap<String, Counted> {
    let mut apps: BTreeMap<String, Counted> = BTreeMap::new();
    for app in boards.iter().flat_map(|board| &board.apps) {
        apps.entry(app.app.clone()).or_default();
    }
    for route in boards.iter().flat_map(|board| &board.routes) {
        let app = apps.entry(route.app.clone()).or_default();
        app.requests += route.requests;
        app.errors += route.status[5];
        app.latency.merge(&route.latency);
    }
    apps
}

/// What is there now rather than counted: requests in flight and processes.
struct Present {
    in_flight: u64,
    workers: u64,
}

fn present(boards: &[BoardSnapshot], app: Option<&str>) -> Present {
    let running: Vec<_> = boards.iter().filter(|board| board.running).collect();
    let Some(app) = app else {
        let in_flight = running.iter().map(|b| b.in_flight.len() as u64 + b.overflow_in_flight);
        return Present { in_flight: in_flight.sum(), workers: running.len() as u64 };
    };
    let requests = running.iter().flat_map(|board| &board.in_flight);
    let serving: BTreeSet<&str> = running
        .iter()
        .filter(|board| board.apps.iter().any(|known| known.app == app))
        .map(|board| board.name.as_str())
        .collect();
    Present {
        in_flight: requests.filter(|request| request.app == app).count() as u64,
        workers: serving.len() as u64,
    }
}

fn numbers(counted: &Counted, seconds: f64, latency: &Histogram, now: &Present) -> Numbers {
    let [p50, p95, p99] = latency.quantiles_ns([0.5, 0.95, 0.99]);
    Numbers {
        requests_per_second: rounded(counted.requests as f64 / seconds),
        errors_per_second: rounded(counted.errors as f64 / seconds),
        in_flight: now.in_flight,
        workers: now.workers,
        p50_ms: ms_of(p50),
        p95_ms: ms_of(p95),
        p99_ms: ms_of(p99),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use haechi_spool::board::{AppSnapshot, InFlight, RouteSnapshot};

    const SECOND: Duration = Duration::from_secs(1);

    fn board(name: &str, app: &str, requests: u64, errors: u64) -> BoardSnapshot {
        let mut latency = Histogram::default();
        (0..requests).for_each(|_| latency.add(2_000_000));
        let route = RouteSnapshot {
            app: app.to_owned(),
            requests,
            status: [0, 0, requests - errors, 0, 0, errors],
            latency,
            ..RouteSnapshot::default()
        };
        let mut board = BoardSnapshot::default();
        board.name = name.to_owned();
        board.running = true;
        board.apps = vec![AppSnapshot { app: app.to_owned(), ..AppSnapshot::default() }];
        board.routes = vec![route];
        board
    }

    fn beat(pulse: &mut Pulse, boards: &[BoardSnapshot]) -> Option<Tick> {
        pulse.beat(boards, BTreeMap::new(), SECOND)
    }

    #[test]
    fn a_tick_is_the_difference_between_two_looks_over_all_workers() {
        let mut pulse = Pulse::default();
        assert_eq!(beat(&mut pulse, &[board("1", "shop", 100, 7)]), None);
        let mut other = board("2", "blog", 5, 0);
        other.in_flight.push(InFlight { app: "blog".to_owned(), ..InFlight::default() });
        let tick = beat(&mut pulse, &[board("1", "shop", 110, 9), other]).unwrap();
        assert_eq!(tick.numbers.requests_per_second, 15.0);
        assert_eq!(tick.numbers.errors_per_second, 2.0);
        assert_eq!((tick.numbers.in_flight, tick.numbers.workers), (1, 2));
        let blog = tick.of_app("blog");
        assert_eq!(blog.numbers.requests_per_second, 5.0);
        assert_eq!((blog.numbers.in_flight, blog.numbers.workers), (1, 1));
        assert_eq!(blog.apps.len(), 1);
        let p50 = tick.numbers.p50_ms.unwrap();
        assert!((p50 - 2.0).abs() < 0.05, "{p50}");
    }

    #[test]
    fn merging_the_scoreboards_of_ended_processes_is_no_traffic() {
        let mut pulse = Pulse::default();
        beat(&mut pulse, &[board("1", "shop", 100, 0), board("2", "shop", 50, 0)]);
        let tick = beat(&mut pulse, &[board("retired.board", "shop", 150, 0)]).unwrap();
        assert_eq!(tick.numbers.requests_per_second, 0.0);
        assert_eq!(tick.numbers.p99_ms, None);
    }

    #[test]
    fn latencies_are_forgotten_after_ten_ticks() {
        let mut pulse = Pulse::default();
        beat(&mut pulse, &[board("1", "shop", 0, 0)]);
        for quiet in 0..WINDOW {
            let tick = beat(&mut pulse, &[board("1", "shop", 3, 0)]).unwrap();
            assert!(tick.numbers.p50_ms.is_some(), "after {quiet} quiet ticks");
        }
        let tick = beat(&mut pulse, &[board("1", "shop", 3, 0)]).unwrap();
        assert_eq!(tick.numbers.p50_ms, None);
    }

    #[test]
    fn an_app_that_was_never_seen_is_quiet() {
        let mut pulse = Pulse::default();
        beat(&mut pulse, &[]);
        let tick = beat(&mut pulse, &[board("1", "shop", 3, 0)]).unwrap().of_app("blog");
        assert_eq!((tick.numbers, tick.apps), (Numbers::default(), Vec::new()));
    }
}
