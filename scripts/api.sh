#!/bin/sh
# Compares what the crate `haechi` offers with docs/api.txt; with --write writes that.
set -eu
cd "$(dirname "$0")/../tests/rust_api"
. ../../scripts/need.sh
need cargo "install Rust from your distribution or by rustup"
target=${CARGO_TARGET_DIR:-$PWD/../../target}
# a folder of its own: both name their programs in the same place
API_TARGET_DIR=$target CARGO_TARGET_DIR=$target/api exec cargo run --quiet -- "$@"
