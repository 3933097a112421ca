"""What is told of one request: its parts, its spans, and that they add up."""

import pytest
from told import request_on


def visited(server, haechi, path, want=None, headers=None):
    """Visits a page that was not visited before; returns what is told of that visit."""
    answer = server.visitor.get(path, headers=headers)
    assert answer.status == 200, answer.text
    if want is not None:
        assert answer.text == want
    return whole(haechi, path)


def whole(haechi, path):
    request = request_on(haechi, path.partition("?")[0], 0)
    return haechi.get(f"/api/requests/{request['id']}").json()


def parts(request):
    return {row["part"]: row["self_ms"] for row in request["split"]}


def spans(request, part):
    return [span for span in request["spans"] if span["part"] == part]


def line_of(text, marked="# planted"):
    lines = text.splitlines()
    return next(number for number, line in enumerate(lines, 1) if marked in line)


def assert_adds_up(request):
    """The parts are the whole, and no query is told by its driver and by what lies above it."""
    within = sum(row["self_ms"] for row in request["split"] if row["part"] != "queue")
    assert within == pytest.approx(request["duration_ms"], rel=0.01, abs=0.01)
    around = {span["id"]: span for span in request["spans"]}
    assert len(around) == len(request["spans"])
    for span in request["spans"]:
        parent = around.get(span["parent"])
        assert parent is None or (span["part"], parent["part"]) != ("db", "db")
