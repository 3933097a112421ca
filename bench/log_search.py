"""How soon log lines are found among millions, while a hundred thousand a second come in."""

import datetime
import hashlib
import json
import shutil
import statistics
import subprocess
import time
from pathlib import Path

from figures import Row, Section, row_of
from programs import DATA, ROOT, Problem, example, json_of, output_of, say
from server import Server

LIMIT_MS = 5.0
RATE = 100_000
MEASURED_BEFORE = "FTS5 itself 0.1 ms, ClickHouse's engine 113 and 346 ms (measured elsewhere)"
DEADLINE_S = 60
PAUSE_S = 0.02
QUESTIONS = {
    "a rare word": "quarantined",
    "a rare word, with level and time": "level:info after:-5h quarantined",
    "a common word": "order",
    "a common word, with level and time": "level:error after:-5h order",
    "two common words, one excluded": "order payment -timeout",
    "an attribute": "order_id:{order}",
    "an attribute, with a word": "user:4711 order",
    "level, logger and route": "level:warn logger:shop.part3 route:default/page3",
}


def measure(options) -> Section:
    lines = 500_000 if options.quick else 5_000_000
    seconds = 5 if options.quick else 20
    data, filled, order = store_of(lines)
    flow = example("haechi-spool", "log_flow")
    section = Section("search", f"Search among {lines:,} log lines")
    section.rows.append(
        Row("lines indexed a second, one thread", lines / filled["ns"] * 1e9, "/s", RATE, False)
    )
    section.rows.append(Row("bytes of the store for a line", filled["bytes"] / lines, "B"))
    with Server(data) as server:
        quiet = asked(server, order, 15)
        before = server.get("/api/status")["records_stored"]
        begun = time.perf_counter()
        command = [flow, "--dir", data / "spool", "--rate", RATE, "--seconds", seconds]
        writer = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE)
        busy = {what: [] for what in quiet}
        while writer.poll() is None:
            for what, times in asked(server, order, 1).items():
                busy[what] += times
        written = json.loads(writer.stdout.read())["lines"]
        while server.get("/api/status")["records_stored"] - before < written:
            if time.perf_counter() - begun > seconds + DEADLINE_S:
                raise Problem("the lines that were written were not stored in time")
            time.sleep(0.02)
        rate = written / (time.perf_counter() - begun)
        for what, times in busy.items():
            note = f"without lines coming in {statistics.median(quiet[what]):.2f} ms"
            peers = MEASURED_BEFORE if "word" in what else ""
            limit = None if what.startswith("histogram") else LIMIT_MS
            section.rows.append(row_of(what, times, "ms", limit, note=note, peers=peers))
        section.rows.append(Row("lines stored a second while asked", rate, "/s", RATE, False))
        section.rows.append(
            Row("server's memory at its most", server.memory_kb("VmHWM") / 1e3, "MB")
        )
    section.rows += ripgrep(data)
    # what came in belongs to no store that is used again
    shutil.rmtree(data, ignore_errors=True)
    section.text = (
        f"First pages of 100 lines over HTTP on one connection, each question in turn, 20 ms "
        "apart, while "
        f"another program writes {RATE:,} lines a second for {seconds} s into the spool and the "
        "server stores and indexes them. The last row of rates counts from the first line "
        "written until the last is stored."
    )
    return section


def store_of(lines: int) -> "tuple[Path, dict, str]":
    """A copy of the filled store, what filling it told, and an order it knows."""
    fill = example("haechi-store", "log_fill")
    sources = sorted((ROOT / "crates" / "haechi-store").rglob("*.rs"))
    mark = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    kept, told = DATA / f"store-lines-{lines}", DATA / f"store-lines-{lines}.json"
    known = json.loads(told.read_text()) if told.exists() and kept.exists() else {}
    if (known.get("mark"), known.get("day")) != (mark, today):
        shutil.rmtree(kept, ignore_errors=True)
        say(f"search: making {lines:,} lines of today, once for each change of the store")
        known = {**json_of([fill, "--dir", kept, "--lines", lines]), "mark": mark, "day": today}
        told.write_text(json.dumps(known))
    data = DATA / "lines"
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(kept, data)
    with Server(data) as server:
        found = server.get("/api/logs?from=-23h&limit=1000")["logs"]
    pairs = [pair for line in found for pair in line["attributes"] if pair["key"] == "order_id"]
    if not pairs:
        raise Problem("no line of the filled store has an order")
    return data, known, pairs[-1]["value"]


def asked(server: Server, order: str, times: int) -> "dict[str, list[float]]":
    """Milliseconds of each question."""
    taken = {}
    for what, text in QUESTIONS.items():
        words = text.format(order=order).replace(" ", "%20").replace('"', "%22")
        path = f"/api/logs?q={words}&limit=100" + ("" if "after:" in text else "&from=-23h")
        taken[what] = [timed(server, path) for _ in range(times)]
    taken["patterns of an hour"] = [timed(server, "/api/patterns") for _ in range(times)]
    path = "/api/logs/histogram?from=-6h"
    taken["histogram of six hours"] = [timed(server, path) for _ in range(times)]
    return taken


def timed(server: Server, path: str) -> float:
    # people pause; a program that does not would take a core from the two there are
    time.sleep(PAUSE_S)
    begun = time.perf_counter()
    server.bytes_of(path)
    return (time.perf_counter() - begun) * 1e3


def ripgrep(data: Path) -> "list[Row]":
    """What ripgrep takes to look through the same lines as text, if it is installed."""
    if shutil.which("rg") is None:
        return []
    text = data / "lines.txt"
    day = sorted((data / "days").glob("*.db"))[-1]
    python = "import sqlite3, sys; sys.stdout.writelines(row[0] + '\\n' for row in "
    python += f"sqlite3.connect({str(day)!r}).execute('SELECT message FROM logs'))"
    with text.open("w") as out:
        subprocess.run(["python3", "-c", python], stdout=out, check=True)
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        output_of(["rg", "--count", "quarantined", text])
        times.append((time.perf_counter() - begun) * 1e3)
    return [row_of("ripgrep, a rare word in all lines", times, "ms")]
