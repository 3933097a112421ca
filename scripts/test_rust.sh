#!/bin/sh
# nextest where it is installed, cargo's own runner elsewhere: the same tests.
set -eu
cd "$(dirname "$0")/.."
. scripts/need.sh
need cargo "install Rust from your distribution or by rustup"
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace --exclude haechi-python
    cargo test --quiet --workspace --exclude haechi-python --doc
else
    cargo test --quiet --workspace --exclude haechi-python
fi
