//! Fills a spool with requests for the collector to find:
//! `cargo run --release --example spool_fill -- --dir DATA/spool --records 2000000`.
//!
//! The requests of one hour that ends now, over 50 routes (Zipf), with
//! log-normal latencies, 2,000 clients and 12 user agents, appended by
//! `--threads` threads (2) as a program would. With `--budget` bytes the spool
//! overwrites its oldest segments, else it grows. Half an hour ago release 1.0
//! became 1.1, in which every tenth route takes twice as long. Prints one JSON object.
#![allow(clippy::print_stdout, reason = "it is a program for a terminal")]

use haechi_event::{Flags, Request};
use haechi_spool::write::{Spool, SpoolConfig};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const HOUR_MS: u64 = 3_600_000;
const ROUTES: usize = 50;

struct Wanted {
    dir: PathBuf,
    records: u64,
    threads: u64,
    budget: u64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted = wanted()?;
    let config = SpoolConfig {
        budget_bytes: wanted.budget,
        program: "spool_fill".to_owned(),
        ..SpoolConfig::new(&wanted.dir)
    };
    let spool = Spool::new(config);
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as u64;
    let start = Instant::now();
    let (mut kept, mut bytes) = (0, 0);
    std::thread::scope(|scope| {
        let share = wanted.records / wanted.threads;
        let workers: Vec<_> = (0..wanted.threads)
            .map(|seed| {
                scope.spawn({
                    let spool = &spool;
                    move || fill(spool, seed, share, now - HOUR_MS)
                })
            })
            .collect();
        for (records, length) in workers.into_iter().filter_map(|worker| worker.join().ok()) {
            kept += records;
            bytes += length;
        }
    });
    let ns = start.elapsed().max(Duration::from_nanos(1)).as_nanos();
    println!("{{\"records\":{kept},\"payload_bytes\":{bytes},\"ns\":{ns}}}");
    Ok(())
}

fn wanted() -> Result<Wanted, Box<dyn std::error::Error>> {
    // no collector runs meanwhile: unless told so, nothing may be overwritten
    let mut wanted =
        Wanted { dir: PathBuf::from("spool"), records: 1_000_000, threads: 2, budget: 1 << 40 };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("{name} needs a value"))?;
        match name.as_str() {
            "--dir" => wanted.dir = value.into(),
            "--records" => wanted.records = value.parse()?,
            "--threads" => wanted.threads = value.parse::<u64>()?.max(1),
            "--budget" => wanted.budget = value.parse()?,
            _ => {
                return Err(format!(
                    "{name} is unknown; use --dir, --records, --threads, --budget"
                )
                .into());
            }
        }
    }
    Ok(wanted)
}

/// Deterministic noise (splitmix64).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Standard normal, as the sum of twelve uniforms.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// Appends `count` requests; says how many were kept and their bytes of text.
fn fill(spool: &Spool, seed: u64, count: u64, first_ms: u64) -> (u64, u64) {
    let mut noise = Noise(seed + 1);
    let routes: Vec<String> = (0..ROUTES).map(|n| format!("default/page{n}")).collect();
    let weights: Vec<f64> = (1..=ROUTES).map(|n| 1.0 / n as f64).collect();
    let sum: f64 = weights.iter().sum();
    let shares: Vec<f64> = weights
        .iter()
        .scan(0.0, |until, weight| {
            *until += weight / sum;
            Some(*until)
        })
        .collect();
    let agents: Vec<String> = (0..12)
        .map(|n| {
            format!("Mozilla/5.0 (X11; Linux x86_64; rv:1{n}5.0) Gecko/20100101 Firefox/1{n}5.0")
        })
        .collect();
    let clients: Vec<String> =
        (0..2000).map(|n| format!("198.51.{}.{}", n / 250, n % 250)).collect();
    let (mut kept, mut bytes) = (0, 0);
    for n in 0..count {
        let share = noise.unit();
        let route = shares.partition_point(|until| *until < share).min(ROUTES - 1);
        let ms = first_ms + n * HOUR_MS / count;
        let is_new = n >= count / 2;
        let slower = if is_new && route % 10 == 3 { 2f64.ln() } else { 0.0 };
        let center = 14.5 + route as f64 / 25.0 + slower;
        let path = format!("/your_app/{}/{}", routes[route], noise.next() % 5000);
        let query = format!("page={}&sort=price", noise.next() % 40);
        let event = Request {
            start_unix_ns: ms * 1_000_000,
            duration_ns: (center + noise.normal() * 0.7).exp() as u64,
            release: if is_new { "1.1" } else { "1.0" },
            cpu_ns: 700_000,
            status: if noise.next().is_multiple_of(200) { 500 } else { 200 },
            flags: if n.is_multiple_of(16) { Flags::CPU } else { Flags::default() },
            bytes_out: 500 + noise.next() % 30_000,
            app: "your_app",
            method: "GET",
            route: &routes[route],
            path: &path,
            query: &query,
            client: &clients[(noise.next() % 2000) as usize],
            user_agent: &agents[(noise.next() % 12) as usize],
            referrer: "https://shop.example/your_app/default/index",
            ..Request::default()
        };
        let done = spool.with_lane(|mut lane| {
            let event = Request { id: lane.next_id(ms), ..event };
            lane.append_with(|buffer| {
                event.encode(buffer);
                bytes += buffer.len() as u64;
            })
        });
        kept += u64::from(matches!(done, Some(Ok(()))));
    }
    (kept, bytes)
}
