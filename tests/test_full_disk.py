"""A full or read-only disk is not the app's trouble: it answers as ever, every drop is counted,
and recording goes on by itself as soon as there is room."""

import subprocess
import sys
from pathlib import Path

import kept
import ledger
import pytest
import servers
from loading import Load
from servers import clean_environment, free_port
from serving import Serving
from test_kills import children
from visitor import Visitor
from waiting import until

HERE = Path(__file__).resolve().parent
GUNICORN = "gunicorn-two-workers"
# long enough to fill a small disk soon, different enough not to be kept once
AGENT = {"User-Agent": "an agent of many words " * 20}


class Plain:
    """The folder of the plain program, in the place of a web2py site."""

    root = HERE


def gunicorn(port):
    return [
        *(sys.executable, "-m", "gunicorn", "--workers", "2", "--no-control-socket"),
        *("--bind", f"127.0.0.1:{port}", "plain_wsgi:application"),
    ]


class Disk:
    """A small file system of this test's own."""

    def __init__(self, folder: Path):
        self.folder = folder

    def mount(self, megabytes: int) -> "str | None":
        """Returns what went wrong, if something did."""
        self.folder.mkdir()
        return self._mount(f"size={megabytes}m", "-t", "tmpfs", "tmpfs")

    def change(self, options: str) -> None:
        wrong = self._mount(f"remount,{options}")
        assert wrong is None, wrong

    def fill(self) -> None:
        """Leaves not a byte of room."""
        with open(self.folder / "filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                pass

    def make_room(self) -> None:
        (self.folder / "filler").unlink()

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def _mount(self, options: str, *more: str) -> "str | None":
        command = ["mount", "-o", options, *more, str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        return None if done.returncode == 0 else done.stderr.strip()


@pytest.fixture
def disk(tmp_path):
    """A file system of 4 MiB."""
    made = Disk(tmp_path / "disk")
    try:
        wrong = made.mount(4)
    except FileNotFoundError:
        wrong = "there is no `mount`"
    if wrong is not None:
        pytest.skip(f"no file system can be mounted here: {wrong}")
    yield made
    made.unmount()


@pytest.fixture(autouse=True)
def gunicorn_with_two_workers(monkeypatch):
    monkeypatch.setitem(servers.COMMANDS, GUNICORN, gunicorn)


@pytest.fixture
def serve_on(disk, serve):
    """`serve` with its data on the small disk. Asks for `disk`, to be stopped before it goes."""
    return lambda **options: serve(GUNICORN, Plain, data=disk.folder / "data", **options)


def dashboard(server) -> Visitor:
    return Visitor(server.dashboard)


def dropped(server) -> "dict[str, int]":
    return dashboard(server).get("/api/status").json()["drops"]


def whereabouts(server) -> int:
    """Records that are somewhere: stored, in the spool, or dropped and counted."""
    found = ledger.read(server.data)
    return found.kept + sum(dropped(server).values())


def test_the_app_does_not_notice_that_the_disk_fills_and_the_ledger_is_exact(disk, serve_on):
    server = serve_on()
    (master,) = children(server.process.pid)
    until(lambda: len(children(master)) == 2, what="two workers")
    workers = set(children(master))
    with Load(server.port, "/full", headers=AGENT) as load:
        until(lambda: dropped(server), 60, "the disk to be full")
        until(lambda: sum(dropped(server).values()) > 200, 60, "200 drops")
    assert not load.broken, f"{len(load.broken)} requests failed because the disk is full"
    assert set(load.answered.values()) == {200}
    assert set(children(master)) == workers, "a worker died"
    sent = len(load.answered)
    until(lambda: whereabouts(server) == sent, 15, f"{sent} records to be accounted for")
    assert dropped(server).keys() <= {"disk_full", "spool_full"}
    # the dashboard answers all the same, and says what is wrong
    assert dashboard(server).get("/api/apps").status == 200
    ready = dashboard(server).get("/readyz")
    if ready.status != 200:
        assert "full" in ready.json()["trouble"]

    disk.change("size=64m")
    until(lambda: ledger.read(server.data).spooled == 0, 10, "the spool to be stored")
    assert whereabouts(server) == sent
    assert dashboard(server).get("/readyz").status == 200
    with Load(server.port, "/room", threads=2) as later:
        # programs look for room again a moment after they found none
        until(lambda: later.answered.keys() & kept.paths(server.data).keys(), 7, "a new request")
    with Load(server.port, "/again", threads=2) as again:
        again.wait_for(200)
    sent += len(later.answered) + len(again.answered)
    until(lambda: again.answered.keys() <= kept.paths(server.data).keys(), 7, "new requests stored")
    assert whereabouts(server) == sent
    stored = kept.paths(server.data)
    assert max(stored.values()) == 1, "stored twice"
    assert kept.counted(server.data) == sum(stored.values()), "rollups differ from the rows"


def test_a_disk_that_was_full_from_the_start_is_used_once_there_is_room(disk, serve_on):
    disk.fill()
    server = serve_on()
    with Load(server.port, "/full") as load:
        load.wait_for(200)
    assert not load.broken
    assert set(load.answered.values()) == {200}
    disk.make_room()
    with Load(server.port, "/room", threads=2) as later:
        # each worker looks for room by itself, and what it dropped is told from then on
        until(lambda: len(list(server.data.glob("spool/*.board"))) == 2, 20, "both to find room")
        later.wait_for(200)
    assert not later.broken
    with serving(server, disk) as collects:
        until(lambda: ledger.read(server.data).spooled == 0, 10, "the spool to be stored")
        sent = len(load.answered) + len(later.answered)
        drops = collects.ask("/api/status")["drops"]
        kept_now = ledger.read(server.data).kept
        assert kept_now > 0
        assert kept_now + sum(drops.values()) == sent, f"{sent} sent, {kept_now} kept, {drops}"


class serving:
    """The dashboard of a server whose own could not start, for a while."""

    def __init__(self, server, disk):
        self.made = Serving(server.process.args[0], server.data, disk.folder.parent / "serve")

    def __enter__(self):
        return self.made.start()

    def __exit__(self, *_):
        self.made.stop()


def test_a_read_only_folder_is_one_line_and_the_app_runs_on(disk, serve_on, haechi_binary):
    (disk.folder / "data").mkdir()
    disk.change("ro")
    ended = subprocess.run(
        [haechi_binary, "serve", "--data", disk.folder / "data", "--port", str(free_port())],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("haechi: ") and str(disk.folder) in line, line

    server = serve_on()
    assert len([line for line in server.error.splitlines() if line.startswith("haechi")]) == 1
    with Load(server.port, "/read-only") as load:
        load.wait_for(200)
    assert not load.broken
    assert set(load.answered.values()) == {200}
    disk.change("rw")
    with Load(server.port, "/writable", threads=2) as later:
        until(lambda: list(server.data.glob("spool/*.seg")), 7, "a segment")
    assert not later.broken


def test_a_folder_removed_under_a_running_app_is_made_anew(disk, serve_on):
    server = serve_on(server=False)
    with Load(server.port, "/before", threads=2) as load:
        load.wait_for(100)
        subprocess.run(["rm", "-rf", str(server.data)], check=True)
        until(lambda: list(server.data.glob("spool/*.seg")), 10, "a new segment")
    assert not load.broken
