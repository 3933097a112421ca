#!/bin/sh
# Installs what the tests need beside cargo, Node.js and Python.
set -eu
python=$1
venv=$2
cd "$(dirname "$0")/.."
. scripts/need.sh
need "$python" "install Python 3.9 or newer"

# is_there NAME: whether a program is installed; Debian keeps PostgreSQL's out of the PATH
is_there() {
    command -v "$1" >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/"$1" >/dev/null 2>&1
}

# install PROGRAM PACKAGE WHAT-FOR
install() {
    if is_there "$1"; then
        return
    fi
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        echo "haechi: installing $2 for the tests of $3" >&2
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null
    else
        echo "haechi: $1 was not found; install $2 for the tests of $3" >&2
        exit 2
    fi
}
install chromium chromium "pages"
install tmux tmux "the terminal"
install initdb postgresql "queries"
# what mysqlclient is built against
install pkg-config pkg-config "queries"
install mariadb_config libmariadb-dev "queries"

if [ ! -f "$venv/.done" ] || [ tests/requirements.txt -nt "$venv/.done" ]; then
    echo "haechi: installing the tests' Python packages" >&2
    "$python" -m venv "$venv"
    "$venv/bin/pip" install --quiet --requirement tests/requirements.txt
    touch "$venv/.done"
fi
