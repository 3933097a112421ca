#!/bin/sh
# Builds the example in Rust into dist/bin/your_app.
set -eu
release=$1
dist=$2
cd "$(dirname "$0")/.."
echo "haechi: building the example in Rust" >&2
cargo build --quiet --release --package your_app
cp "$release/your_app" "$dist/bin/your_app.new"
mv "$dist/bin/your_app.new" "$dist/bin/your_app"
