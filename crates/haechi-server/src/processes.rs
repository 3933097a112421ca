//! Processes and the host as the kernel tells of them in `/proc`, read when
//! somebody asks. The watched program takes no part in it.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

/// Shares are taken over a second at least, since CPU time is told in
/// hundredths.
const SECOND: Duration = Duration::from_secs(1);
/// What the very first share is taken over at least.
const FIRST: Duration = Duration::from_millis(250);

/// A process at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Usage {
    /// Since it started.
    pub(crate) age_s: f64,
    /// CPU time it has used since then.
    pub(crate) cpu_s: f64,
    /// CPUs it has kept busy since an earlier look; `None` at the first.
    pub(crate) cpu_share: Option<f64>,
    /// Resident memory, what it shares with others included.
    pub(crate) memory_bytes: u64,
}

/// The host at one moment. What the kernel does not tell is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct HostUsage {
    pub(crate) cpus: u64,
    /// CPU time all processes have used since boot, on all CPUs.
    pub(crate) cpu_s: Option<f64>,
    /// Of all CPUs, since an earlier look; `None` at the first.
    pub(crate) cpu_share: Option<f64>,
    pub(crate) load_1m: Option<f64>,
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) memory_available_bytes: Option<u64>,
}

/// Looks at processes, and remembers how much CPU time each had used before.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    meters: HashMap<(u32, u64), Meter>,
    host: Meter,
}

impl Processes {
    /// The process of this pid that started then; `None` if it is gone.
    pub(crate) fn look(&mut self, pid: u32, start_ticks: u64) -> Option<Usage> {
        let now = Instant::now();
        let stat = Stat::parse(&read(&format!("{pid}/stat"))?)?;
        if stat.start_ticks != start_ticks {
            return None;
        }
        let uptime: f64 = read("uptime")?.split_ascii_whitespace().next()?.parse().ok()?;
        let cpu_s = seconds(stat.cpu_ticks);
        Some(Usage {
            age_s: (uptime - seconds(start_ticks)).max(0.0),
            cpu_s,
            cpu_share: self.meters.entry((pid, start_ticks)).or_default().share(now, cpu_s),
            memory_bytes: stat.pages * rustix::param::page_size() as u64,
        })
    }

    /// Forgets all other processes.
    pub(crate) fn keep(&mut self, known: impl Fn(u32, u64) -> bool) {
        self.meters.retain(|(pid, start_ticks), _| known(*pid, *start_ticks));
    }

    /// The machine.
    pub(crate) fn host(&mut self) -> HostUsage {
        let now = Instant::now();
        let stat = read("stat").unwrap_or_default();
        let cpus = stat.lines().filter(|line| is_cpu(line)).count().max(1) as u64;
        let cpu_s = busy_ticks(&stat).map(seconds);
        let share = cpu_s.and_then(|cpu_s| self.host.share(now, cpu_s));
        let memory = read("meminfo").unwrap_or_default();
        let load = read("loadavg").unwrap_or_default();
        HostUsage {
            cpus,
            cpu_s,
            cpu_share: share.map(|share| (share / cpus as f64).min(1.0)),
            load_1m: load.split_ascii_whitespace().next().and_then(|load| load.parse().ok()),
            memory_bytes: kilobytes(&memory, "MemTotal:"),
            memory_available_bytes: kilobytes(&memory, "MemAvailable:"),
        }
    }
}

/// CPU time at earlier looks.
#[derive(Debug, Default)]
struct Meter {
    older: Option<(Instant, f64)>,
    newer: Option<(Instant, f64)>,
}

impl Meter {
    /// CPUs kept busy since a look a second ago or longer.
    fn share(&mut self, now: Instant, cpu_s: f64) -> Option<f64> {
        let since = |(at, _): &(Instant, f64)| now.saturating_duration_since(*at);
        let before = self.older.or(self.newer.filter(|look| since(look) >= FIRST));
        let before = match self.newer {
            Some(newer) if since(&newer) < SECOND => before,
            newer => {
                self.older = newer;
                self.newer = Some((now, cpu_s));
                newer
            }
        };
        let (at, used) = before?;
        Some((cpu_s - used).max(0.0) / now.saturating_duration_since(at).as_secs_f64().max(1e-3))
    }
}

/// What is read of `/proc/PID/stat`.
struct Stat {
    cpu_ticks: u64,
    start_ticks: u64,
    pages: u64,
}

impl Stat {
    /// The name in parentheses may hold anything, so counting starts after the
    /// last `)`.
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        Some(Self {
            cpu_ticks: number(11)? + number(12)?,
            start_ticks: number(19)?,
            pages: number(21)?,
        })
    }
}

fn read(file: &str) -> Option<String> {
    fs::read_to_string(format!("/proc/{file}")).ok()
}

fn seconds(ticks: u64) -> f64 {
    ticks as f64 / rustix::param::clock_ticks_per_second().max(1) as f64
}

/// One CPU's line; the first line is the sum.
fn is_cpu(line: &str) -> bool {
    line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Of all CPUs: user, nice, system, irq, softirq, steal; what guests use is user
/// time already.
fn busy_ticks(stat: &str) -> Option<u64> {
    let ticks: Vec<u64> = stat
        .lines()
        .find_map(|line| line.strip_prefix("cpu "))?
        .split_ascii_whitespace()
        .map_while(|field| field.parse().ok())
        .collect();
    Some([0, 1, 2, 5, 6, 7].iter().filter_map(|at| ticks.get(*at)).sum())
}

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own_start() -> u64 {
        Stat::parse(&read("self/stat").unwrap()).unwrap().start_ticks
    }

    #[test]
    fn this_process_is_found_and_one_that_had_its_pid_before_is_not() {
        let (pid, start) = (std::process::id(), own_start());
        let mut processes = Processes::default();
        let usage = processes.look(pid, start).unwrap();
        assert!(usage.memory_bytes > 100_000, "{usage:?}");
        assert_eq!(usage.cpu_share, None);
        assert_eq!(processes.look(pid, start + 1), None);
        assert_eq!(processes.look(u32::MAX, start), None);
        processes.keep(|_, _| false);
        assert!(processes.meters.is_empty());
    }

    #[test]
    fn the_host_is_told_of() {
        let host = Processes::default().host();
        assert!(host.cpus >= 1 && host.cpu_s.unwrap() > 0.0, "{host:?}");
        assert!(host.memory_available_bytes.unwrap() <= host.memory_bytes.unwrap(), "{host:?}");
    }

    #[test]
    fn a_share_is_taken_over_a_second_whoever_asks_in_between() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut meter = Meter::default();
        assert_eq!(meter.share(at(0), 10.0), None);
        assert_eq!(meter.share(at(100), 10.1), None);
        assert_eq!(meter.share(at(500), 10.25), Some(0.5));
        assert_eq!(meter.share(at(1000), 10.5), Some(0.5));
        assert_eq!(meter.share(at(1500), 12.0), Some(2.0 / 1.5));
        assert_eq!(meter.share(at(2000), 10.5), Some(0.0));
        assert_eq!(meter.share(at(3000), 9.0), Some(0.0));
    }

    #[test]
    fn a_process_may_have_any_name() {
        let fields = "S 1 1 1 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 1 0 777 1000 42 9";
        let stat = Stat::parse(&format!("7 (a) b 1 2)) {fields}")).unwrap();
        assert_eq!((stat.cpu_ticks, stat.start_ticks, stat.pages), (200, 777, 42));
        assert!(Stat::parse("7 (a) S 1").is_none() && Stat::parse("").is_none());
    }

    #[test]
    fn busy_is_what_is_neither_idle_nor_waiting() {
        let stat = "cpu  1 2 4 1000 1000 8 16 32 500 500\ncpu0 1 2\ncpu1 3\nintr 9\n";
        assert_eq!(busy_ticks(stat), Some(63));
        assert_eq!(stat.lines().filter(|line| is_cpu(line)).count(), 2);
        assert_eq!(kilobytes("MemTotal:   2 kB\n", "MemTotal:"), Some(2048));
    }
}
