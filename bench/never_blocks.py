"""Whether recording ever makes a request wait: the worst collectors and the worst disks."""

import statistics
import sys
import time
from contextlib import ExitStack, contextmanager

from busy_disk import BusyDisk
from figures import Row, Section
from programs import DATA, MEASURED, example, json_of, plain_environment, say, scratch, watched
from server import Server

LIMIT_US = 100.0
LIMIT_MAX_US = 5000.0
BUDGET = 256 << 20
# a little more than the budget holds
FULL = 1_000_000
BARE = "bare"
BARE_BUSY = "bare, disk busy"
STATES = (
    "collector running",
    "collector stopped",
    "collector stopped, spool full",
    "no collector, spool full",
    "no collector, disk busy",
    "no collector, spool full, disk busy",
)


def measure(options) -> Section:
    rounds = 1 if options.quick else 3
    kinds = {"one after the other": (120_000, None), "2,000 a second": (3_000, 2_000)}
    found = {kind: {state: [] for state in (BARE, BARE_BUSY, *STATES)} for kind in kinds}
    begun = time.perf_counter()
    for number in range(rounds):
        for state in (BARE, BARE_BUSY, *STATES):
            for kind, figures in one(state, kinds).items():
                found[kind][state].append(figures)
        say(f"blocking: round {number + 1} of {rounds}, {time.perf_counter() - begun:.0f} s")
    section = Section("blocking", "Recording never blocks: single requests, Python")
    for kind in kinds:
        section.rows += rows_of(kind, found[kind])
    each = ", ".join(f"{count:,} {kind}" for kind, (count, _) in kinds.items())
    section.text = (
        f"{rounds} rounds of {each}, each state in a fresh process on a fresh folder. p99.9 is the "
        "median of the rounds, less that of the bare call in the same round (on a busy disk, where "
        "the disk is busy). The worst is the "
        "slowest single request of all rounds, the bare call's beside it. Time in which the thread "
        "was ready to run but other programs had both processors is the scheduler's and taken off, "
        "by the kernel's own count; what the worst is with it stands there too. A full spool holds "
        "its 256 MiB: "
        "without a collector the oldest is overwritten, with a stopped one the newest is "
        "dropped, and both are counted. A busy disk has two programs that write, sync, make and "
        "unlink files without pause."
    )
    return section


def rows_of(kind: str, found: "dict[str, list[dict]]") -> "list[Row]":
    quantile, worst = [], []
    for state in STATES:
        bare = found[BARE_BUSY if "busy" in state else BARE]
        added = [run["p99_9"] - alone["p99_9"] for run, alone in zip(found[state], bare)]
        slowest = [run["max"] for run in found[state]]
        quantile.append(
            Row(
                f"added p99.9, {kind}, {state}",
                statistics.median(added),
                "µs",
                LIMIT_US,
                low=min(added),
                high=max(added),
            )
        )
        worst.append(
            Row(
                f"the worst, {kind}, {state}",
                max(slowest),
                "µs",
                LIMIT_MAX_US,
                low=min(slowest),
                high=max(slowest),
                note=f"bare {max(run['max'] for run in bare):,.0f} µs; with the waits for a "
                f"processor {max(run['whole_max'] for run in found[state]):,.0f} µs",
            )
        )
    return quantile + worst


@contextmanager
def circumstances(state: str, data):
    """Around the program: what there is besides it."""
    with ExitStack() as around:
        if "collector" in state and "no collector" not in state:
            server = around.enter_context(Server(data))
            if "stopped" in state:
                server.pause()
                around.callback(server.go_on)
        if "full" in state:
            fill = [example("haechi-spool", "spool_fill"), "--dir", data / "spool"]
            json_of([*fill, "--records", FULL, "--budget", BUDGET])
        if "busy" in state:
            around.enter_context(BusyDisk(scratch("busy")))
        yield


def one(state: str, kinds: dict) -> "dict[str, dict]":
    """The distribution of single requests in µs, for each kind."""
    data = scratch("blocking")
    name = BARE if state in (BARE, BARE_BUSY) else "haechi"
    found = {}
    with circumstances(state, data):
        for kind, (count, rate) in kinds.items():
            command = [sys.executable, MEASURED / "each_call.py", name, count]
            command += [rate] if rate else []
            if name == "haechi":
                command = watched(data, command)
            found[kind] = json_of(command, env=plain_environment(), cwd=DATA)
    return found
