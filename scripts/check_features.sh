#!/bin/sh
# Every combination of the crate haechi's features builds, without a warning;
# `log` and `test`, which no other feature knows of, alone and with all others.
set -eu
cd "$(dirname "$0")/.."
features="tower axum panic tracing client"

combine() { # ready-made combination, features left
    combination=$1
    shift
    if [ $# -eq 0 ]; then
        cargo clippy --quiet --package haechi --lib --no-default-features \
            --features "$combination" -- --deny warnings || {
            echo "haechi: it does not build with the features '$combination'" >&2
            exit 1
        }
        return
    fi
    feature=$1
    shift
    # subshells: the variables of a POSIX function are everybody's
    (combine "$combination" "$@")
    # axum brings tower along: the two together are axum alone
    if [ "$feature" != axum ] || [ "${combination#*tower}" = "$combination" ]; then
        (combine "$combination $feature" "$@")
    fi
}

combine "" $features
for combination in log test "log test" "$features log test"; do
    combine "$combination"
done
