"""What the tower layer adds to a request of an empty service, beside its peers."""

import json
import os
import shutil
import statistics
import subprocess

from figures import Row, Section, row_of
from programs import ROOT, Problem, json_of, scratch

LIMIT_NS = 120.0
REQUESTS = 200_000
WORKSPACE = ROOT / "bench" / "rust"
PEERS = {
    "idle": "a layer that does nothing",
    "prometheus-cached": "prometheus, labels cached",
    "prometheus": "prometheus",
    "metrics": "metrics + Prometheus exporter",
    "opentelemetry": "OpenTelemetry SDK, batches",
    "tracing": "tracing to a file",
    "trace-layer": "tower-http's TraceLayer to a file",
}
CONTENDERS = ("bare", "haechi", *PEERS, "axum", "axum-idle", "axum-haechi")
THREADS = (1, 2)


def build():
    """Builds the program with all contenders; returns it."""
    command = ["cargo", "build", "--quiet", "--release", "--message-format=json"]
    done = subprocess.run(command, cwd=WORKSPACE, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Problem(f"`cargo build --release` failed in {WORKSPACE}; run it by hand to see why")
    for line in reversed(done.stdout.splitlines()):
        message = json.loads(line)
        if message.get("executable"):
            return message["executable"]
    raise Problem(f"cargo built no program in {WORKSPACE}")


def once(program, contender: str, threads: int) -> dict:
    folder = scratch("layer")
    found = json_of([program, contender, threads, REQUESTS, folder], env=dict(os.environ))
    shutil.rmtree(folder, ignore_errors=True)
    return found


def measure(options) -> Section:
    program = build()
    found = {(contender, threads): [] for threads in THREADS for contender in CONTENDERS}
    for _ in range(2 if options.quick else 11):
        # one round after the other: what disturbs the machine disturbs all
        for contender, threads in found:
            found[contender, threads].append(once(program, contender, threads))
    rows = [row for threads in THREADS for row in rows_of(found, threads)]
    return Section(
        "rust-layer",
        "Added to a request: Rust, an empty tower service, no sockets",
        rows,
        f"Each of 11 rounds runs every contender in a fresh process, {REQUESTS:,} requests a "
        "thread; a figure is the median of batches of 16 requests, less that of the bare service "
        "in the same round. Haechi keeps each request as an event in its spool; the mean "
        "includes the pages its files take from the system. prometheus and metrics keep sums "
        "only. Exporters send nothing anywhere.",
    )


def rows_of(found: dict, threads: int) -> "list[Row]":
    word = "one thread" if threads == 1 else f"{threads} threads at once"

    def added(contender: str, base: str = "bare", figure: str = "median") -> "list[float]":
        pairs = zip(found[contender, threads], found[base, threads], strict=True)
        return [with_it[figure] - without[figure] for with_it, without in pairs]

    def lost(contender: str) -> float:
        runs = found[contender, threads]
        return 100 * statistics.median(run["dropped"] / run["requests"] for run in runs)

    def peer(contender: str) -> str:
        text = f"{PEERS[contender]} {statistics.median(added(contender)):,.0f}"
        return text + (f" (drops {lost(contender):.0f} %)" if lost(contender) >= 1 else "")

    peers = ", ".join(peer(contender) for contender in PEERS)
    # axum boxes the future and the body of whatever layer it is given
    idle = statistics.median(added("axum-idle", "axum"))
    rows = [
        row_of(
            f"added by haechi, {word}",
            added("haechi"),
            "ns",
            LIMIT_NS,
            peers=f"{peers} ns",
            note=f"drops {lost('haechi'):.0f} %",
        ),
        row_of(f"the same, mean, {word}", added("haechi", figure="mean"), "ns"),
        row_of(
            f"added by haechi to a route of axum's, {word}",
            added("axum-haechi", "axum"),
            "ns",
            peers=f"a layer that does nothing {idle:,.0f} ns",
        ),
        row_of(
            f"the bare service, {word}", [run["median"] for run in found["bare", threads]], "ns"
        ),
    ]
    return rows + [
        row_of(f"added by {PEERS[contender]}, {word}", added(contender), "ns")
        for contender in PEERS
    ]
