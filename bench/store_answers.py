"""How soon the API answers over a day of ten million requests, and what they take on disk."""

import hashlib
import json
import re
import shutil
import statistics
import time
from pathlib import Path

from figures import Row, Section, row_of
from programs import DATA, ROOT, Problem, example, output_of, say
from server import Server

# the day that examples/store_bench.rs of haechi-store writes
DAY = "2026-03-01"
LIMIT_MS = 5.0
QUESTIONS = {
    "chart per minute with p50, p95, p99": ("/api/traffic?step=1m", 315),
    "routes by total time": ("/api/routes?sort=time", 143),
    "one route per minute": ("/api/traffic?route=default/page3&step=1m", 166),
}


def measure(options) -> Section:
    rows = min(options.rows, 500_000) if options.quick else options.rows
    folder, sizes = filled(rows)
    section = Section("store", f"Answers over {rows:,} requests of one day, 50 routes")
    with Server(folder) as server:
        whole = f"from={DAY}T00:00:00Z&to=2026-03-02T00:00:00Z"
        counted = server.get(f"/api/traffic?step=1h&{whole}")["total"]["requests"]
        if counted != rows:
            raise Problem(f"{rows} requests were stored, {counted} are counted")
        for what, (path, theirs) in QUESTIONS.items():
            times, size = timed(server, path)
            peers = f"ClickHouse's engine {theirs} ms (measured before, elsewhere)"
            note = f"{size / 1e3:.0f} kB of JSON"
            section.rows.append(row_of(what, times, "ms", LIMIT_MS, peers=peers, note=note))
        for what, path in {
            "the last 100 requests": "/api/requests?limit=100",
            "the last 100 errors": "/api/requests?status=5xx&limit=100",
        }.items():
            section.rows.append(row_of(what, timed(server, path)[0], "ms"))
        section.rows.append(Row("server's memory after that", server.memory_kb() / 1e3, "MB"))
    section.rows += [
        Row("rollups of a request", sizes["rollups"], "B", 3.0),
        Row("raw row of a request without its text", sizes["requests"], "B", 60.0),
    ]
    section.text = (
        "Over HTTP on one connection, 15 times each, from the request to the last byte; the range "
        "of nearly the whole day begins a minute later each time, so that no answer can be "
        "remembered."
    )
    return section


def filled(rows: int, days: int = 1) -> "tuple[Path, dict[str, float]]":
    """Makes the data, unless this very store made it before; returns it and bytes a request."""
    sources = sorted((ROOT / "crates" / "haechi-store" / "src").rglob("*.rs"))
    mark = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    name = f"store-{rows}" if days == 1 else f"store-{rows}-of-{days}-days"
    folder, kept = DATA / name, DATA / f"{name}.json"
    known = json.loads(kept.read_text()) if kept.exists() and folder.exists() else {}
    if known.get("store") == mark:
        return folder, known["sizes"]
    shutil.rmtree(folder, ignore_errors=True)
    say(f"store: making {rows:,} requests, once for each change of the store")
    program = example("haechi-store", "store_bench")
    said = output_of([program, "--rows", rows, "--days", days, "--dir", folder])
    found = re.findall(r"^(\w+): ([\d.]+) bytes a request$", said, re.MULTILINE)
    sizes = {name: float(size) for name, size in found}
    if "rollups" not in sizes or "requests" not in sizes:
        raise Problem(f"store_bench did not say how large its tables are: {said}")
    kept.write_text(json.dumps({"store": mark, "sizes": sizes}))
    return folder, sizes


def timed(server: Server, path: str) -> "tuple[list[float], int]":
    """Milliseconds of 15 answers after two that do not count, and the bytes of one."""
    times, size = [], 0
    for number in range(17):
        begins = f"from={DAY}T00:{number + 10}:00Z&to={DAY}T23:38:00Z"
        begun = time.perf_counter()
        size = len(server.bytes_of(f"{path}&{begins}"))
        times.append((time.perf_counter() - begun) * 1e3)
    say(f"store: {path} {statistics.median(times[2:]):.2f} ms")
    return times[2:], size
