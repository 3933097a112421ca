"""A program of no known framework is watched where its server takes the application."""

import sys
from pathlib import Path

import pytest
import servers
from waiting import until

PROGRAM = Path(__file__).resolve().parent / "plain_wsgi.py"
KINDS = ("wsgiref", "waitress", "rocket3", "gevent", "cheroot")
GUNICORN = {
    "gunicorn-sync": ("--workers", "2"),
    "gunicorn-gthread": ("--workers", "2", "--threads", "4"),
    # left alone, gunicorn's gevent worker sometimes takes 30 s to stop
    "gunicorn-gevent": ("--workers", "2", "--worker-class", "gevent", "--graceful-timeout", "3"),
}


def command(kind):
    if kind in GUNICORN:
        return lambda port: [
            *(
                sys.executable,
                "-m",
                "gunicorn",
                "--bind",
                f"127.0.0.1:{port}",
                "--no-control-socket",
            ),
            *GUNICORN[kind],
            "plain_wsgi:application",
        ]
    return lambda port: [sys.executable, str(PROGRAM), kind, str(port)]


class Here:
    """A folder to run in, in the place of a web2py site."""

    root = PROGRAM.parent


@pytest.mark.parametrize("kind", (*KINDS, *GUNICORN))
def test_each_request_counts_once(serve, monkeypatch, kind):
    monkeypatch.setitem(servers.COMMANDS, kind, command(kind))
    visitor = serve(kind, Here, environment={"HAECHI_APP": "plain_wsgi"}).visitor
    answers = visitor.crowd(["/ok", "/stream", "/raise"] * 10, threads=4)
    assert [answer.status for answer in answers[:2]] == [200, 200]
    assert answers[1].text == "one two"
    sent = 30

    def numbers():
        nonlocal sent
        found = visitor.get("/stats").json()
        counted = found["requests"]["total"]
        assert counted <= sent, f"{counted} counted, only {sent} sent"
        sent += 1
        return found if counted == sent - 1 else None

    found = until(numbers, what="the count to reach what was sent")
    assert found["status"]["5xx"] == 10
