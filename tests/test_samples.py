"""Slow requests explain themselves: under every server, the planted line is named."""

import http.client
import os
import sys
import threading
from pathlib import Path

import pytest
import servers
from told import request_on
from visitor import Visitor
from waiting import until

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
APP = "slow_wsgi:application"
CONTROLLER = """
import time

def get_user():
    time.sleep(2)  # planted

def index():
    get_user()
    return "ok"
"""


class Plain:
    """The folder of the plain program, in the place of a web2py site."""

    root = HERE


def gunicorn(*options):
    def command(port):
        bind = ["--bind", f"127.0.0.1:{port}", "--no-control-socket", "--timeout", "60"]
        return [sys.executable, "-m", "gunicorn", *options, *bind, APP]

    return command


def uwsgi(*options):
    def command(port):
        return [
            *(str(BIN / "uwsgi"), "--http-socket", f"127.0.0.1:{port}", "--module", APP),
            *("--master", "--need-app", "--die-on-term", "--disable-logging"),
            *("--limit-as", "512", *options),
        ]

    return command


COMMANDS = {
    "threads": gunicorn("--workers", "1", "--threads", "8"),
    "crowded": gunicorn("--workers", "1", "--threads", "24"),
    "sync": gunicorn("--workers", "2"),
    "uwsgi-threads": uwsgi("--processes", "1", "--threads", "4", "--enable-threads"),
    "uwsgi-alone": uwsgi("--processes", "1"),
}


@pytest.fixture(autouse=True)
def commands(monkeypatch):
    for name, command in COMMANDS.items():
        monkeypatch.setitem(servers.COMMANDS, f"slow-{name}", command)


def line_of(text, file=HERE / "slow_wsgi.py"):
    """The number of the line that is marked so."""
    lines = file.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.endswith(text))


def start(serve, name, **environment):
    server = serve(f"slow-{name}", Plain, environment={"HAECHI_APP": "shop", **environment})
    return server, Visitor(server.dashboard)


def assert_named(samples, function, line, least=0.9):
    top = samples["top"]
    assert (top["function"], top["line"], top["in_app"]) == (function, line, True), samples
    assert top["share"] >= least, top
    assert samples["looks"] >= samples["samples"] > 10
    roots = [frame["samples"] for frame in samples["frames"] if frame["parent"] is None]
    assert sum(roots) == samples["samples"]


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "crowded"])
def test_a_slow_line_is_named_with_nine_tenths_of_the_samples(serve, name):
    server, haechi = start(serve, name)
    assert server.visitor.get("/wait?2").status == 200
    waiting = request_on(haechi, "/wait", 0)["samples"]
    assert_named(waiting, "wait_here", line_of("# planted: waiting"))
    assert waiting["top"]["running"] <= 0.1
    assert server.visitor.get("/spin?2").status == 200
    computing = request_on(haechi, "/spin", 0)["samples"]
    top = computing["top"]
    assert (top["function"], top["in_app"]) == ("spin_here", True)
    assert computing["running"] >= 0.8 * computing["samples"] > 8


def test_web2py_under_rocket_names_the_line_of_the_controller(serve, site):
    site.controller("your_app", "slow", CONTROLLER)
    server = serve("rocket", site)
    assert server.visitor.get("/your_app/slow/index").status == 200
    samples = request_on(Visitor(server.dashboard), "/your_app/slow/index", 0)["samples"]
    controller = site.app("your_app") / "controllers" / "slow.py"
    assert_named(samples, "get_user", line_of("# planted", controller))
    assert Path(samples["top"]["file"]).resolve() == controller.resolve()
    outermost = [frame for frame in samples["frames"] if frame["parent"] is None]
    assert {frame["function"] for frame in outermost} == {"wsgibase"}, "only what is in the request"


def test_fast_requests_are_not_looked_at(serve):
    server, haechi = start(serve, "threads")
    server.visitor.crowd(["/fast"] * 300)
    server.visitor.get("/wait?0.2")
    for path in ("/fast", "/wait"):
        assert request_on(haechi, path, 0)["samples"] is None
    assert haechi.get("/api/status").json()["records_stored"] == 301


def test_the_threshold_is_set_by_the_environment_and_looking_can_be_off(serve):
    server, haechi = start(serve, "threads", HAECHI_SLOW_MS="100")
    server.visitor.get("/wait?0.6")
    assert 3 <= request_on(haechi, "/wait", 0)["samples"]["samples"] <= 12
    server, haechi = start(serve, "threads", HAECHI_SLOW_MS="0")
    assert "haechi-look" not in server.visitor.get("/threads").text
    server.visitor.get("/wait?0.8")
    assert request_on(haechi, "/wait", 0)["samples"] is None


def test_deep_and_streamed_requests_are_seen_where_they_are(serve):
    server, haechi = start(serve, "threads", HAECHI_SLOW_MS="100")
    server.visitor.get("/deep?1")
    deep = request_on(haechi, "/deep", 0)["samples"]
    assert (deep["top"]["function"], deep["top"]["line"]) == ("deep", line_of("# planted: deep"))
    assert deep["top"]["share"] == 1
    server.visitor.get("/stream")
    stream = request_on(haechi, "/stream", 0)["samples"]
    assert stream["top"]["line"] == line_of("# planted: streamed")


def test_several_slow_requests_are_each_seen_where_they_are(serve):
    server, haechi = start(serve, "threads")
    server.visitor.crowd(["/wait?1.5", "/wait?1.6", "/spin?1.5", "/deep?1.5"])
    found = {
        path: request_on(haechi, path, 0)["samples"]["top"]["function"]
        for path in ("/wait", "/spin", "/deep")
    }
    assert found == {"/wait": "wait_here", "/spin": "spin_here", "/deep": "deep"}


def test_who_never_lets_pythons_lock_go_is_not_seen_and_the_reason_is_told(serve):
    server, haechi = start(serve, "sync", HAECHI_SLOW_MS="100")
    server.visitor.get("/hold?1")
    samples = request_on(haechi, "/hold", 0)["samples"]
    assert (samples["unseen"], samples["looks"], samples["samples"]) == ("lock", 0, 0)
    # it was the lock and not the server: the next one is seen
    server.visitor.crowd(["/wait?0.6"] * 4)
    assert request_on(haechi, "/wait", 0)["samples"]["unseen"] is None


def test_near_the_limit_of_addresses_nobody_looks_and_the_reason_is_told(serve):
    server, haechi = start(serve, "uwsgi-alone", HAECHI_SLOW_MS="100")
    assert server.visitor.get(f"/limit?{100 << 20}").status == 200
    server.visitor.get("/wait?0.6")
    samples = request_on(haechi, "/wait", 0)["samples"]
    assert (samples["unseen"], samples["looks"]) == ("memory", 0)


def test_of_too_many_slow_requests_sixteen_are_seen_and_the_others_say_why(serve):
    server, haechi = start(serve, "crowded", HAECHI_SLOW_MS="100")
    server.visitor.crowd(["/wait?1.5"] * 24, threads=24)

    def told():
        rows = haechi.get("/api/requests?path=/wait&from=-1h").json()["requests"]
        found = [haechi.get(f"/api/requests/{row['id']}").json()["samples"] for row in rows]
        return found if len(found) == 24 and all(found) else None

    found = until(told, what="the samples of every request")
    busy = [samples for samples in found if samples["unseen"] == "busy"]
    seen = [samples for samples in found if samples["unseen"] is None]
    # those that came late may have found the place of one that had ended
    assert 1 <= len(busy) <= 8 and len(busy) + len(seen) == 24
    assert all(samples["looks"] == 0 for samples in busy)
    assert all(samples["top"]["function"] == "wait_here" for samples in seen)


@pytest.mark.skipif(not os.environ.get("HAECHI_SOAK"), reason="takes more than two minutes")
def test_after_two_minutes_nobody_looks_and_that_is_told(serve):
    server, haechi = start(serve, "threads")
    stuck = Stuck(server, "/stuck?130")
    row = stuck.row(haechi)
    path = f"/api/inflight/{row['id']}"
    until(lambda: (haechi.get(path).json()["age_ms"]) > 124_000, 140, "two minutes to pass")
    stuck.let_go()
    samples = request_on(haechi, "/stuck", 0)["samples"]
    assert samples["unseen"] == "length" and 119_000 <= samples["to_ms"] <= 122_000


USUAL = """
import time

def index():
    time.sleep(float(request.args(0)))
    return "ok"
"""


def test_what_a_route_is_used_to_is_not_slow_in_it_and_keeps_no_headers(serve, site):
    site.controller("your_app", "usual", USUAL)
    server = serve("rocket", site)
    haechi = Visitor(server.dashboard)
    server.visitor.crowd(["/your_app/usual/index/0.8"] * 110, threads=10)
    server.visitor.get("/your_app/usual/index/0.6")
    usual = request_on(haechi, "/usual/index/0.6", 0)
    assert usual["samples"] is None and usual["headers"] is None
    server.visitor.get("/your_app/usual/index/2")
    slow = request_on(haechi, "/usual/index/2", 0)
    assert slow["samples"]["top"]["function"] == "index"
    assert slow["samples"]["from_ms"] >= 750, "not before it was slower than 99 of 100"
    assert slow["headers"]


class Stuck:
    """A request that does not end by itself, and the visit that waits for it."""

    def __init__(self, server, path="/stuck?50"):
        self.server, self.path = server, path
        self.visit = threading.Thread(target=self.wait)
        self.visit.start()

    def wait(self):
        # longer than a visitor would
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=90)
        try:
            connection.request("GET", self.path)
            connection.getresponse().read()
        except ConnectionError:
            pass  # a test may kill the worker
        finally:
            connection.close()

    def row(self, haechi):
        def find():
            rows = haechi.get("/api/inflight").json()["inflight"]
            return next((row for row in rows if row["path"] == "/stuck"), None)

        return until(find, what="the stuck request in flight")

    def let_go(self):
        self.server.visitor.get("/go")
        self.visit.join(60)


def ask_stack(haechi, request):
    path = f"/api/inflight/{request}"
    refused = haechi.get(f"{path}/stack", method="POST", body="{}")
    assert refused.status == 403, "without the header nobody may ask"
    headers = {"X-Haechi": "1", "Content-Type": "application/json"}
    assert haechi.get(f"{path}/stack", headers, "POST", "{}").json()["asked"] is True

    def answered():
        answer = haechi.get(path).json()
        return None if answer["asked"] or answer["samples"] is None else answer["samples"]

    return until(answered, what="the stack that was asked for")


def test_a_stuck_request_is_found_with_its_stack_by_asking(serve):
    # asked while it is not slow yet: only the question makes anybody look
    server, haechi = start(serve, "threads", HAECHI_SLOW_MS="20000")
    stuck = Stuck(server)
    row = stuck.row(haechi)
    assert row["has_stack"] and not row["long"]
    samples = ask_stack(haechi, row["id"])
    assert samples["occasion"] == "asked"
    names, at = [], samples["last"]
    while at is not None:
        names.append(samples["frames"][at]["function"])
        at = samples["frames"][at]["parent"]
    assert names[0] == "wait" and "stuck_here" in names and names[-1] == "application"
    assert samples["top"]["line"] == line_of("# planted: stuck")
    stuck.let_go()
    assert request_on(haechi, "/stuck", 0)["samples"]["occasion"] == "ended"
    assert haechi.get(f"/api/inflight/{row['id']}").status == 404


def test_a_request_past_thirty_seconds_is_flagged_and_tells_its_stack_by_itself(serve):
    server, haechi = start(serve, "threads")
    stuck = Stuck(server)
    row = stuck.row(haechi)
    path = f"/api/inflight/{row['id']}"
    samples = until(lambda: haechi.get(path).json()["samples"], 40, "a stack after 30 s")
    assert samples["occasion"] == "long" and samples["to_ms"] >= 30_000
    assert samples["top"]["function"] == "stuck_here" and samples["top"]["share"] > 0.95
    assert stuck.row(haechi)["long"]
    stuck.let_go()


def test_a_fork_beside_looking_finds_no_thread_and_is_not_warned_of(serve):
    server, haechi = start(serve, "sync", HAECHI_SLOW_MS="100")
    answer = server.visitor.get("/fork?0.5").text
    ended, warned, looks = (int(word) for word in answer.split())
    assert (ended, warned, looks) == (0, 0, 0), answer
    # and the next request has its looks again
    server.visitor.crowd(["/wait?0.6"] * 4)
    assert request_on(haechi, "/wait", 0)["samples"]["top"]["function"] == "wait_here"


def test_looking_takes_no_room_before_a_request_is_slow(serve):
    server, haechi = start(serve, "uwsgi-alone")
    before = int(server.visitor.get("/memory").text)
    server.visitor.crowd(["/fast"] * 20)
    fast = int(server.visitor.get("/memory").text)
    server.visitor.get("/wait?1")
    request_on(haechi, "/wait", 0)
    slow = int(server.visitor.get("/memory").text)
    print(f"VmSize {before} kB, {fast} kB with its thread, {slow} kB after a slow request")
    assert fast - before < 4096
    assert slow - before < 80_000
