# Sourced: `need TOOL "what to do"` stops with one clear line if TOOL is missing.
need() {
    command -v "$1" >/dev/null 2>&1 && return 0
    echo "haechi: $1 is needed and was not found; $2" >&2
    exit 2
}
