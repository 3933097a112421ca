"""Tickets that real web2py wrote while nobody watched are exceptions like others."""

import os
import pickle
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from servers import clean_environment
from serving import Serving
from visitor import Visitor
from waiting import until

HERE = Path(__file__).resolve().parent
PATHS = ("unhandled", "chained", "view", "unhandled/77")
UUID = "0b2c0e29-2a52-4a3e-9d0b-9a7d3a1d2f{:02x}"


def fail(site, *paths) -> "list[str]":
    """Runs failing requests in stock web2py, without Haechi; returns their tickets."""
    asked = subprocess.run(
        [sys.executable, str(HERE / "failing_site.py"), *paths],
        cwd=site.root,
        env=clean_environment(PYTHONPATH=str(site.root)),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return asked.stdout.split()


@pytest.fixture
def failing(site):
    """A site with an app that fails in many ways."""
    site.controller("your_app", "trouble", (HERE / "trouble_controller.py").read_text())
    folder = site.app("your_app") / "views" / "trouble"
    folder.mkdir()
    (folder / "view.html").write_text("{{=1 / denominator}}")
    return site


def found(haechi, text) -> "list[dict]":
    return haechi.get(f"/api/search?q={text}").json()["found"]


def events_of(haechi, ticket) -> "list[dict]":
    hits = [hit for hit in found(haechi, ticket) if hit["kind"] == "event"]
    return [haechi.get(f"/api/events/{hit['id']}").json() for hit in hits]


def until_read(haechi, number) -> None:
    """Waits until so many tickets were read from their files since the server started."""

    def read():
        tickets = haechi.get("/api/status").json()["tickets"]
        return tickets["read"] >= number and tickets["waiting"] == 0

    until(read, 30, f"{number} tickets to be read")


def issues_of(haechi) -> "list[dict]":
    answer = haechi.get("/api/issues?from=-1000d&state=all&app=your_app")
    # the app is not known before its first ticket is
    return answer.json()["issues"] if answer.status == 200 else []


def counted(haechi) -> int:
    return sum(issue["events"] for issue in issues_of(haechi))


def own(event):
    return [frame["function"] for frame in event["causes"][0]["frames"] if frame["in_app"]]


def test_tickets_from_before_are_found_like_others_and_join_the_issue_of_the_next(
    serve, failing, haechi_binary
):
    tickets = fail(failing, *(f"/your_app/trouble/{path}" for path in PATHS))
    assert len(set(tickets)) == len(PATHS) and all(t.startswith("your_app/") for t in tickets)
    server = serve("rocket", failing)
    haechi = Visitor(server.dashboard)
    until_read(haechi, len(PATHS))
    by_path = {path: events_of(haechi, t) for path, t in zip(PATHS, tickets, strict=True)}
    assert all(len(events) == 1 for events in by_path.values()), by_path
    event = by_path["unhandled"][0]
    assert (event["type"], event["message"]) == ("NoCover", "no cover for 5 won")
    assert (event["mechanism"], event["route"]) == ("ticket_file", "trouble/unhandled")
    assert own(event) == ["unhandled", "pay"]
    assert event["causes"][0]["frames"][-1]["source"].startswith("raise NoCover")
    assert "hunter2" not in str(event) and "4111" not in str(event)
    assert [cause["tie"] for cause in by_path["chained"][0]["causes"]] == ["raised", "cause"]
    assert by_path["view"][0]["type"] == "ZeroDivisionError"
    # the same failures, now seen: no new issue
    before = {event["issue"] for events in by_path.values() for event in events}
    new = [
        server.visitor.get(f"/your_app/trouble/{path}").headers["web2py_error"].split()[1]
        for path in PATHS
    ]
    number = 2 * len(PATHS)
    until(lambda: counted(haechi) >= number, what="the new ones to be stored")
    assert {issue["id"] for issue in issues_of(haechi)} == before
    # its exception is known from the log line, its ticket from the request alone
    server.visitor.get("/your_app/trouble/logged_and_raised")
    # a later ticket that nobody recorded shows that the folder was looked at again
    unseen = fail(failing, "/your_app/trouble/unhandled/1234")[0]
    until_read(haechi, len(PATHS) + 1)
    assert counted(haechi) == number + 2
    assert all(len(events_of(haechi, ticket)) == 1 for ticket in [*tickets, *new, unseen])
    shown = subprocess.run(
        [str(haechi_binary), "issues", "show", unseen, "--data", str(server.data)],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert shown.returncode == 0, shown.stderr
    assert "NoCover: no cover for 1234 won" in shown.stdout and "ticket file" in shown.stdout


def test_kills_restarts_and_another_grouping_count_no_ticket_twice(
    serve, failing, haechi_binary, tmp_path
):
    tickets = fail(failing, *(f"/your_app/trouble/unhandled/{n}" for n in range(60)))
    server = serve("rocket", failing, server=False)
    serving = Serving(haechi_binary, server.data, tmp_path / "serve")
    try:
        for _ in range(4):
            serving.start()
            seen = counted(serving)
            until(lambda seen=seen: counted(serving) > min(seen, 59), 30, "some to be read")
            serving.kill()
        serving.start()
        until(lambda: counted(serving) >= 60, 30, "all to be read")
        regrouped = subprocess.run(
            [str(haechi_binary), "issues", "regroup", "--data", str(server.data)],
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert regrouped.returncode == 0, regrouped.stderr
        serving.kill()
        serving.start()
        last = fail(failing, "/your_app/trouble/unhandled/61")[0]
        until(lambda: found(serving, last), 30, "the last to be read")
        # an issue's count follows its events
        until(lambda: counted(serving) >= 61, 30, "the last to be counted")
        assert counted(serving) == 61
        assert all(len(found(serving, ticket)) == 1 for ticket in tickets)
    finally:
        serving.stop()


class Runs:
    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return os.system, (f"touch {self.canary}",)


class Opens(Runs):
    def __reduce__(self):
        return open, (str(self.canary), "w")


def hostile_pickles(canary, real: bytes) -> "dict[str, bytes]":
    ticket = {"layer": "x", "traceback": "y"}
    runs = {
        f"{kind.__name__}-{protocol}-{place}": pickle.dumps(
            kind(canary) if place == "alone" else {**ticket, "snapshot": kind(canary)}, protocol
        )
        for kind in (Runs, Opens)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        for place in ("alone", "in a ticket")
    }
    return {
        **runs,
        "deep": b"(" * 1_000_000,
        "deep lists": b"]" * 1_000_000 + b"a" * 999_999 + b".",
        "memo": b"".join(b"\x8c\x01ar" + n.to_bytes(4, "little") + b"0" for n in range(200_000)),
        "long": b"\x80\x04\x8d" + b"\xff" * 8,
        "empty": b"",
        "text": b"not a pickle at all",
        **{f"cut at {end}": real[:end] for end in range(0, len(real), max(1, len(real) // 40))},
    }


def test_hostile_pickles_run_nothing_are_noted_once_and_stay_where_they_are(
    serve, failing, haechi_binary, tmp_path
):
    ticket = fail(failing, "/your_app/trouble/unhandled")[0]
    errors = failing.app("your_app") / "errors"
    real = (errors / ticket.partition("/")[2]).read_bytes()
    canary = tmp_path / "canary"
    texts = hostile_pickles(canary, real)
    names = {}
    for number, (what, data) in enumerate(texts.items()):
        name = f"127.0.0.1.2025-03-04.05-06-07.{UUID.format(number)}"
        (errors / name).write_bytes(data)
        names[name] = what
    (errors / f"127.0.0.1.2025-03-04.05-06-07.{UUID.format(200)}").symlink_to("/etc/passwd")
    os.mkfifo(errors / f"127.0.0.1.2025-03-04.05-06-07.{UUID.format(201)}")
    with open(errors / f"127.0.0.1.2025-03-04.05-06-07.{UUID.format(202)}", "wb") as huge:
        huge.truncate(1 << 30)
    before = {path.name: path.lstat() for path in errors.iterdir()}
    server = serve("rocket", failing)
    haechi = Visitor(server.dashboard)
    refused = len(texts) + 3
    until(
        lambda: haechi.get("/api/status").json()["tickets"]["refused"] == refused,
        30,
        f"{refused} files to be refused",
    )
    until_read(haechi, 1)

    def told():
        notes = haechi.get("/api/status").json()["notes"]
        return [note for note in notes if note["kind"] == "refused"]

    more = until(
        lambda: [note for note in told() if "more files" in note["text"]], what="the last note"
    )
    named = [note for note in told() if note["name"].startswith("your_app/")]
    assert len(named) + sum(note["count"] for note in more) == refused
    assert haechi.get("/api/status").json()["trouble"] is None
    for note in named:
        what = names.get(note["name"].partition("/")[2], "")
        if what.startswith("Runs"):
            assert "system" in note["text"], note
    assert not canary.exists()
    doctor = subprocess.run(
        [str(haechi_binary), "doctor", "--data", str(server.data)],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert f"{refused} files are none and were left alone" in doctor.stdout, doctor.stdout
    assert len(events_of(haechi, ticket)) == 1
    after = {path.name: path.lstat() for path in errors.iterdir()}
    kept = ("st_ino", "st_mode", "st_size", "st_mtime_ns", "st_ctime_ns")
    assert {n: [getattr(s, k) for k in kept] for n, s in after.items()} == {
        n: [getattr(s, k) for k in kept] for n, s in before.items()
    }
    assert any(stat.S_ISFIFO(s.st_mode) for s in after.values())
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(30)
    again = serve("rocket", failing, data=server.data)
    haechi = Visitor(again.dashboard)
    fail(failing, "/your_app/trouble/unhandled/2")
    until_read(haechi, 1)
    assert haechi.get("/api/status").json()["tickets"]["refused"] == 0
