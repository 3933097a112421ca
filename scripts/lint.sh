#!/bin/sh
# Formatting, lints and the budgets of ARCHITECTURE.md.
set -eu
python=$1
venv=$2
cd "$(dirname "$0")/.."
. scripts/need.sh
need cargo "install Rust from your distribution or by rustup"
cargo fmt --all --check
cargo clippy --quiet --workspace --all-targets -- --deny warnings
cargo fmt --manifest-path bench/rust/Cargo.toml --check
cargo fmt --manifest-path tests/rust_libraries/Cargo.toml --check
cargo fmt --manifest-path tests/rust_api/Cargo.toml --check
sh scripts/api.sh
sh scripts/check_features.sh
(cd web && npm run --silent check)
sh scripts/setup.sh "$python" "$venv"
"$venv/bin/ruff" check --quiet python tests scripts bench
"$venv/bin/ruff" format --quiet --check python tests scripts bench
"$python" scripts/check_budgets.py
