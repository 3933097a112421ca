"""Where web2py's requests spend their time, found by name, on SQLite and on PostgreSQL."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import books
import postgres
import pytest
import recorded
import sites
from recorded import assert_adds_up, line_of, parts, spans
from visitor import Visitor
from waiting import until

_visits = itertools.count()

APPS = ("on_sqlite", "on_postgres")


@pytest.fixture(scope="module")
def cluster():
    yield from postgres.start()


@pytest.fixture(scope="module")
def server(module_serve, tmp_path_factory, cluster):
    site = sites.build(tmp_path_factory.mktemp("site"))
    books.add_books(site, "on_sqlite", "sqlite://storage.sqlite")
    books.add_books(site, "on_postgres", cluster.uri, pool=4)
    server = module_serve("rocket", site)
    for app in APPS:
        assert server.visitor.get(f"/{app}/default/fill").text == "filled", server.error
    return server


@pytest.fixture(scope="module")
def haechi(server):
    return Visitor(server.dashboard)


def visited(server, haechi, path, *more, **named):
    """Visits a page, each time by another address; returns what is told of that visit."""
    return recorded.visited(server, haechi, f"{path}/{next(_visits)}", *more, **named)


@pytest.mark.parametrize("app", APPS)
def test_a_query_per_row_is_named_with_its_line_and_its_twin_that_asks_once_is_not(
    server, haechi, app
):
    request = visited(server, haechi, f"/{app}/default/one_by_one")
    (repeat,) = request["repeats"]
    assert repeat["file"].endswith(f"applications/{app}/controllers/default.py")
    assert repeat["line"] == line_of(books.CONTROLLER)
    assert repeat["count"] == 12 and 'FROM "author" WHERE' in repeat["query"]
    assert repeat["saves_ms"] == pytest.approx(repeat["total_ms"] * 11 / 12, abs=0.002)
    assert_adds_up(request)
    twin = visited(server, haechi, f"/{app}/default/at_once")
    assert twin["repeats"] == [] and spans(twin, "db")
    assert_adds_up(twin)


@pytest.mark.parametrize("app", APPS)
def test_queries_tell_their_rows_and_not_their_data(server, haechi, app):
    request = visited(server, haechi, f"/{app}/default/one_by_one")
    names = [(span["name"], span["rows"]) for span in spans(request, "db")]
    of_books = [rows for name, rows in names if 'FROM "book"' in name]
    of_authors = [rows for name, rows in names if 'FROM "author"' in name]
    assert (of_books, of_authors) == ([12], [1] * 12)
    assert names[-1][0] == "COMMIT"


@pytest.mark.parametrize("app, error", [(APPS[0], "OperationalError"), (APPS[1], "UndefinedTable")])
def test_a_statement_that_raises_is_counted_as_failed(server, haechi, app, error):
    request = visited(server, haechi, f"/{app}/default/failing", error)
    (failed,) = (span for span in request["spans"] if span["failed"])
    assert failed["name"] == "SELECT secret FROM nowhere WHERE password = ?"
    assert failed["line"] == line_of(books.CONTROLLER, "# fails")
    assert "hunter2" not in str(request)
    assert_adds_up(request)


@pytest.mark.parametrize("app", APPS)
def test_models_controller_and_view_are_told_apart(server, haechi, app):
    request = visited(server, haechi, f"/{app}/default/seen")
    names = {part: [span["name"] for span in spans(request, part)] for part in parts(request)}
    assert names["model"] == ["models", "models/db.py"]
    assert names["controller"] == ["default/seen"]
    assert names["template_render"] == ["default/seen.html"]
    assert names["template_parse"] == ["default/seen.html", "compile seen.html"]
    (repeat,) = request["repeats"]
    assert repeat["file"].endswith(f"applications/{app}/views/default/seen.html")
    assert (repeat["line"], repeat["count"]) == (line_of(books.SEEN, "book.author.name"), 12)
    assert_adds_up(request)


@pytest.mark.parametrize("app", APPS)
def test_a_component_within_a_view_takes_its_time_from_the_view(server, haechi, app):
    request = visited(server, haechi, f"/{app}/default/nested")
    (view,) = spans(request, "template_render")
    inner = next(span for span in spans(request, "controller") if span["name"] == "default/piece")
    assert inner["parent"] == view["id"]
    query = next(span for span in spans(request, "db") if "COUNT" in span["name"])
    assert query["parent"] == inner["id"]
    assert_adds_up(request)


def test_a_request_that_waits_for_another_of_its_session_says_so(server, haechi):
    first = server.visitor.get("/on_sqlite/default/hold")
    cookie = {"Cookie": first.headers["Set-Cookie"].partition(";")[0]}
    path = "/on_sqlite/default/hold?seconds=0.3"
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: server.visitor.get(path, headers=cookie), range(2)))
    assert sorted(answer.text for answer in both) == ["2", "3"]

    def found():
        rows = haechi.get("/api/requests?path=/on_sqlite/default/hold&from=-1h").json()["requests"]
        return len(rows) == 3 and rows

    rows = until(found, what="both requests to be told")
    requests = [haechi.get(f"/api/requests/{row['id']}").json() for row in rows]
    waits = sorted(parts(request).get("session_wait", 0) for request in requests)
    assert waits[-1] >= 200 and waits[-2] < 50
    longest = max(requests, key=lambda request: parts(request).get("session_wait", 0))
    assert [span["name"] for span in spans(longest, "session_wait")] == ["session file"]
    assert_adds_up(longest)


def test_a_pause_of_the_garbage_collector_is_named(server, haechi):
    request = visited(server, haechi, "/on_sqlite/default/collected", "collected")
    longest = max(spans(request, "gc"), key=lambda span: span["duration_ms"])
    assert longest["name"] == "generation 2"
    assert parts(request)["gc"] >= longest["duration_ms"] > 1
    assert_adds_up(request)


def test_what_is_made_for_a_cache_is_told_apart_from_looking_it_up(server, haechi):
    path = "/on_sqlite/default/cached"
    first = visited(server, haechi, path, "42")
    (lookup,) = spans(first, "cache")
    (made,) = spans(first, "other")
    assert (lookup["name"], made["name"]) == ("cache.ram", "made for cache.ram")
    assert made["parent"] == lookup["id"] and made["duration_ms"] >= 50
    assert parts(first)["cache"] < 10
    assert_adds_up(first)


@pytest.mark.parametrize("app", APPS)
def test_a_connection_that_is_closed_mid_request_fails_as_without_haechi(server, haechi, app):
    want = {
        "on_sqlite": "ProgrammingError: Cannot operate on a closed database.",
        "on_postgres": "InterfaceError: cursor already closed",
    }
    request = visited(server, haechi, f"/{app}/default/closed", want[app])
    (failed,) = (span for span in request["spans"] if span["failed"])
    assert failed["name"] == "SELECT ?"
    assert_adds_up(request)


def test_the_time_before_the_worker_is_the_queue(server, haechi):
    taken = {"X-Request-Start": f"t={time.time() - 0.2:.3f}"}
    request = visited(server, haechi, "/on_sqlite/default/five", "ok", headers=taken)
    assert 190 <= parts(request)["queue"] < 5000
    request = visited(server, haechi, "/on_sqlite/default/five", headers={"X-Request-Start": "t=1"})
    assert "queue" not in parts(request)
