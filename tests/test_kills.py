"""Nothing lost, nothing twice: `kill -9` of workers and of `haechi` at random moments under load.

The judge is this process, which nobody kills: every request has a path of its own. An answered
one must be stored exactly once; one whose connection died was handled or not, so it may be
stored once or not at all. HAECHI_SEED repeats the kills of an earlier run, HAECHI_SOAK=1 makes
them hundreds.
"""

import os
import random
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import kept
import ledger
import pytest
import servers
from loading import Load
from serving import Serving
from waiting import until

KILLS = 400 if os.environ.get("HAECHI_SOAK") else 12
HERE = Path(__file__).resolve().parent
GUNICORN = "gunicorn-two-workers"
CONTROLLER = """
def hit():
    current.logger.info("hit %s of you", request.args(0))
    return "ok"
"""


class Plain:
    """The folder of the plain program, in the place of a web2py site."""

    root = HERE


def gunicorn(port):
    return [
        *(sys.executable, "-m", "gunicorn", "--workers", "2", "--no-control-socket"),
        *("--bind", f"127.0.0.1:{port}", "plain_wsgi:application"),
    ]


@pytest.fixture
def chance():
    """Random numbers that an earlier run's seed repeats."""
    seed = int(os.environ.get("HAECHI_SEED") or secrets.randbelow(1 << 32))
    print(f"HAECHI_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def collector(haechi_binary, tmp_path):
    """Makes `haechi serve` processes, stopped at the end."""
    made = []

    def make(data) -> Serving:
        made.append(Serving(haechi_binary, data, tmp_path / f"collector-{len(made)}"))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def children(pid: int) -> "list[int]":
    """Processes that this one started and that have not ended."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return [child for child in found if not is_zombie(child)]


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def pause(chance, seconds: float):
    """Lets a random time pass: the moment of the next kill is what is tried out."""
    time.sleep(chance.uniform(0, seconds))


def kill_collector(chance, collector: Serving):
    """Kills it, and on some days again before it is up."""
    collector.kill()
    pause(chance, 0.3)
    collector.start(ready=False)


def drained(data: Path):
    """Waits until nothing is left in the spool."""

    def empty():
        try:
            return ledger.read(data).spooled == 0
        except (sqlite3.OperationalError, FileNotFoundError):
            return False  # a file that was just being made or just unlinked

    until(empty, 60, "the spool to be empty")


def assert_exact(load: Load, stored, data: Path, collector: Serving):
    """The ledger: what was sent against what is stored, as files and as the API tells it."""
    print(f"{len(load.answered)} answered, {len(load.broken)} broken, {len(stored)} stored")
    twice = {path: times for path, times in stored.items() if times > 1}
    assert not twice, f"stored more than once: {twice}"
    lost = load.answered.keys() - stored.keys()
    assert not lost, f"{len(lost)} answered requests are not stored, such as {sorted(lost)[:5]}"
    invented = stored.keys() - load.sent
    assert not invented, f"stored but never sent: {sorted(invented)[:5]}"
    assert kept.counted(data) == sum(kept.paths(data).values()), "rollups differ from the rows"
    by_api = sorted(
        row["path"]
        for row in collector.every("requests")
        if row["path"].startswith(load.prefix + "/")
    )
    assert by_api == sorted(stored), "the API does not tell what the files hold"
    drops = ledger.read(data).drops
    # a record that was being written when its writer was killed is counted, not stored
    assert drops.keys() <= {"torn"}, drops


def stored_of(load: Load, data: Path):
    found = kept.paths(data)
    return type(found)({p: n for p, n in found.items() if p.startswith(load.prefix + "/")})


def test_gunicorn_workers_and_the_collector_are_killed_at_random_moments(
    serve, monkeypatch, collector, chance
):
    monkeypatch.setitem(servers.COMMANDS, GUNICORN, gunicorn)
    server = serve(GUNICORN, Plain, server=False)
    data = server.data
    collects = collector(data).start()
    (master,) = children(server.process.pid)
    worker_kills = 0
    with Load(server.port, "/kill") as load:
        for _ in range(KILLS):
            pause(chance, 0.8)
            if chance.random() < 0.5:
                workers = until(lambda: children(master), what="a worker")
                os.kill(chance.choice(workers), signal.SIGKILL)
                worker_kills += 1
            else:
                kill_collector(chance, collects)
        # the last kills too must have been survived under load
        load.wait_for(50)
    collects.wait_ready()
    drained(data)
    stored = stored_of(load, data)
    assert_exact(load, stored, data, collects)
    torn = ledger.read(data).drops.get("torn", 0)
    assert torn <= worker_kills
    # the scoreboard counts beside the record: one request of a killed worker may be in one only
    seen = collects.ask("/api/traffic?from=-1d")["total"]["requests"]
    assert seen == sum(stored.values())


def test_web2py_under_rocket_is_killed_and_started_again(serve, site, collector, chance):
    site.controller("your_app", "kill", CONTROLLER)
    server = serve("rocket", site, server=False)
    data = server.data
    collects = collector(data).start()
    with Load(server.port, "/your_app/kill/hit", threads=4) as load:
        for turn in range(KILLS // 2):
            load.wait_for(1)
            pause(chance, 0.8)
            if turn % 3 == 0:
                (program,) = children(server.process.pid)
                os.kill(program, signal.SIGKILL)
                assert server.process.wait(20) == -signal.SIGKILL
                server = serve("rocket", site, server=False, data=data)
                load.port = server.port
            else:
                kill_collector(chance, collects)
        load.wait_for(20)
    collects.wait_ready()
    drained(data)
    assert set(load.answered.values()) == {200}
    assert_exact(load, stored_of(load, data), data, collects)
    numbers = {path.rpartition("/")[2] for path in load.answered}
    sent = {path.rpartition("/")[2] for path in load.sent}
    for where, lines in (
        ("store", kept.messages(data)),
        ("log file", lines_of(site)),
    ):
        assert all(times == 1 for times in lines.values()), f"lines twice in the {where}"
        found = {line.split()[1] for line in lines if line.startswith("hit ")}
        assert numbers <= found <= sent, f"lines lost or invented in the {where}"


def lines_of(site):
    """The messages in the app's log file, each with how often it stands there."""
    lines = [line for line in site.log_lines("your_app") if " hit " in line]
    found = kept.Counter("hit " + line.partition(" hit ")[2] for line in lines)
    assert all(line.endswith(" of you") for line in found), "a torn line"
    return found


def test_the_program_outlives_a_killed_haechi_and_the_next_one_goes_on(
    serve, monkeypatch, collector, chance
):
    monkeypatch.setitem(servers.COMMANDS, GUNICORN, gunicorn)
    server = serve(GUNICORN, Plain)
    (master,) = children(server.process.pid)
    try:
        with Load(server.port, "/orphan", threads=3) as load:
            load.wait_for(50)
            pause(chance, 1.0)
            server.process.kill()
            server.process.wait(10)
            load.wait_for(50)
            collects = collector(server.data).start()
            load.wait_for(50)
        assert not load.broken, "a request failed because haechi was killed"
        drained(server.data)
        assert_exact(load, stored_of(load, server.data), server.data, collects)
    finally:
        os.kill(master, signal.SIGTERM)
        until(lambda: is_zombie(master), 30, "gunicorn to end")


def test_records_wait_in_the_spool_for_as_long_as_nobody_collects(
    serve, monkeypatch, collector, haechi_binary
):
    monkeypatch.setitem(servers.COMMANDS, GUNICORN, gunicorn)
    server = serve(GUNICORN, Plain, server=False)
    with Load(server.port, "/later", threads=3) as load:
        load.wait_for(300)
    assert not load.broken
    before = ledger.read(server.data)
    assert (before.kept, before.spooled) == (len(load.answered), len(load.answered))
    told = subprocess.run(
        [str(haechi_binary), "stats", "--data", str(server.data), "--json"],
        env=servers.clean_environment(),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert f'"total": {len(load.answered)}' in told.stdout, told.stdout
    collects = collector(server.data).start()
    drained(server.data)
    assert_exact(load, stored_of(load, server.data), server.data, collects)
