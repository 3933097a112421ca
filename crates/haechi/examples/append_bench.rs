//! Measures recording: `cargo run --release --example append_bench -- DIR [rounds]`.
//!
//! Each round takes a fresh folder below DIR and appends requests with about
//! 200 bytes of text, encoding included: by one thread, by two at once, and
//! with a clock read around each; into files that are made on the way (`one`,
//! `two`, `each`), into those of a full spool (`full`), and into those of a full
//! spool that is so small that they stay mapped (`small`). Then it begins and
//! finishes whole requests.
//! Prints one JSON object of lists with one number per round, nanoseconds.
#![allow(clippy::print_stdout, reason = "it is a program for a terminal")]

use haechi::{Begin, Recorder, RecorderOptions};
use haechi_event::{Flags, Request, RequestId};
use haechi_spool::write::{Spool, SpoolConfig};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::time::Instant;

/// Within the default budget of a spool, so that nothing is overwritten.
const RECORDS: u64 = 400_000;
const CHUNK: u64 = 200;
const DEFAULT: u64 = 256 << 20;
/// Of which a thread has all segments mapped, each in its turn.
const SMALL: u64 = 4 << 20;
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

type Figures = BTreeMap<String, Vec<f64>>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().ok_or("name a folder to write to")?);
    let rounds: usize = arguments.next().unwrap_or_else(|| "5".to_owned()).parse()?;
    let mut figures = Figures::new();
    for round in 0..rounds {
        let dir = dir.join(format!("round-{round}"));
        one_thread("one_thread", &dir.join("one"), DEFAULT, 0, &mut figures);
        one_thread("full_one_thread", &dir.join("full"), DEFAULT, 1_000_000, &mut figures);
        one_thread("small_one_thread", &dir.join("small-one"), SMALL, 20_000, &mut figures);
        two_threads("two_threads", &dir.join("two"), DEFAULT, 0, &mut figures);
        two_threads("small_two_threads", &dir.join("small-two"), SMALL, 20_000, &mut figures);
        each(&dir.join("each"), &mut figures);
        guards(&dir.join("guard"), &mut figures);
        std::fs::remove_dir_all(&dir)?;
    }
    let mut bytes = Vec::new();
    request(1).encode(&mut bytes);
    note(&mut figures, "record_bytes", bytes.len() as f64);
    note(&mut figures, "text_bytes", text_bytes(&request(1)) as f64);
    let fields = figures.iter().map(|(name, values)| format!("\"{name}\":{values:?}"));
    println!("{{{}}}", fields.collect::<Vec<_>>().join(","));
    Ok(())
}

fn note(figures: &mut Figures, name: &str, value: f64) {
    figures.entry(name.to_owned()).or_default().push(value);
}

/// A request as a browser sends it; `n` tells them apart.
fn request(n: u64) -> Request<'static> {
    Request {
        id: RequestId::from_u64(n),
        start_unix_ns: 1_795_413_600_000_000_000 + n,
        duration_ns: 1_234_567 + n % 4096,
        cpu_ns: 0,
        status: 200,
        flags: Flags::default(),
        bytes_in: 0,
        bytes_out: 5120 + n % 1024,
        trace_id: [0; 16],
        parent_span_id: [0; 8],
        app: "your_app",
        method: "GET",
        route: "default/item",
        path: "/your_app/default/item/4711",
        query: "page=2&sort=price",
        client: "203.0.113.77",
        user_agent: AGENT,
        referrer: "https://shop.example/your_app/default/index",
        ticket: "",
        user: "",
        split: &[],
        repeats: &[],
        release: "",
    }
}

fn text_bytes(event: &Request<'_>) -> usize {
    let Request { app, method, route, path, query, client, user_agent, referrer, ticket, .. } =
        event;
    [app, method, route, path, query, client, user_agent, referrer, ticket]
        .iter()
        .map(|text| text.len())
        .sum()
}

fn append(spool: &Spool, n: u64) -> bool {
    let event = black_box(request(n));
    spool.append_with(|buffer| event.encode(buffer)).is_ok()
}

fn spool(dir: &Path, budget_bytes: u64) -> Spool {
    Spool::new(SpoolConfig { budget_bytes, ..SpoolConfig::new(dir) })
}

/// The mean with segment turn-over, and the median of chunks, most of which
/// have none; after `before` records that do not count.
fn one_thread(name: &str, dir: &Path, budget: u64, before: u64, figures: &mut Figures) {
    let spool = spool(dir, budget);
    for n in 0..=before {
        append(&spool, n);
    }
    let mut chunks = Vec::new();
    let start = Instant::now();
    let mut last = start;
    for chunk in 0..RECORDS / CHUNK {
        for n in 0..CHUNK {
            black_box(append(&spool, chunk * CHUNK + n));
        }
        let now = Instant::now();
        chunks.push((now - last).as_nanos() as f64 / CHUNK as f64);
        last = now;
    }
    let total = start.elapsed().as_nanos() as f64;
    note(figures, &format!("{name}_mean"), total / RECORDS as f64);
    chunks.sort_by(f64::total_cmp);
    note(figures, &format!("{name}_median_chunk"), chunks[chunks.len() / 2]);
}

/// What each of two threads that append at the same time takes for one record.
fn two_threads(name: &str, dir: &Path, budget: u64, before: u64, figures: &mut Figures) {
    let spool = spool(dir, 2 * budget);
    let barrier = Barrier::new(2);
    let half = RECORDS / 2;
    let times: Vec<f64> = std::thread::scope(|scope| {
        let work = || {
            for n in 0..=before {
                append(&spool, n);
            }
            barrier.wait();
            let start = Instant::now();
            for n in 0..half {
                black_box(append(&spool, n));
            }
            start.elapsed().as_nanos() as f64 / half as f64
        };
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    note(figures, &format!("{name}_mean"), times.iter().sum::<f64>() / times.len() as f64);
}

/// Single appends; what reading the clock takes has been taken off.
fn each(dir: &Path, figures: &mut Figures) {
    let spool = spool(dir, DEFAULT);
    append(&spool, 0);
    let clock = quantile(&mut stamps(RECORDS, |_| ()), 0.5);
    let mut times = stamps(RECORDS, |n| {
        black_box(append(&spool, n));
    });
    for (name, q) in
        [("each_p50", 0.5), ("each_p99", 0.99), ("each_p99_9", 0.999), ("each_max", 1.0)]
    {
        note(figures, name, (quantile(&mut times, q) - clock).max(0.0));
    }
}

fn stamps(count: u64, work: impl Fn(u64)) -> Vec<u64> {
    let mut times = Vec::with_capacity(count as usize);
    let mut last = Instant::now();
    for n in 0..count {
        work(n);
        let now = Instant::now();
        times.push((now - last).as_nanos() as u64);
        last = now;
    }
    times
}

fn quantile(times: &mut [u64], q: f64) -> f64 {
    times.sort_unstable();
    let rank = (times.len() as f64 * q).ceil() as usize;
    times[rank.clamp(1, times.len()) - 1] as f64
}

/// Whole requests: begin, route, finish.
fn guards(dir: &Path, figures: &mut Figures) {
    let options = RecorderOptions {
        data: dir.to_path_buf(),
        default_on: true,
        program: "bench".to_owned(),
        release: haechi::named_release().unwrap_or_default(),
        runtime: String::new(),
    };
    let recorder = Recorder::new(options);
    let once = || {
        let mut guard = recorder.begin(black_box(&Begin {
            app: "your_app",
            method: "GET",
            route: "",
            path: "/your_app/default/item/4711",
            query: "page=2&sort=price",
            client: "203.0.113.77",
            user_agent: AGENT,
            referrer: "https://shop.example/your_app/default/index",
            traceparent: "",
            bytes_in: 0,
            thread: 0,
        }));
        guard.set_route("default/item");
        guard.finish(200, 5120);
    };
    once();
    let start = Instant::now();
    for _ in 0..RECORDS {
        once();
    }
    note(figures, "guard_mean", start.elapsed().as_nanos() as f64 / RECORDS as f64);
}
