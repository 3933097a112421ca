"""Measures Haechi against its goals and beside its peers: `make bench`.

    python bench/run.py [--only NAME ...] [--quick] [--rows N] [--json FILE]

Prints a table for each bench and writes docs/bench.md (not with --quick). The program must
have been built (`make build`). All that is made lies in .run/.
"""

import argparse
import shutil
import sys

import at_rest
import captures
import collector
import fresh_clone
import log_lines
import log_search
import machine
import never_blocks
import pages
import python_requests
import quantiles
import queries
import ranges
import redaction
import report
import rust_append
import rust_layer
import rust_spans
import slow_requests
import store_answers
import web2py_requests
from programs import DATA, Problem, need_binary, say

# in the order of the page; the last one keeps both cores busy for minutes
BENCHES = {
    "python": python_requests.measure,
    "web2py": web2py_requests.measure,
    "queries": queries.measure,
    "log": log_lines.measure,
    "capture": captures.measure,
    "slow": slow_requests.measure,
    "redaction": redaction.measure,
    "append": rust_append.measure,
    "rust-layer": rust_layer.measure,
    "rust-spans": rust_spans.measure,
    "blocking": never_blocks.measure,
    "collector": collector.measure,
    "store": store_answers.measure,
    "ranges": ranges.measure,
    "search": log_search.measure,
    "quantiles": quantiles.measure,
    "pages": pages.measure,
    "rest": at_rest.measure,
    "clone": fresh_clone.measure,
}
SLOW = ("clone",)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=BENCHES, help="only this one")
    parser.add_argument("--quick", action="store_true", help="few repetitions, writes no page")
    parser.add_argument("--rows", type=int, default=10_000_000, help="requests in the store")
    parser.add_argument("--json", metavar="FILE", help="write the figures there as well")
    return parser.parse_args()


def run(options: argparse.Namespace) -> "list":
    names = options.only or [name for name in BENCHES if not (options.quick and name in SLOW)]
    sections = []
    for name in names:
        say(f"{name} (load {machine.load()})")
        before = machine.load()
        section = BENCHES[name](options)
        section.name, section.date, section.load = name, machine.now(), before
        report.print_section(section)
        sys.stdout.flush()
        sections.append(section)
        if not options.quick:
            # at once: what has been measured stays, whatever becomes of the rest
            write_page(sections)
    return sections


def write_page(sections: "list") -> None:
    kept, facts = report.keep(sections, machine.facts())
    order = {name: place for place, name in enumerate(BENCHES)}
    report.write_page(sorted(kept, key=lambda section: order[section.name]), facts)


def clear() -> None:
    """Removes what was measured; the filled stores take minutes to make and stay."""
    for folder in DATA.iterdir():
        if folder.is_dir() and not folder.name.startswith("store-"):
            shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    options = arguments()
    try:
        need_binary()
        DATA.mkdir(parents=True, exist_ok=True)
        try:
            sections = run(options)
        finally:
            clear()
    except Problem as problem:
        print(f"make bench: {problem}", file=sys.stderr)
        return 1
    facts = machine.facts()
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            file.write(report.as_json(sections, facts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
