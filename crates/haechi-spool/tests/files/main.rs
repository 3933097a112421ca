//! The files of the spool: those of earlier versions are read as they were
//! meant, damaged ones are read or refused without harm.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod content;
mod damage;
mod golden;
mod make_golden;

use flate2::read::GzDecoder;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where the golden files of a version are.
fn folder(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/version-{version}"))
}

/// The bytes of a golden file, unpacked.
fn golden_file(version: u32, name: &str) -> Vec<u8> {
    let packed = File::open(folder(version).join(format!("{name}.gz"))).unwrap();
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    bytes
}
