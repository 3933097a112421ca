"""How fast the real server takes in a spool, and how soon a single event can be seen."""

import random
import time

from figures import Row, Section, row_of
from idle_app import IdleApp
from programs import Problem, example, json_of, say, scratch
from server import Server

LIMIT_RATE = 300_000
LIMIT_S = 1.5
DEADLINE_S = 120


def measure(options) -> Section:
    records = 500_000 if options.quick else 2_000_000
    rounds = 2 if options.quick else 5
    found = [one_round(records) for _ in range(rounds)]
    rates, cpu, memory, store, bytes_each = zip(*found)
    seen = visible(20 if options.quick else 100)
    return Section(
        "collector",
        "Collector: from spool to committed rows with rollups",
        [
            row_of("requests stored per second", list(rates), "/s", LIMIT_RATE, at_most=False),
            row_of("CPU time of a record, server and all", list(cpu), "µs"),
            row_of("memory at its most while at it", list(memory), "MB"),
            row_of("bytes of the store for a request", list(store), "B"),
            row_of(
                "one event seen in the API after", seen, "s", LIMIT_S, note=f"max {max(seen):.2f} s"
            ),
            Row("the slowest of them", max(seen), "s", LIMIT_S),
        ],
        f"{rounds} rounds of {records:,} requests of {bytes_each[0]:.0f} bytes, of one hour, 50 "
        "routes, two lanes, from the start of `haechi serve` until the API says that all are "
        "committed. "
        f"Single events: {len(seen)} at random moments.",
    )


def one_round(records: int) -> "tuple[float, ...]":
    """Requests a second, CPU µs a record, peak MB, store bytes and payload bytes a record."""
    data = scratch("collector")
    fill = example("haechi-spool", "spool_fill")
    filled = json_of([fill, "--dir", data / "spool", "--records", records])
    if filled["records"] != records:
        raise Problem(f"only {filled['records']} of {records} records fitted into the spool")
    begun = time.perf_counter()
    with Server(data) as server:
        stored = 0
        while stored < records:
            if time.perf_counter() - begun > DEADLINE_S:
                raise Problem(f"only {stored} of {records} records were stored in {DEADLINE_S} s")
            time.sleep(0.01)
            # asking takes from what is measured: only when the spool is nearly empty
            if len(list((data / "spool").glob("*.seg"))) < 8:
                stored = server.get("/api/status")["records_stored"]
        taken = time.perf_counter() - begun
        cpu, peak = server.cpu_s(), server.memory_kb("VmHWM")
        counted = server.get("/api/traffic?from=-25h&step=1h")["total"]["requests"]
        stored_bytes = server.get("/api/status")["store_bytes"]
    if counted != records:
        raise Problem(f"{records} requests were recorded, {counted} are counted")
    say(f"collector: {records / taken:,.0f} requests/s")
    each = filled["payload_bytes"] / records
    return records / taken, cpu / records * 1e6, peak / 1e3, stored_bytes / records, each


def visible(tries: int) -> "list[float]":
    """Seconds from the end of a request until the API shows it."""
    data, noise, seen = scratch("visible"), random.Random(1), []
    with Server(data) as server, IdleApp(data) as app:
        for number in range(tries):
            time.sleep(noise.uniform(0, 0.5))
            path = f"/try/{number}x"
            ended = app.request(path)
            while not server.get(f"/api/requests?limit=1&path={path}")["requests"]:
                if time.time() - ended > 30:
                    raise Problem("a request was not seen in the API within 30 s")
                time.sleep(0.002)
            seen.append(time.time() - ended)
    return seen
