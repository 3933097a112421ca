#!/bin/sh
# Builds the binary and the extension module, and lays them out as installed:
#   dist/bin/haechi, dist/lib/haechi/{bootstrap,python/haechi}
set -eu
release=$1
dist=$2
cd "$(dirname "$0")/.."
. scripts/need.sh
need cargo "install Rust from your distribution or by rustup"
need cc "install a C compiler, for example: apt-get install gcc"
need python3 "install Python 3.9 or newer"
echo "haechi: building (the first time takes some minutes)" >&2
cargo build --quiet --release --package haechi-cli --package haechi-python
mkdir -p "$dist/bin" "$dist/lib/haechi/python"
# renamed into place, so that a running haechi keeps the file it was started from
place() {
    cp "$1" "$2.new"
    mv "$2.new" "$2"
}
place "$release/haechi" "$dist/bin/haechi"
rm -rf "$dist/lib/haechi/bootstrap" "$dist/lib/haechi/python.new"
cp -r python/bootstrap "$dist/lib/haechi/bootstrap"
mkdir -p "$dist/lib/haechi/python/haechi"
for file in python/haechi/*.py python/haechi/*.pyi python/haechi/py.typed; do
    [ -f "$file" ] && place "$file" "$dist/lib/haechi/python/haechi/$(basename "$file")"
done
place "$release/lib_native.so" "$dist/lib/haechi/python/haechi/_native.abi3.so"
