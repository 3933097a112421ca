"""The server when there is nothing to do: memory, CPU, and how soon it is up."""

import time

from figures import Row, Section, row_of
from idle_app import IdleApp
from programs import DATA, scratch
from server import Server

LIMIT_MB = 15.0
LIMIT_PERCENT = 0.1
LIMIT_MS = 50.0


def measure(options) -> Section:
    settle, watch = (3, 5) if options.quick else (10, 20)
    alone = resting(settle, watch, False)
    beside = resting(settle, watch, True)
    starts = [up_ms(scratch("rest")) for _ in range(5 if options.quick else 10)]
    section = Section(
        "rest",
        "The server at rest",
        [
            Row(
                "memory, empty folder",
                alone[0],
                "MB",
                LIMIT_MB,
                peers="VictoriaMetrics 29, "
                "Prometheus 48, Bugsink 190 MB (measured before, elsewhere)",
            ),
            Row("memory, an idle app beside it", beside[0], "MB", LIMIT_MB),
            Row("CPU of one core, empty folder", alone[1], "%", LIMIT_PERCENT),
            Row("CPU of one core, an idle app beside it", beside[1], "%", LIMIT_PERCENT),
            row_of(
                "from exec to /healthz",
                starts,
                "ms",
                LIMIT_MS,
                peers="VictoriaMetrics 54 ms (measured before, elsewhere)",
            ),
        ],
        f"Memory is what is resident after {settle} s; CPU is of {watch} s after that.",
    )
    for folder in sorted(DATA.glob("store-*")):
        rows = folder.name.partition("-")[2]
        if folder.is_dir() and rows.isdigit():  # others hold log lines
            again = [up_ms(folder) for _ in range(5)]
            section.rows.append(
                row_of(f"the same over {int(rows):,} requests", again, "ms", LIMIT_MS)
            )
    return section


def resting(settle: int, watch: int, with_app: bool) -> "tuple[float, float]":
    """MB resident and percent of a core."""
    data = scratch("rest")
    with Server(data) as server:
        if not with_app:
            return look(server, settle, watch)
        with IdleApp(data) as app:
            for number in range(100):
                app.request(f"/item/{number}")
            return look(server, settle, watch)


def look(server: Server, settle: int, watch: int) -> "tuple[float, float]":
    time.sleep(settle)
    memory, before, begun = server.memory_kb() / 1e3, server.cpu_s(), time.perf_counter()
    time.sleep(watch)
    return memory, 100 * (server.cpu_s() - before) / (time.perf_counter() - begun)


def up_ms(data) -> float:
    with Server(data) as server:
        return server.up_ms
