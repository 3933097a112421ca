#!/bin/sh
# Builds web/dist, if anything it is made from is newer.
set -eu
cd "$(dirname "$0")/../web"
. ../scripts/need.sh
need node "install Node.js 20 or newer"
need npm "install npm, which comes with Node.js"
major=$(node -p 'process.versions.node.split(".")[0]')
if [ "$major" -lt 20 ]; then
    echo "haechi: Node.js $major is too old for the dashboard; install Node.js 20 or newer" >&2
    exit 2
fi
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    echo "haechi: installing the dashboard's packages" >&2
    npm ci --no-audit --no-fund --silent
    touch node_modules/.package-lock.json
fi
if [ ! -f dist/index.html ] || [ -n "$(find src index.html vite.config.ts package-lock.json -newer dist/index.html -print | head -n 1)" ]; then
    echo "haechi: building the dashboard" >&2
    npm run --silent build >/dev/null
    touch dist/index.html
fi
