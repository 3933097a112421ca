//! Rebuilds the crate when the dashboard was built anew: `rust-embed` itself
//! notices changed files, but no new ones.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}
