"""What the store holds, row by row, read from its files as their schema documents them."""

from collections import Counter
from pathlib import Path

import ledger

# `path` is kept as a text, or says how it follows from the route
PATHS = """
    SELECT CASE WHEN q.path IS NULL THEN r.route
                WHEN typeof(q.path) = 'text' THEN q.path
                WHEN q.path = 1 THEN '/' || r.route
                WHEN q.path = 2 THEN '/' || r.app || '/' || r.route
           END
    FROM requests q JOIN routes r ON r.id = q.route
"""


def days(data: Path) -> "list[Path]":
    return sorted((data / "days").glob("*.db"))


def paths(data: Path) -> Counter:
    """How often each path is stored."""
    return Counter(row[0] for day in days(data) for row in ledger.ask(day, PATHS))


def messages(data: Path) -> Counter:
    """How often each log message is stored."""
    query = "SELECT message FROM logs"
    return Counter(row[0] for day in days(data) for row in ledger.ask(day, query))


def counted(data: Path) -> int:
    """Requests in the minute rollups of the day files: what charts are made of."""
    query = """SELECT coalesce(sum(u.requests), 0) FROM rollups u JOIN routes r ON r.id = u.route
               WHERE r.kind = 0 AND u.width = 1"""
    return sum(ledger.ask(day, query)[0][0] for day in days(data))
