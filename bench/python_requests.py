"""What watching adds to a request of a trivial WSGI application, without sockets."""

import statistics
import sys

from figures import Section, row_of
from programs import (
    DATA,
    MEASURED,
    ROOT,
    Problem,
    json_of,
    output_of,
    peers_python,
    plain_environment,
    say,
    scratch,
    watched,
)

sys.path.insert(0, str(ROOT / "scripts"))

import pythons

PEERS = {
    "prometheus_client": "prometheus_client",
    "prometheus_client_multiprocess": "prometheus_client (multiprocess)",
    "elastic_apm": "elastic-apm",
    "opentelemetry": "OpenTelemetry",
    "ddtrace": "ddtrace",
    "newrelic": "New Relic",
    "sentry_sdk": "sentry-sdk with tracing",
}
LIMIT_US = 2.0


def measure(options) -> Section:
    rounds, batches = (3, 7) if options.quick else (11, 15)
    section = Section("python", "Added to a request: Python, trivial WSGI application, no sockets")
    python = peers_python()
    found = interleaved(python, ("bare", "haechi", *PEERS), rounds, batches)
    added = {name: over_bare(found, name) for name in found if name != "bare"}
    peers = ", ".join(f"{PEERS[name]} {statistics.median(added[name]):.3g}" for name in PEERS)
    section.rows.append(
        row_of("added by haechi", added["haechi"], "µs", LIMIT_US, peers=f"{peers} µs")
    )
    section.rows.append(row_of("the bare call", found["bare"], "µs"))
    for name, label in PEERS.items():
        section.rows.append(row_of(f"added by {label}", added[name], "µs"))
    for version, program in other_versions().items():
        say(f"python: CPython {version}")
        both = interleaved(program, ("bare", "haechi"), max(3, rounds // 2), batches)
        values = over_bare(both, "haechi")
        section.rows.append(row_of(f"added by haechi, CPython {version}", values, "µs", LIMIT_US))
    section.text = (
        f"Each of {rounds} rounds runs every contender in a fresh process, one after the other; a "
        "round's figure is the median of its batches, less that of the bare call in the same "
        "round. No contender sends anything anywhere."
    )
    return section


def interleaved(python, names, rounds: int, batches: int) -> "dict[str, list[float]]":
    """Microseconds a request: the median of each process's batches, round by round."""
    found = {name: [] for name in names}
    for number in range(rounds):
        # back and forth, so that what drifts favours nobody
        for name in names if number % 2 == 0 else reversed(names):
            found[name].append(statistics.median(one(python, name, batches)))
    return found


def one(python, name: str, batches: int) -> "list[float]":
    command = [python, MEASURED / "contenders.py", name, batches]
    if name == "haechi":
        command = watched(scratch("python"), command)
    return json_of(command, env=plain_environment(), cwd=DATA)["us"]


def over_bare(found, name: str) -> "list[float]":
    return [value - bare for value, bare in zip(found[name], found["bare"])]


def other_versions() -> "dict[str, str]":
    """Other CPythons from 3.9 on that are here, by version."""
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    ask = "import sys; print('.'.join(map(str, sys.version_info[:2])))"
    found = {}
    for program in pythons.candidates():
        try:
            version = output_of([program, "-c", ask], timeout=20).strip()
        except (Problem, OSError):
            continue
        major, _, minor = version.partition(".")
        if major == "3" and 9 <= int(minor) <= 13 and version != here:
            found.setdefault(version, program)
    return dict(sorted(found.items(), key=lambda item: int(item[0].partition(".")[2])))
