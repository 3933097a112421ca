#!/bin/sh
# Installs what the tests need beside cargo, Node.js and Python.
set -eu
python=$1
venv=$2
cd "$(dirname "$0")/.."
. scripts/need.sh
need "$python" "install Python 3.9 or newer"
for program in chromium tmux; do
    if command -v "$program" >/dev/null 2>&1; then
        continue
    fi
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        echo "haechi: installing $program for the tests of pages and terminal" >&2
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$program" >/dev/null
    else
        echo "haechi: $program was not found; install it for the tests of pages and terminal" >&2
        exit 2
    fi
done
if ! command -v initdb >/dev/null 2>&1 && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        echo "haechi: installing postgresql for the tests of queries" >&2
        apt-get update -qq
        # the tests make a cluster of their own
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
    else
        echo "haechi: PostgreSQL was not found; install it for the tests of queries" >&2
        exit 2
    fi
fi
if [ ! -f "$venv/.done" ] || [ tests/requirements.txt -nt "$venv/.done" ]; then
    echo "haechi: installing the tests' Python packages" >&2
    "$python" -m venv "$venv"
    "$venv/bin/pip" install --quiet --requirement tests/requirements.txt
    touch "$venv/.done"
fi
