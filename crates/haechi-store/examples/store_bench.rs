//! Measures the store: `cargo run --release --example store_bench -- --rows 10000000`.
//!
//! One day of requests over 50 routes (Zipf), log-normal latencies, 12 client
//! agents and 4,000 client addresses, appended in batches of 16,384 as the
//! collector does. Prints rows per second, bytes per request and the median of
//! 15 runs of the questions a page asks. A folder that is there already is only
//! asked; `--only` names a part of the questions to ask. With `--days 365` the same
//! requests lie in a year that ends with that day, and every fifth asks one of 200
//! queries.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program for a terminal")]

use haechi_event::{Flags, IdLane, Part, Record, Request, Span};
use haechi_store::{
    Batch, Incoming, LogsQuery, Options, RequestsQuery, RoutesQuery, SqliteStore, StatusFilter,
    Store, StoreError, TrafficQuery, VisitsQuery,
};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// 2026-03-01T00:00:00Z.
const DAY_START_MS: u64 = 1_772_323_200_000;
const DAY_MS: u64 = 86_400_000;
const BATCH: usize = 16_384;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut rows = 10_000_000u64;
    let mut dir = PathBuf::from("store_bench_data");
    let mut batch = BATCH;
    let mut days = 1;
    let mut only = String::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("{name} needs a value"))?;
        match name.as_str() {
            "--rows" => rows = value.parse()?,
            "--dir" => dir = value.into(),
            "--batch" => batch = value.parse()?,
            "--days" => days = value.parse()?,
            "--only" => only = value,
            _ => {
                let known = "--rows, --dir, --batch, --days, --only";
                return Err(format!("{name} is unknown; use {known}").into());
            }
        }
    }
    let is_new = !dir.exists();
    let store = SqliteStore::open(&dir, Options::default())?;
    if is_new {
        fill(&store, rows, days, batch)?;
        println!("memory: {} kB resident", resident_kb());
        ask(&store, "before a fold", &only)?;
        let start = Instant::now();
        store.fold()?;
        println!("fold: {:?}", start.elapsed());
    }
    ask(&store, "after a fold", &only)?;
    drop(store);
    if only.is_empty() {
        sizes(&dir, rows / days)?;
    }
    Ok(())
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

struct Shape {
    routes: Vec<String>,
    paths: Vec<String>,
    /// Cumulative shares of the routes.
    shares: Vec<f64>,
    agents: Vec<String>,
    clients: Vec<String>,
    queries: Vec<String>,
}

impl Shape {
    fn new() -> Self {
        let routes: Vec<String> = (0..50).map(|n| format!("default/page{n}")).collect();
        let weights: Vec<f64> = (1..=50).map(|n| 1.0 / f64::from(n)).collect();
        let sum: f64 = weights.iter().sum();
        let mut total = 0.0;
        let shares = weights.iter().map(|weight| {
            total += weight / sum;
            total
        });
        Self {
            shares: shares.collect(),
            paths: routes.iter().map(|route| format!("/your_app/{route}")).collect(),
            routes,
            agents: (0..12)
                .map(|n| format!("Mozilla/5.0 (X11; Linux x86_64; rv:1{n}.0) Gecko/20100101"))
                .collect(),
            queries: (0..200).map(|n| format!("SELECT * FROM t{n} WHERE id = ?")).collect(),
            clients: (0..4000).map(|n| format!("10.0.{}.{}", n / 250, n % 250)).collect(),
        }
    }

    fn request<'a>(&'a self, noise: &mut Noise, lane: &mut IdLane, ms: u64) -> Request<'a> {
        let share = noise.unit();
        let route = self.shares.partition_point(|until| *until < share).min(49);
        let error = noise.next().is_multiple_of(200);
        let has_cpu = noise.next().is_multiple_of(16);
        Request {
            id: lane.next(ms),
            start_unix_ns: ms * 1_000_000,
            duration_ns: ((14.5 + route as f64 / 25.0) + noise.normal() * 0.7).exp() as u64,
            cpu_ns: 700_000,
            status: if error { 500 } else { 200 },
            flags: if has_cpu { Flags::CPU } else { Flags::default() },
            bytes_in: 0,
            bytes_out: 500 + noise.next() % 30_000,
            app: "your_app",
            method: "GET",
            route: &self.routes[route],
            path: &self.paths[route],
            client: &self.clients[(noise.next() % 4000) as usize],
            user_agent: &self.agents[(noise.next() % 12) as usize],
            ..Request::default()
        }
    }
}

impl Shape {
    fn query<'a>(&'a self, noise: &mut Noise, request: &Request<'a>) -> Record<'a> {
        Record::Span(Span {
            request_id: request.id,
            id: 1,
            part: Part::Db,
            count: 1,
            duration_ns: request.duration_ns / 2,
            rows: Some(noise.next() % 50),
            line: 41,
            app: request.app,
            name: &self.queries[(noise.next() % 200) as usize],
            file: "models/db.py",
            ..Span::default()
        })
    }
}

fn fill(store: &dyn Store, rows: u64, days: u64, batch: usize) -> Result<(), StoreError> {
    let shape = Shape::new();
    let mut noise = Noise(1);
    let mut lane = IdLane::new(1, 0);
    let mut busy = Duration::ZERO;
    let (mut done, mut written) = (0, 0);
    let mut slowest = Duration::ZERO;
    let first_ms = DAY_START_MS - (days - 1) * DAY_MS;
    while done < rows {
        let end = (done + batch as u64).min(rows);
        let mut records = Vec::new();
        for n in done..end {
            let ms = first_ms + n * days * DAY_MS / rows;
            let request = shape.request(&mut noise, &mut lane, ms);
            let query = (days > 1 && n % 5 == 0).then(|| shape.query(&mut noise, &request));
            for record in query.into_iter().chain([Record::Request(request)]) {
                written += 1;
                let (end, sequence) = (written, written as u32);
                records.push(Incoming { segment: "bench.seg", pid: 4711, end, sequence, record });
            }
        }
        let records = Batch { records, ..Batch::default() };
        let start = Instant::now();
        store.append(&records)?;
        busy += start.elapsed();
        slowest = slowest.max(start.elapsed());
        done = end;
    }
    println!(
        "append: {rows} rows in {busy:.2?}: {:.0} rows/s; slowest batch of {batch}: {slowest:.1?}",
        rows as f64 / busy.as_secs_f64()
    );
    Ok(())
}

/// Prints the median of 15 runs.
fn median(
    name: &str,
    only: &str,
    mut run: impl FnMut() -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    if !name.contains(only) {
        return Ok(());
    }
    let mut times = Vec::new();
    for _ in 0..15 {
        let start = Instant::now();
        run()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    println!("  {name}: {:.2?} (best {:.2?})", times[7], times[0]);
    Ok(())
}

fn ask(store: &dyn Store, when: &str, only: &str) -> Result<(), StoreError> {
    // a range that begins and ends within an hour, as real ones do
    let (from_ms, to_ms) = (DAY_START_MS + 17 * 60_000, DAY_START_MS + DAY_MS - 22 * 60_000);
    let chart = TrafficQuery { from_ms, to_ms, step_s: 60, ..TrafficQuery::default() };
    let of_app = TrafficQuery { app: Some("your_app".into()), ..chart.clone() };
    let one = TrafficQuery { route: Some("default/page3".into()), ..of_app.clone() };
    let coarse = TrafficQuery { step_s: 300, ..chart.clone() };
    let table = RoutesQuery { from_ms, to_ms, limit: 100, ..RoutesQuery::default() };
    println!("{when}, medians of 15:");
    for (name, query) in [
        ("chart per minute, all", &chart),
        ("chart per minute, one app", &of_app),
        ("chart per 5 minutes, all", &coarse),
        ("one route per minute", &one),
    ] {
        median(name, only, || store.traffic(query).map(drop))?;
    }
    median("routes by total time", only, || store.routes(&table).map(drop))?;
    let rows = RequestsQuery { from_ms, to_ms, limit: 100, ..RequestsQuery::default() };
    let errors = RequestsQuery { status: Some(StatusFilter::Class(5)), ..rows.clone() };
    let slow = RequestsQuery { min_duration_us: Some(60_000), ..rows.clone() };
    let rare = RequestsQuery { path_contains: Some("not there".into()), ..rows.clone() };
    for (name, query) in [
        ("last 100 requests", &rows),
        ("last 100 errors", &errors),
        ("last 100 slow ones", &slow),
        ("a path that is not there (cut)", &rare),
    ] {
        median(name, only, || store.requests(query).map(drop))?;
    }
    let visits = VisitsQuery { from_ms, to_ms, limit: 100, ..VisitsQuery::default() };
    median("who visited", only, || store.visits(&visits).map(drop))?;
    let logs = LogsQuery { from_ms, to_ms, limit: 100, ..LogsQuery::default() };
    median("last 100 lines of none", only, || store.logs(&logs).map(drop))
}

/// Bytes of each table, from the pages it uses.
fn sizes(dir: &Path, rows: u64) -> Result<(), Box<dyn std::error::Error>> {
    let conn = rusqlite::Connection::open(dir.join("days/2026-03-01.db"))?;
    let total = std::fs::metadata(dir.join("days/2026-03-01.db"))?.len();
    let rollups: u64 =
        conn.query_row("SELECT sum(length(latency)) + count(*) * 40 FROM rollups", [], |row| {
            row.get::<_, i64>(0).map(i64::unsigned_abs)
        })?;
    let mut tables = conn.prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name")?;
    let pages = tables.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)));
    match pages.and_then(Iterator::collect::<Result<Vec<(String, i64)>, _>>) {
        Ok(pages) => {
            for (name, bytes) in pages.iter().filter(|(_, bytes)| *bytes > 4096) {
                println!("{name}: {:.2} bytes a request", *bytes as f64 / rows as f64);
            }
        }
        Err(error) => eprintln!("no page counts: {error}"),
    }
    println!("rollup content: {:.2} bytes a request", rollups as f64 / rows as f64);
    println!("day file: {:.2} bytes a request", total as f64 / rows as f64);
    Ok(())
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
