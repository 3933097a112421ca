//! Writes log lines into a spool at a steady rate, as an app would:
//! `cargo run --release --example log_flow -- --dir DATA/spool --rate 100000 --seconds 20`.
//!
//! Prints one JSON object at the end.
#![allow(clippy::print_stdout, reason = "it is a program for a terminal")]

#[path = "../../haechi-store/examples/log_fill/lines.rs"]
mod lines;

use haechi_spool::write::{Spool, SpoolConfig};
use lines::Lines;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Lines are written in so many bursts a second.
const BURSTS: u64 = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut dir, mut rate, mut seconds) = (PathBuf::from("spool"), 100_000u64, 10u64);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("{name} needs a value"))?;
        match name.as_str() {
            "--dir" => dir = value.into(),
            "--rate" => rate = value.parse()?,
            "--seconds" => seconds = value.parse()?,
            _ => return Err(format!("{name} is unknown; use --dir, --rate, --seconds").into()),
        }
    }
    // what the collector does not keep up with waits; nothing may be dropped
    let config = SpoolConfig {
        budget_bytes: 8 << 30,
        program: "log_flow".to_owned(),
        ..SpoolConfig::new(&dir)
    };
    let spool = Spool::new(config);
    let mut lines = Lines::new(2);
    let (begun, mut written) = (Instant::now(), 0);
    for burst in 0..seconds * BURSTS {
        let due = begun + Duration::from_millis(burst * 1000 / BURSTS);
        std::thread::park_timeout(due.saturating_duration_since(Instant::now()));
        for _ in 0..rate / BURSTS {
            let ns = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos() as u64;
            let kept = spool.with_lane(|mut lane| {
                let log = lines.next(ns, lane.next_id(ns / 1_000_000));
                lane.append_with(|buffer| log.encode(buffer))
            });
            written += u64::from(matches!(kept, Some(Ok(()))));
        }
    }
    let ns = begun.elapsed().as_nanos();
    println!("{{\"lines\":{written},\"ns\":{ns}}}");
    Ok(())
}
