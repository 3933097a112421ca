"""Which Haechi is in the processes that record is told, and that one is not the server's."""

import platform
import re
import struct
from pathlib import Path

from browsing import dashboard
from playwright.sync_api import expect
from visitor import Visitor
from waiting import until

RECORDER, RECORDER_LEN, SUM = 152, 24, 248  # in a scoreboard's header


def crc32c(content: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def wear(board: Path, version: str) -> None:
    """Makes a running process's scoreboard say that another version writes it."""
    with open(board, "r+b") as file:
        header = bytearray(file.read(256))
        assert struct.unpack_from("<I", header, SUM)[0] == crc32c(header[:SUM])
        text = struct.pack(f"<Q{RECORDER_LEN}s", len(version), version.encode())
        header[RECORDER : RECORDER + len(text)] = text
        struct.pack_into("<I", header, SUM, crc32c(header[:SUM]))
        file.seek(0)
        file.write(header)


def test_a_recorder_older_than_the_server_is_told_of_with_what_to_do(serve, site, page):
    server = serve("rocket", site)
    server.visitor.get("/your_app/probe/ok")
    haechi = Visitor(server.dashboard)

    def recorders():
        return haechi.get("/api/status").json()["recorder_processes"]

    (found,) = until(recorders, what="a process that records")
    status = haechi.get("/api/status").json()
    assert (found["version"], found["compared"]) == (status["version"], "same")
    assert status["store_version"] == 1
    python = re.escape(platform.python_version())
    assert re.fullmatch(rf"CPython {python}, web2py \d+\.\d+\.\d+", found["runtime"]), found
    page.goto(dashboard(server, "#/status"))
    table = page.get_by_test_id("recorder-versions")
    expect(table).to_contain_text(found["runtime"])
    expect(table).to_contain_text(status["version"])
    expect(page.get_by_test_id("version-differs")).to_have_count(0)

    (board,) = (server.data / "spool").glob("*.board")
    wear(board, "0.0.1")
    assert until(recorders, what="recorders")[0]["compared"] == "older"
    page.reload()
    told = page.get_by_test_id("version-differs")
    expect(told).to_contain_text("Restart the app")
    expect(table).to_contain_text("0.0.1")
