//! Fills a store with log lines, in batches as the collector does:
//! `cargo run --release --example log_fill -- --dir DATA --lines 5000000`.
//!
//! The lines of today so far, at most of six hours. Prints one JSON object.
#![allow(clippy::print_stdout, reason = "it is a program for a terminal")]

mod lines;

use haechi_event::{IdLane, Record};
use haechi_store::{Batch, Incoming, Options, SqliteStore, Store};
use lines::Lines;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const DAY_MS: u64 = 86_400_000;
/// As many as the collector commits at once when it has much to do.
const BATCH: u64 = 50_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut dir, mut count) = (PathBuf::from("log_data"), 1_000_000u64);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(format!("{name} needs a value"))?;
        match name.as_str() {
            "--dir" => dir = value.into(),
            "--lines" => count = value.parse()?,
            _ => return Err(format!("{name} is unknown; use --dir, --lines").into()),
        }
    }
    let store = SqliteStore::open(&dir, Options::default())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as u64;
    let first = (now - DAY_MS / 4).max(now / DAY_MS * DAY_MS);
    let (mut lines, mut lane) = (Lines::new(1), IdLane::new(1, 0));
    let (mut busy, mut slowest, mut text) = (Duration::ZERO, Duration::ZERO, 0);
    let mut done = 0;
    while done < count {
        let end = (done + BATCH).min(count);
        let encoded: Vec<Vec<u8>> = (done..end)
            .map(|n| {
                let ns = (first * 1000 + n * (now - first) * 1000 / count) * 1000;
                let mut bytes = Vec::new();
                let log = lines.next(ns, lane.next(ns / 1_000_000));
                text += log.message.len() as u64;
                log.encode(&mut bytes);
                bytes
            })
            .collect();
        let records = encoded.iter().zip(done + 1..).map(|(bytes, end)| {
            let record = Record::decode(bytes)?;
            Ok(Incoming { segment: "fill.seg", pid: 4711, end, sequence: end as u32, record })
        });
        let records = records.collect::<Result<Vec<_>, haechi_event::EventError>>()?;
        let start = Instant::now();
        store.append(&Batch { records, ..Batch::default() })?;
        (busy, slowest) = (busy + start.elapsed(), slowest.max(start.elapsed()));
        done = end;
    }
    let (ns, slowest) = (busy.as_nanos(), slowest.as_millis());
    let bytes = store.size()?.bytes;
    println!(
        "{{\"lines\":{count},\"ns\":{ns},\"slowest_batch_ms\":{slowest},\"bytes\":{bytes},\
         \"message_bytes\":{text}}}"
    );
    Ok(())
}
