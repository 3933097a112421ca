"""Where a request's time went: from the native functions to the API, in a real server."""

import sys
from pathlib import Path

import pytest
import servers
from told import request_on
from visitor import Visitor
from waiting import until

HERE = Path(__file__).resolve().parent


class Plain:
    root = HERE


def gunicorn(port):
    options = ["--workers", "1", "--threads", "4", "--no-control-socket"]
    bind = ["--bind", f"127.0.0.1:{port}", "timing_wsgi:application"]
    return [sys.executable, "-m", "gunicorn", *options, *bind]


@pytest.fixture(scope="module")
def server(module_serve):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(servers.COMMANDS, "timing", gunicorn)
        return module_serve("timing", Plain, environment={"HAECHI_APP": "shop"})


@pytest.fixture(scope="module")
def haechi(server):
    return Visitor(server.dashboard)


def whole(haechi, path):
    request = request_on(haechi, path, 0)
    return haechi.get(f"/api/requests/{request['id']}").json()


def test_parts_add_up_and_spans_name_what_they_were_without_its_data(server, haechi):
    assert server.visitor.get("/layered").status == 200
    request = whole(haechi, "/layered")
    split = {row["part"]: row for row in request["split"]}
    within = sum(row["self_ms"] for part, row in split.items() if part != "queue")
    assert within == pytest.approx(request["duration_ms"], rel=0.01)
    assert split["queue"]["self_ms"] == 7
    assert split["gc"]["self_ms"] >= 20 and split["controller"]["self_ms"] >= 20
    assert split["gc"]["self_ms"] + split["controller"]["self_ms"] < request["duration_ms"]
    assert split["db"]["count"] == 7
    controller, *others = request["spans"]
    assert (controller["name"], controller["parent"]) == ("default/index", None)
    assert {span["parent"] for span in others} == {controller["id"]}
    queries = [span for span in others if span["part"] == "db"]
    assert [span["name"] for span in queries] == [
        *["SELECT * FROM item WHERE id = ?"] * 6,
        "SELECT ?",
    ]
    assert [(span["rows"], span["failed"]) for span in queries] == [(1, False)] * 6 + [(None, True)]
    assert all(span["file"].endswith("timing_wsgi.py") and span["line"] for span in queries)
    (call,) = (span for span in others if span["part"] == "http_client")
    assert (call["name"], call["status"]) == ("other.example/api", 502)
    assert "hunter2" not in str(request)


def test_a_query_that_repeats_is_told_with_its_line(server, haechi):
    assert server.visitor.get("/layered").status == 200
    (repeat,) = whole(haechi, "/layered")["repeats"]
    assert (repeat["query"], repeat["count"]) == ("SELECT * FROM item WHERE id = ?", 6)
    assert repeat["file"].endswith("timing_wsgi.py") and repeat["line"]
    assert repeat["saves_ms"] == pytest.approx(repeat["total_ms"] * 5 / 6, abs=0.002)


def test_a_thousand_queries_are_all_counted_though_few_are_told_one_by_one(server, haechi):
    assert server.visitor.get("/many").status == 200
    request = whole(haechi, "/many")
    assert len(request["spans"]) == 201 and request["spans_left_out"] == 0
    assert request["spans"][-1]["count"] == 800

    def counted():
        found = haechi.get("/api/queries?app=shop&sort=calls").json()["queries"]
        return next(
            (row for row in found if row["query"] == "SELECT ?" and row["calls"] > 999), None
        )

    row = until(counted, what="the queries to be counted")
    assert row["repeats"] == 1 and row["repeated"] == 1000


def test_split_by_route_and_part_is_the_sum_of_its_requests(server, haechi):
    assert server.visitor.get("/layered").status == 200
    whole(haechi, "/layered")
    answer = haechi.get("/api/split?app=shop").json()
    by_part = {row["part"]: row["self_ms"] for row in answer["parts"]}
    of_routes = {}
    for route in answer["routes"]:
        for row in route["split"]:
            of_routes[row["part"]] = of_routes.get(row["part"], 0) + row["self_ms"]
    assert of_routes["db"] == pytest.approx(by_part["db"], abs=0.01)
    assert by_part["gc"] >= 20


def test_nothing_a_hook_hands_over_breaks_the_app(server, haechi):
    assert server.visitor.get("/hostile").status == 200
    names = [span["name"] for span in whole(haechi, "/hostile")["spans"]]
    assert names == ["SELECT ?…", "", "", "SELECT ?", "of no part", "older than the request"]


def test_what_a_span_costs_is_told(server, record_property):
    nanoseconds = float(server.visitor.get("/cost").text)
    record_property("nanoseconds_per_span", nanoseconds)
    print(f"{nanoseconds:.0f} ns per query")
    assert nanoseconds > 0
