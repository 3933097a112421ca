"""Whether recording ever makes a request wait: with a collector, without, with a stopped one."""

import sys
from contextlib import contextmanager

from figures import Row, Section
from programs import DATA, MEASURED, json_of, plain_environment, scratch, watched
from server import Server

LIMIT_US = 100.0
LIMIT_MAX_US = 5000.0
STATES = ("no collector", "collector running", "collector stopped")


def measure(options) -> Section:
    rounds = 1 if options.quick else 5
    # without pause: more than the spool holds, so that it has to drop or overwrite
    kinds = {"at full speed": (300_000 if options.quick else 1_200_000, None)}
    kinds["at 500 a second"] = (1_000 if options.quick else 5_000, 500)
    section = Section("blocking", "Recording never blocks: single requests, Python")
    for kind, (count, rate) in kinds.items():
        found = {state: [] for state in ("bare", *STATES)}
        for _ in range(rounds):
            for state in found:
                found[state].append(one(state, count, rate))
        section.rows += rows_of(kind, found)
    section.text = (
        f"Each figure is of the best of {rounds} runs, the bare call's own taken off: what other "
        "programs do to both is not Haechi's. In brackets the runs. At full speed more is "
        "recorded than the spool's 256 MiB hold: without a collector the oldest is overwritten, "
        "with a stopped one the newest is dropped, and both are counted."
    )
    return section


def rows_of(kind: str, found: "dict[str, list[dict]]") -> "list[Row]":
    rows = []
    for what, key, limit in (("p99.9", "p99_9", LIMIT_US), ("max", "max", LIMIT_MAX_US)):
        bare = min(run[key] for run in found["bare"])
        for state in STATES:
            added = [run[key] - bare for run in found[state]]
            rows.append(
                Row(
                    f"added {what}, {kind}, {state}",
                    min(added),
                    "µs",
                    limit,
                    low=min(added),
                    high=max(added),
                    note=f"bare {bare:.3g} µs",
                )
            )
    return rows


@contextmanager
def collector(state: str, data):
    if state in ("bare", "no collector"):
        yield
        return
    with Server(data) as server:
        if state == "collector stopped":
            server.pause()
        try:
            yield
        finally:
            server.go_on()


def one(state: str, count: int, rate) -> dict:
    data = scratch("blocking")
    name = "bare" if state == "bare" else "haechi"
    command = [sys.executable, MEASURED / "each_call.py", name, count, *([rate] if rate else [])]
    if name == "haechi":
        command = watched(data, command)
    with collector(state, data):
        return json_of(command, env=plain_environment(), cwd=DATA)
