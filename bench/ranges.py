"""How soon the API answers over any range, from five minutes to a year of requests."""

import datetime
import time

import store_answers
from figures import Section, row_of
from programs import Problem, say
from server import Server

DAYS = 365
LIMIT_MS = 300.0
TIMES = 7
MINUTE, HOUR, DAY = 60, 3600, 86_400
RANGES = {
    "5 minutes": 5 * MINUTE,
    "an hour": HOUR,
    "a day": DAY,
    "a week": 7 * DAY,
    "30 days": 30 * DAY,
    "90 days": 90 * DAY,
    "a year": DAYS * DAY,
}
QUESTIONS = {
    "traffic": "/api/traffic?",
    "traffic of a route": "/api/traffic?route=default/page3&",
    "latency": "/api/latency?",
    "routes": "/api/routes?sort=time&",
    "split": "/api/split?",
    "queries": "/api/queries?",
    "visitors": "/api/visits?",
    "latest requests": "/api/requests?limit=100&",
    "latest errors": "/api/requests?status=5xx&limit=100&",
    "slowest requests": "/api/requests?sort=slowest&limit=100&",
    "issues": "/api/issues?",
}


def measure(options) -> Section:
    rows = min(options.rows, 500_000) if options.quick else options.rows
    folder, _ = store_answers.filled(rows, DAYS)
    section = Section("ranges", f"Any range of a year with {rows:,} requests, 50 routes")
    with Server(folder) as server:
        counted = server.get(f"/api/traffic?{asked(DAYS * DAY, 0)}")["total"]["requests"]
        # the range begins a moment after the first request
        if not 0.99 * rows <= counted <= rows:
            raise Problem(f"{rows} requests were stored, {counted} are counted")
        for what, seconds in RANGES.items():
            times = {name: timed(server, path, seconds) for name, path in QUESTIONS.items()}
            slowest = max(times, key=lambda name: sorted(times[name])[TIMES // 2])
            row = row_of(what, times[slowest], "ms", LIMIT_MS, note=f"slowest of all: {slowest}")
            section.rows.append(row)
    section.text = (
        f"Over HTTP, {TIMES} times each, every question the pages ask; the row is the slowest of "
        f"them ({', '.join(QUESTIONS)}). Ranges end where the requests end, at another second "
        "each time, so that no answer can be remembered and none begins on a whole minute."
    )
    return section


def asked(seconds: int, turn: int) -> str:
    """A range of that many seconds, as the API takes it."""
    end = datetime.datetime.fromisoformat(f"{store_answers.DAY}T23:59:{59 - turn}+00:00")
    begin = end - datetime.timedelta(seconds=seconds)
    return "&".join(
        f"{name}={moment.strftime('%Y-%m-%dT%H:%M:%SZ')}"
        for name, moment in (("from", begin), ("to", end))
    )


def timed(server: Server, path: str, seconds: int) -> "list[float]":
    """Milliseconds of the answers after one that does not count."""
    times = []
    for turn in range(TIMES + 1):
        address = path + asked(seconds, turn)
        begun = time.perf_counter()
        server.bytes_of(address)
        times.append((time.perf_counter() - begun) * 1e3)
    say(f"ranges: {seconds} s {path} {sorted(times[1:])[TIMES // 2]:.2f} ms")
    return times[1:]
