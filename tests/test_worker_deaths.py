"""A worker that dies in a request says so, once: however it dies, and whoever else dies meanwhile."""

import os
import signal
import sys
import threading
from pathlib import Path

import ledger
import pytest
import servers
from serving import Serving
from visitor import Visitor
from waiting import until

HERE = Path(__file__).resolve().parent
SLOW = """
import time

def slow():
    for n in range(3):
        current.logger.info("step %s", n)
    time.sleep(60)

def fast():
    return "ok"
"""


class Plain:
    """The folder of the plain application, in the place of a web2py site."""

    root = HERE


def gunicorn(port, *options):
    command = [sys.executable, "-m", "gunicorn", "--workers", "2", "--no-control-socket"]
    return [*command, "--bind", f"127.0.0.1:{port}", *options, "dying_wsgi:application"]


@pytest.fixture
def plain(serve, monkeypatch):
    """Starts the plain application under gunicorn with these options more."""

    def start(*options, **how):
        monkeypatch.setitem(servers.COMMANDS, "dying", lambda port: gunicorn(port, *options))
        return serve("dying", Plain, **how)

    return start


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


def children(pid):
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def visit(server, path):
    """Asks for a path whose answer may never come; does not wait for it."""

    def ask():
        try:
            Visitor(server.port).get(path)
        except OSError:
            pass  # what a visitor of a dying worker sees
        except Exception as error:
            assert "http.client" in type(error).__module__, error

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    return thread


def worker_in(haechi, path):
    """Waits until a request is in flight and returns its worker's pid."""

    def find():
        rows = haechi.get("/api/inflight").json()["inflight"]
        return next((row["pid"] for row in rows if row["path"] == path), None)

    return until(find, what=f"{path} to be in flight")


def deaths(haechi, app=None):
    """Every death the API tells of, each with all about it."""
    issues = haechi.get("/api/issues?state=all&limit=1000").json()["issues"]
    found = [issue for issue in issues if issue["type"] == "WorkerDied"]
    events = []
    for issue in found:
        events += haechi.get(f"/api/issues/{issue['id']}").json()["events_list"]
    return [haechi.get(f"/api/events/{event['id']}").json() for event in events]


def the_death(haechi):
    """Waits for a death and returns it; there must be one only."""
    found = until(lambda: deaths(haechi), what="a death to be told")
    assert len(found) == 1, found
    return found[0]


def requests_of(haechi, path):
    rows = haechi.get("/api/requests?from=-1h&limit=1000").json()["requests"]
    return [row for row in rows if row["path"] == path]


def assert_told_once(haechi, path, how):
    event = the_death(haechi)
    assert event["message"].startswith(f"{how} while handling GET {path} for "), event["message"]
    assert (event["mechanism"], event["ticket"]) == ("worker_died", None)
    rows = requests_of(haechi, path)
    assert len(rows) == 1, rows
    assert (rows[0]["status"], rows[0]["flags"]) == (0, ["aborted"])
    assert rows[0]["id"] == event["request_id"] == event["request"]["id"]
    assert (rows[0]["pid"], rows[0]["client"]) == (event["pid"], "127.0.0.1")
    return event


def test_a_killed_worker_tells_which_request_it_was_in(plain):
    server = plain()
    haechi = Visitor(server.dashboard)
    visit(server, "/sleep")
    pid = worker_in(haechi, "/sleep")
    os.kill(pid, signal.SIGKILL)
    event = assert_told_once(haechi, "/sleep", "killed by SIGKILL")
    assert (event["app"], event["pid"]) == ("dying_wsgi", pid)
    assert haechi.get("/api/inflight").json()["inflight"] == []
    # what is live agrees with what is stored
    assert haechi.get("/api/apps").json()["apps"][0]["app"] == "dying_wsgi"


@pytest.mark.parametrize(
    ("path", "how"),
    [("/segfault", "killed by SIGSEGV"), ("/leave", "ended with exit status 5")],
)
def test_a_worker_that_ends_by_itself_says_how(plain, path, how):
    server = plain()
    visit(server, path).join(20)
    assert_told_once(Visitor(server.dashboard), path, how)


def test_gunicorns_timeout_is_told_with_the_place_the_request_was_at(plain):
    server = plain("--timeout", "2")
    visit(server, "/sleep").join(20)
    haechi = Visitor(server.dashboard)
    event = the_death(haechi)
    how = "aborted by SIGABRT (the server's timeout of 2 s) while handling GET /sleep for "
    assert event["message"].startswith(how)
    functions = [frame["function"] for frame in event["causes"][0]["frames"]]
    assert "application" in functions, functions
    assert len(requests_of(haechi, "/sleep")) == 1
    assert event["request"]["path"] == "/sleep"


def test_a_worker_deaf_to_the_timeout_is_told_as_killed_by_it(plain):
    server = plain("--timeout", "2")
    visit(server, "/deaf").join(20)
    how = "killed by SIGKILL (the server's timeout of 2 s)"
    assert_told_once(Visitor(server.dashboard), "/deaf", how)


def test_a_worker_killed_in_web2py_leaves_its_route_and_its_last_lines(serve, site):
    site.controller("your_app", "dying", SLOW)
    server = serve("gunicorn", site)
    haechi = Visitor(server.dashboard)
    visit(server, "/your_app/dying/slow")
    pid = worker_in(haechi, "/your_app/dying/slow")
    until(lambda: "step 2" in "".join(site.log_lines("your_app")), what="its last line")
    os.kill(pid, signal.SIGKILL)
    event = assert_told_once(haechi, "/your_app/dying/slow", "killed by SIGKILL")
    assert (event["app"], event["route"]) == ("your_app", "dying/slow")
    assert [line["message"] for line in event["logs"]] == ["step 0", "step 1", "step 2"]
    issue = haechi.get(f"/api/issues/{event['issue']}").json()
    assert issue["culprit"] == "dying/slow"
    expected = "same because all are workers killed by SIGKILL in the route dying/slow"
    assert issue["reason"] == expected


def test_uwsgis_harakiri_is_told_as_such(serve, site, monkeypatch):
    site.controller("your_app", "dying", SLOW)
    command = servers.COMMANDS["uwsgi"]
    monkeypatch.setitem(
        servers.COMMANDS, "uwsgi-harakiri", lambda port: [*command(port), "--harakiri", "2"]
    )
    server = serve("uwsgi-harakiri", site)
    visit(server, "/your_app/dying/slow").join(20)
    how = "killed by SIGKILL (harakiri after 2 s)"
    assert_told_once(Visitor(server.dashboard), "/your_app/dying/slow", how)


def test_a_death_while_no_haechi_runs_is_told_by_the_next(plain, collector):
    server = plain(server=False)
    visit(server, "/leave").join(20)
    server.visitor.get("/fine")
    haechi = collector(server.data).start()
    assert_told_once(Visitor(haechi.port), "/leave", "ended with exit status 5")
    haechi.stop()
    haechi.start()
    assert_told_once(Visitor(haechi.port), "/leave", "ended with exit status 5")


def test_the_end_of_the_whole_program_is_told_before_haechi_ends(plain, collector):
    server = plain()
    visit(server, "/sleep")
    pid = worker_in(Visitor(server.dashboard), "/sleep")
    os.kill(pid, signal.SIGSTOP)  # deaf to everything but SIGKILL
    exits = server.data / "spool" / "exits"

    def kill_once_told_to_stop():
        until(lambda: exits.exists() and " stop " in exits.read_text(), what="the stop")
        os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_once_told_to_stop)
    killer.start()
    server.stop()
    killer.join()
    haechi = collector(server.data).start()
    event = the_death(Visitor(haechi.port))
    assert event["message"].startswith("killed by SIGKILL (its server was stopping it) while")


def test_collectors_killed_at_any_moment_tell_a_death_once(plain, collector):
    server = plain(server=False)
    haechi = collector(server.data)
    kills = 6
    for _ in range(kills):
        visit(server, "/leave").join(20)
        haechi.start()
        haechi.kill()
    haechi.start()
    asked = Visitor(haechi.port)
    until(lambda: len(deaths(asked)) == kills, what="every death to be told")
    assert len(requests_of(asked, "/leave")) == kills
    found = ledger.read(server.data)
    assert (found.requests, found.spooled, found.drops) == (kills, 0, {})
    haechi.kill()
    haechi.start()
    assert len(deaths(asked)) == kills


def test_a_worker_that_dies_idle_or_is_reloaded_gives_nothing(plain):
    server = plain()
    haechi = Visitor(server.dashboard)
    server.visitor.get("/fine")
    workers = {row["pid"] for row in requests_of(haechi, "/fine")} or until(
        lambda: {row["pid"] for row in requests_of(haechi, "/fine")}
    )
    os.kill(workers.pop(), signal.SIGKILL)
    server.visitor.get("/after-kill")
    master = children(server.process.pid)[0]
    before = children(master)
    os.kill(master, signal.SIGHUP)
    until(lambda: not set(before) & set(children(master)), what="the reload")
    server.visitor.get("/after-reload")
    visit(server, "/leave").join(20)
    # the one death that is one, told after all that would be told of the others
    assert_told_once(haechi, "/leave", "ended with exit status 5")
