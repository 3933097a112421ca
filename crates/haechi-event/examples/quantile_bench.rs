//! Measures how far quantiles from the histogram lie from exact ones:
//! `cargo run --release --example quantile_bench -- 1000000`.
//!
//! For each shape of data it draws that many durations, adds half of them to
//! one histogram and half to another, merges the two through their byte form,
//! as rollups are, and compares with nearest rank over the sorted values.
//! Prints one JSON object.
#![allow(clippy::print_stdout, reason = "it is a program for a terminal")]

use haechi_event::{EventError, Histogram};

const QUANTILES: [f64; 7] = [0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999];

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

    /// From 0 up to, not including, 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Standard normal (Box and Muller).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// Gives one duration in nanoseconds.
type Draw = fn(&mut Noise) -> f64;

const SHAPES: [(&str, Draw); 3] = [
    // median 5 ms, p99 about 50 ms
    ("log-normal", |noise| 5e6 * noise.normal().exp()),
    // nine in ten from a cache at 0.3 ms, the rest from elsewhere at 80 ms
    ("bimodal", |noise| {
        let (middle, width) = if noise.unit() < 0.9 { (3e5, 3e4) } else { (8e7, 1e7) };
        middle + width * noise.normal()
    }),
    // 1 ms to 1 s
    ("uniform", |noise| 1e6 + 999e6 * noise.unit()),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().nth(1).unwrap_or_else(|| "1000000".to_owned()).parse()?;
    let mut fields = Vec::new();
    for (seed, (name, draw)) in SHAPES.iter().enumerate() {
        let mut noise = Noise(seed as u64 + 1);
        let values: Vec<u64> = (0..count).map(|_| draw(&mut noise).max(64.0) as u64).collect();
        fields.push(format!("\"{name}\":{:.5}", largest_error(values)?));
    }
    println!("{{{}}}", fields.join(","));
    Ok(())
}

/// The largest relative error over all quantiles.
fn largest_error(mut values: Vec<u64>) -> Result<f64, EventError> {
    let (mut merged, mut other) = <(Histogram, Histogram)>::default();
    let (left, right) = values.split_at(values.len() / 2);
    left.iter().for_each(|value| merged.add(*value));
    right.iter().for_each(|value| other.add(*value));
    let mut bytes = Vec::new();
    other.encode(&mut bytes);
    merged.merge_encoded(&bytes)?;
    values.sort_unstable();
    let errors = QUANTILES.iter().zip(merged.quantiles_ns(QUANTILES)).map(|(q, found)| {
        let rank = ((q * values.len() as f64).ceil() as usize).clamp(1, values.len());
        let exact = values[rank - 1] as f64;
        found.map_or(f64::INFINITY, |found| (found - exact).abs() / exact)
    });
    Ok(errors.fold(0.0, f64::max))
}
