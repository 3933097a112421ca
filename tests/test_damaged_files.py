"""Damaged and foreign files are set aside, each with one row about it, and all else goes on."""

import shutil
import sqlite3
import struct
from pathlib import Path

import kept
import pytest
import recording
from recording import REQUESTS
from serving import Serving
from waiting import until


@pytest.fixture(scope="module")
def recorded(module_serve, haechi_binary, tmp_path_factory):
    return recording.make(module_serve, haechi_binary, tmp_path_factory.mktemp("recorded"))


@pytest.fixture
def data(recorded, tmp_path):
    """A copy of the data folder, to be spoilt."""
    return Path(shutil.copytree(recorded, tmp_path / "data"))


@pytest.fixture
def serving(haechi_binary, data, tmp_path):
    made = Serving(haechi_binary, data, tmp_path / "serve")
    yield made
    made.stop()


def garbage(path: Path):
    path.write_bytes(b"this is nothing of haechi's\n" * 400)


def cut(path: Path):
    path.write_bytes(path.read_bytes()[:5000])


def newer_segment(path: Path):
    """A whole segment header of format version 9."""
    head = bytearray(128)
    head[:8], head[8:10] = b"HAECHSEG", struct.pack("<H", 9)
    head[92:96] = struct.pack("<I", crc32c(bytes(head[:92])))
    path.write_bytes(bytes(head) + bytes(65536 - 128))


def crc32c(content: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def foreign_database(path: Path):
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE somebody_elses(x)")
    connection.commit()
    connection.close()


def a_day(data: Path) -> Path:
    return kept.days(data)[0]


# what is spoilt -> the file, how, the name its row must bear, how many of the requests remain
DAMAGE = {
    "a foreign file named like a segment": (lambda d: d / "spool" / "0-x.seg", garbage, REQUESTS),
    "an empty file named like a segment": (lambda d: d / "spool" / "1.seg", Path.touch, REQUESTS),
    "a segment of a newer version": (lambda d: d / "spool" / "2.seg", newer_segment, REQUESTS),
    "a folder named like a segment": (lambda d: d / "spool" / "3.seg", Path.mkdir, REQUESTS),
    "a day file that is none": (a_day, garbage, 0),
    "a day file that was cut": (a_day, cut, 0),
    "a day file of another program": (a_day, foreign_database, 0),
    "a foreign file among the days": (lambda d: d / "days" / "notes.txt", garbage, REQUESTS),
    "a main file that is none": (lambda d: d / "haechi.db", garbage, REQUESTS),
    "a main file that was cut": (lambda d: d / "haechi.db", cut, REQUESTS),
    "a main file of another program": (lambda d: d / "haechi.db", foreign_database, REQUESTS),
    "a control file that is none": (lambda d: d / "spool" / "control", garbage, REQUESTS),
    "a control file that was cut": (lambda d: d / "spool" / "control", cut, REQUESTS),
    "a foreign file named like a scoreboard": (
        lambda d: d / "spool" / "x.board",
        garbage,
        REQUESTS,
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_or_foreign_file_is_set_aside_with_one_row_and_all_else_goes_on(
    serving, data, what
):
    where, spoil, remain = DAMAGE[what]
    path = where(data)
    spoil(path)
    content = path.read_bytes() if path.is_file() else None
    serving.start(ready=False)
    serving.wait_ready(5)

    def rows():
        return [note for note in serving.notes() if path.name in note["name"]]

    found = until(rows, 5, f"a row about {path.name} among {serving.notes()}")
    assert [note["kind"] for note in found] == ["quarantine"], found
    aside = [
        file
        for folder in (data / "quarantine", data / "spool" / "quarantine")
        if folder.exists()
        for file in folder.iterdir()
        if path.name in file.name
    ]
    assert len(aside) == 1, f"{aside} set aside"
    if content is not None:
        assert aside[0].read_bytes() == content, "what was set aside was changed"
    assert len(serving.every("requests")) == remain
    assert serving.ask("/api/traffic?from=-1d")["total"]["requests"] in (remain, REQUESTS)
    # said once, not at every start
    serving.stop()
    serving.start()
    assert len(rows()) == 1
    assert len(serving.every("requests")) == remain


def test_files_of_haechi_itself_that_hold_nonsense_do_not_keep_it_from_starting(serving, data):
    (data / "haechi.lock").write_text("not a lock")
    (data / "server.json").write_text('{"pid": "x"')
    (data / "spool" / "collector.lock").write_text("not a lock")
    (data / "spool" / "retire.lock").write_text("not a lock")
    serving.start(ready=False)
    serving.wait_ready(5)
    assert len(serving.every("requests")) == REQUESTS


def test_new_records_are_stored_after_every_file_was_spoilt(serving, data, serve):
    for where, spoil, _ in DAMAGE.values():
        if spoil is garbage:
            spoil(where(data))
    serving.start()
    app = recording.watch(serve, data)
    app.visitor.crowd([f"/new/{number}" for number in range(20)])
    until(lambda: len(serving.every("requests")) == 20, 10, "20 new requests")
    assert serving.ask("/api/traffic?from=-1h")["total"]["requests"] == 20
