"""Counts, from outside, what was kept: rows in the store and records still in the spool.

Reads the files as they are documented, not through Haechi: what it says must not depend on
the program it checks. Meant for a moment when nobody writes.
"""

import sqlite3
import struct
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"HAECHSEG"
HEADER_LEN = 128
FRAME_LEN = 12
SEALED = 0xFFFFFFFF
ALIGN = 8
# the first byte of what a frame holds
REQUEST, LOG = 1, 2


@dataclass(frozen=True)
class Ledger:
    """`requests` and `logs` are rows in the store.

    `spooled` are records not yet stored, of any kind; `waiting` those of them that are
    requests or log lines.
    """

    requests: int
    logs: int
    spooled: int
    waiting: int
    drops: "dict[str, int]"

    @property
    def kept(self) -> int:
        return self.requests + self.logs + self.waiting


def read(data: Path) -> Ledger:
    """Reads the ledger of a data folder."""
    days = sorted((data / "days").glob("*.db"))
    stored = positions([*days, data / "haechi.db"])
    spooled = [
        kind
        for segment in sorted((data / "spool").glob("*.seg"))
        # hidden while it is made: nothing has been recorded in it yet
        if not segment.name.startswith(".")
        for kind in kinds_after(segment, stored.get(segment.name, HEADER_LEN))
    ]
    return Ledger(
        requests=sum(ask(day, "SELECT count(*) FROM requests")[0][0] for day in days),
        logs=sum(ask(day, "SELECT count(*) FROM logs")[0][0] for day in days),
        spooled=len(spooled),
        waiting=sum(kind in (REQUEST, LOG) for kind in spooled),
        drops=dict(ask(data / "haechi.db", "SELECT reason, count FROM drops")),
    )


def ask(path: Path, query: str) -> list:
    """Returns the rows of a query; a file that is not there, or is just being made, has none."""
    nothing = [(0,)] if query.startswith("SELECT count") else []
    if not path.exists():
        return nothing
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return connection.execute(query).fetchall() if tables else nothing
    finally:
        connection.close()


def positions(files) -> "dict[str, int]":
    """Returns how far each segment was read: the furthest that any file says."""
    furthest = {}
    for path in files:
        for segment, end in ask(path, "SELECT segment, end FROM positions"):
            furthest[segment] = max(end, furthest.get(segment, 0))
    return furthest


def kinds_after(segment: Path, offset: int) -> "list[int]":
    """Returns the kind of each committed record of a segment file from `offset` on."""
    content = segment.read_bytes()
    assert content[:8] == MAGIC, f"{segment} does not begin like a segment"
    kinds, at = [], max(offset, HEADER_LEN)
    while at + FRAME_LEN < len(content):
        (length,) = struct.unpack_from("<I", content, at)
        if length in (0, SEALED):
            break
        kinds.append(content[at + FRAME_LEN])
        at += -(-(FRAME_LEN + length) // ALIGN) * ALIGN
    return kinds
