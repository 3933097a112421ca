"""`haechi top` in a real terminal, beside real web2py with real traffic."""

import json
import os
import re
import signal
import subprocess
import threading

import hostile
import pytest
import raw_http
import servers
from serving import Asked, Serving
from terminals import Terminal
from test_spans import Plain, gunicorn
from visitor import Visitor
from waiting import until

FAIL = """
import json
import os

def hostile():
    texts = json.load(open(os.path.join(request.folder, "private", "texts.json")))
    for text in texts:
        current.logger.warning(text)
    raise RuntimeError("".join(texts))

def often():
    return "ok"

def rare():
    import time
    time.sleep(0.3)
    current.logger.error("something rare")
    return "ok"

def boom():
    current.logger.info("about to fail")
    raise ValueError("no such card")

def wait():
    import time
    current.logger.info("began to wait")
    time.sleep(float(request.args(0)))
    return "ok"
"""


STUCK = """
import os
import time

def stuck():
    while not os.path.exists(os.path.join(request.folder, "private", "go")):
        time.sleep(0.05)
    return "ok"
"""


@pytest.fixture(scope="module")
def watched(module_serve, module_site):
    """A site under gunicorn that was visited, with one request that does not end by itself."""
    module_site.controller("your_app", "top", FAIL)
    texts = module_site.app("your_app") / "private" / "texts.json"
    texts.write_text(json.dumps(hostile.CONTROLS))
    server = module_serve("gunicorn", module_site)
    visit = server.visitor.get
    for _ in range(20):
        assert visit("/your_app/top/often").status == 200
    assert visit("/your_app/top/rare").status == 200
    for _ in range(3):
        assert visit("/your_app/top/boom").status == 500
    # in another app, so that the others can be looked at without it
    module_site.controller("bare_app", "top", STUCK)
    go = module_site.app("bare_app") / "private" / "go"
    get = raw_http.get("/bare_app/top/stuck", [("Host", f"127.0.0.1:{server.port}")])
    stuck = threading.Thread(target=raw_http.exchange, args=(server.port, get, 180))
    stuck.start()
    yield server
    go.touch()
    stuck.join()


@pytest.fixture
def terminal(tmp_path):
    opened = Terminal(tmp_path / "terminal")
    yield opened
    opened.close()


def rows_of(screen):
    """The routes on the screen, from the top."""
    return re.findall(r"(?:GET|POST) (\S+)", screen)


def first_is(route):
    return lambda screen: rows_of(screen)[:1] == [route]


def matching(pattern):
    """What is true of a screen that has this somewhere; its `repr` tells what was missing."""
    return re.compile(pattern).search


def settings_of(terminal, folder):
    """What the shell's terminal is set to, as `stty` says; typed as a person would."""
    out = folder / "stty.txt"
    out.unlink(missing_ok=True)
    terminal.type(f"stty -a > {out}; echo do''ne")
    terminal.press("Enter")
    terminal.see("done")
    return out.read_text()


def test_routes_are_seen_sorted_filtered_and_looked_into(haechi_binary, watched, terminal):
    terminal.run(haechi_binary, "top", "your_app", "--data", watched.data)
    terminal.see("haechi top  your_app", "by time", f"http://127.0.0.1:{watched.dashboard}/")
    terminal.see(matching(r"(?s)GET top/rare.*GET top/often"))

    terminal.press("s")
    terminal.see("by requests", first_is("top/often"), matching(r"\s20\s.*GET top/often"))
    terminal.press("r")
    terminal.see("by requests, least first", lambda seen: rows_of(seen)[-1:] == ["top/often"])
    terminal.press("r", "s", "s")
    terminal.see("by errors", first_is("top/boom"))

    terminal.press("/")
    terminal.type("BOO")
    until(lambda: rows_of(terminal.screen) == ["top/boom"], 10, "only what was asked for")
    terminal.press("Enter", "Enter")
    # each is slow as well as failed
    terminal.see(
        *("GET top/boom of your_app", "3 failed", "500"),
        lambda seen: seen.count("/your_app/top/boom") == 6,
    )

    terminal.press("Enter")
    terminal.see("about to fail", "ValueError: no such card", "boom  ", "controllers/top.py")
    terminal.press("Escape")
    terminal.see("3 failed")
    terminal.press("Escape")
    terminal.see("by errors")
    terminal.press("Escape")
    terminal.see("GET top/often")


def test_a_request_in_flight_is_seen_with_its_age_and_what_it_logged(
    haechi_binary, watched, terminal
):
    waiting = threading.Thread(target=watched.visitor.get, args=("/your_app/top/wait/12",))
    waiting.start()
    try:
        terminal.run(haechi_binary, "top", "your_app", "--data", watched.data)
        terminal.press("2")
        age = re.compile(r"([\d.]+) s .*127\.0\.0\.1 .*/your_app/top/wait/12")
        before = float(age.search(terminal.see("1 in flight, oldest first", age.search))[1])

        def older():
            found = age.search(terminal.screen)
            return found and float(found[1]) >= before + 1

        until(older, 10, "it to become a second older")
        terminal.press("5")
        worker = matching(r"\d+ +[12] .*[\d.]+ MB .*your_app")
        terminal.see("your_app 1 busy of", "host: CPU", "MEMORY", worker)
        terminal.press("2", "Enter")
        terminal.see("GET /your_app/top/wait/12  in flight", "began to wait")
    finally:
        waiting.join()
    # it ends while it is looked at
    terminal.see("GET /your_app/top/wait/12  200")


def test_queries_and_where_the_time_went_are_seen_sorted_and_looked_into(
    haechi_binary, serve, terminal, monkeypatch
):
    monkeypatch.setitem(servers.COMMANDS, "timing", gunicorn)
    server = serve("timing", Plain, environment={"HAECHI_APP": "shop"})
    for _ in range(3):
        assert server.visitor.get("/layered").status == 200
    asked = Asked(server)
    until(lambda: len(asked.ask("/api/queries")["queries"]) == 2, what="the queries")
    terminal.run(haechi_binary, "top", "shop", "--data", server.data)
    terminal.press("6")
    query = matching(r"timing_wsgi\.py:\d+ +18 x in 3 requests  SELECT \* FROM item")
    terminal.see("2 queries of 15 min", "by time", query)
    terminal.press("s")
    terminal.see("by calls")
    terminal.press("/")
    terminal.type("from item")
    until(lambda: "SELECT ?" not in terminal.screen, 10, "only what was asked for")
    terminal.press("Enter", "Enter")
    terminal.see("GET /layered  200")
    terminal.press("Escape", "7")
    parts = [matching(rf"all routes .*{part} \d+%") for part in ("controller", "gc")]
    terminal.see(
        *("where the time of 15 min went", "all routes", "GET (unmatched)"),
        *("queue 0.02 s before", *parts),
    )
    terminal.press("j", "Enter")
    terminal.see("GET (unmatched) of shop", "3 slowest")


def test_log_lines_and_issues_are_live_and_no_text_acts_on_the_terminal(
    haechi_binary, watched, terminal
):
    title = terminal.state("pane_title")
    terminal.run(haechi_binary, "top", "--data", watched.data)
    terminal.press("3")
    terminal.see("something rare", "about to fail")
    assert watched.visitor.get("/your_app/top/hostile").status == 500
    terminal.see("\\x1b]0;title\\x07\\x1b[2J", "\\u202e", "something rare")
    terminal.press("l", "l", "l")
    terminal.see("of error or graver", "something rare", lambda seen: "about to fail" not in seen)
    terminal.press("/")
    terminal.type("nowhere")
    until(lambda: "something rare" not in terminal.screen, 10, "a search that finds nothing")
    terminal.press("Escape")
    terminal.see("something rare")

    terminal.press("4")
    issue = matching(r"new +3 .*ValueError: no such card")
    terminal.see(issue, "RuntimeError: \\x1b]0;title")
    terminal.press("Enter")
    terminal.see("RuntimeError", "The latest", "where     hostile")
    assert terminal.state("pane_title") == title
    assert "\x1b]" not in terminal.painted


def quit_by_key(terminal):
    terminal.press("q")


def quit_by_control_c(terminal):
    terminal.press("C-c")


def quit_by_signal(terminal):
    os.kill(terminal.child(), signal.SIGTERM)


@pytest.mark.parametrize("leave", [quit_by_key, quit_by_control_c, quit_by_signal])
def test_whatever_ends_it_leaves_the_terminal_as_it_was(
    haechi_binary, watched, terminal, tmp_path, leave
):
    before = settings_of(terminal, tmp_path)
    terminal.type(f"{haechi_binary} top --data {watched.data}; echo left with $?")
    terminal.press("Enter")
    terminal.see("haechi top  all apps", "GET top/often")
    assert terminal.state("alternate_on") == "1"
    leave(terminal)
    screen = terminal.see("left with 0")
    assert "GET top/often" not in screen
    assert terminal.state("alternate_on") == "0"
    assert terminal.state("cursor_flag") == "1"
    assert settings_of(terminal, tmp_path) == before


def test_it_can_be_stopped_continued_resized_and_paused(haechi_binary, watched, terminal, tmp_path):
    before = settings_of(terminal, tmp_path)
    terminal.run(haechi_binary, "top", "--data", watched.data)
    terminal.see("GET top/often")
    pid = terminal.child()
    for stop in (lambda: terminal.press("C-z"), lambda: os.kill(pid, signal.SIGTSTP)):
        stop()
        until(lambda: terminal.state("alternate_on") == "0", 10, "the shell's screen")
        assert settings_of(terminal, tmp_path) == before
        terminal.run("fg")
        terminal.see("GET top/often", "1 routes")
        assert terminal.state("alternate_on") == "1"
    terminal.resize(70, 16)
    until(lambda: "? help" in terminal.screen.splitlines()[15], 10, "the last row")
    terminal.see("haechi top", "GET top/often", "routes of 15 min")
    terminal.resize(130, 40)
    until(lambda: "? help" in terminal.screen.splitlines()[39], 10, "the last row")
    terminal.see("GET top/often", "p99 ms", "SHARE")
    terminal.press("p")
    terminal.see("PAUSED")
    terminal.press("p", "?")
    terminal.see("look closer: a route", "stop for a while")


def test_without_a_server_the_folder_is_read_until_there_is_one(
    haechi_binary, serve, site, terminal, tmp_path
):
    server = serve("gunicorn", site, server=False)
    assert server.visitor.get("/your_app/probe/ok").status == 200
    waiting = threading.Thread(target=server.visitor.get, args=("/your_app/probe/slow/6",))
    waiting.start()
    terminal.run(haechi_binary, "top", "--data", server.data)
    terminal.press("2")
    terminal.see("no server: read from the folder", "/your_app/probe/slow/6")
    waiting.join()
    serving = Serving(haechi_binary, server.data, tmp_path / "serving").start()
    try:
        terminal.press("1")
        terminal.see(f"http://127.0.0.1:{serving.port}/", "GET probe/ok", "GET probe/slow")
        until(
            lambda: (
                server.visitor.get("/your_app/probe/ok").status == 200
                and re.search(r"requests/s +[1-9]", terminal.screen)
            ),
            15,
            "traffic on the live chart",
        )
    finally:
        serving.stop()
    terminal.see("no server: read from the folder", "GET probe/ok")


def test_no_color_leaves_colours_out(haechi_binary, watched, tmp_path):
    colour = re.compile(r"\x1b\[[\d;]*(?:3[0-7]|4[0-7]|38|48|9[0-7])(?:;|m)")
    for folder, environment in (("plain", {"NO_COLOR": "1"}), ("coloured", {})):
        terminal = Terminal(tmp_path / folder, **environment)
        try:
            terminal.run(haechi_binary, "top", "--data", watched.data)
            terminal.press("3")
            terminal.see("something rare")
            assert bool(colour.search(terminal.painted)) == (folder == "coloured")
        finally:
            terminal.close()


@pytest.mark.parametrize("output", ["pipe", "dumb terminal"])
def test_what_is_no_terminal_gets_one_line_and_exit_code_2(
    haechi_binary, watched, terminal, output
):
    if output == "pipe":
        done = subprocess.run(
            [str(haechi_binary), "top", "--data", str(watched.data)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=10,
        )
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "haechi stats" in done.stderr
    else:
        terminal.type(f"TERM=dumb {haechi_binary} top --data {watched.data}; echo left with $?")
        terminal.press("Enter")
        terminal.see("left with 2", "TERM says")


def test_a_port_where_no_haechi_answers_is_told_before_anything_is_drawn(
    haechi_binary, watched, terminal
):
    terminal.type(f"{haechi_binary} top --port {watched.port}; echo left with $?")
    terminal.press("Enter")
    terminal.see("left with 1", f"no haechi answers at http://127.0.0.1:{watched.port}/")
    terminal.run(haechi_binary, "top", "--port", watched.dashboard)
    terminal.see("GET top/often")


def test_a_request_past_30_seconds_is_flagged_by_itself(haechi_binary, watched, terminal):
    terminal.run(haechi_binary, "top", "--data", watched.data)
    terminal.see("1 in flight", "1 past 30 s", seconds=60)
    terminal.press("2")
    flagged = matching(r"\d s +LONG .* bare_app .*/bare_app/top/stuck")
    terminal.see("1 in flight, oldest first, 1 past 30 s", flagged)
    stuck = json.loads(Visitor(watched.dashboard).get("/api/inflight").body)["inflight"]
    assert [(one["path"], one["long"]) for one in stuck] == [("/bare_app/top/stuck", True)]
