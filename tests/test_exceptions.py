"""Every way an exception is captured, in real web2py, asked for through the API."""

import http.client
from collections import Counter
from pathlib import Path

import pytest
from visitor import Visitor
from waiting import until

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def server(module_serve, module_site):
    module_site.controller("your_app", "trouble", (HERE / "trouble_controller.py").read_text())
    folder = module_site.app("your_app") / "views" / "trouble"
    folder.mkdir()
    (folder / "view.html").write_text("{{=1 / denominator}}")
    module_site.controller("bare_app", "default", "def index():\n    return 'never'\n")
    (module_site.app("bare_app") / "models" / "broken.py").write_text("missing_name\n")
    return module_serve("rocket", module_site)


@pytest.fixture(scope="module")
def haechi(server):
    return Visitor(server.dashboard)


def issues(haechi, app="your_app"):
    answer = haechi.get(f"/api/issues?app={app}&state=all")
    return answer.json()["issues"] if answer.status == 200 else []


def event_on(haechi, route, app="your_app"):
    """Waits for an issue on a route and returns its latest event, whole."""

    def find():
        for issue in issues(haechi, app):
            if any(found["route"] == route for found in issue["routes"]):
                return haechi.get(f"/api/issues/{issue['id']}").json()["latest"]
        return None

    return until(find, what=f"an issue on {route}")


def own_functions(event):
    return [frame["function"] for frame in event["causes"][0]["frames"] if frame["in_app"]]


def test_an_unhandled_exception_is_captured_with_frames_locals_and_ticket(server, haechi):
    answer = server.visitor.get("/your_app/trouble/unhandled")
    assert answer.status == 500
    event = event_on(haechi, "trouble/unhandled")
    assert (event["type"], event["message"]) == ("NoCover", "no cover for 5 won")
    assert event["mechanism"] == "unhandled"
    assert event["ticket"].startswith("your_app/")
    assert own_functions(event) == ["unhandled", "pay"]
    frame = event["causes"][0]["frames"][-1]
    assert "raise NoCover" in frame["source"]
    shown = {local["name"]: local["value"] for local in frame["locals"]}
    assert shown["amount"] == "5"
    assert "hunter2" not in str(event) and "4111" not in str(event)


def test_a_ticket_a_request_and_a_trace_each_lead_to_the_exception(server, haechi):
    trace = "0af7651916cd43dd8448eb211c80319c"
    header = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    answer = server.visitor.get("/your_app/trouble/unhandled/77", header)
    ticket = answer.headers["web2py_error"].removeprefix("ticket ")

    def found(text):
        return haechi.get(f"/api/search?q={text}").json()["found"]

    until(lambda: found(trace), what="the trace to be found")
    request = next(hit["id"] for hit in found(trace) if hit["kind"] == "request")
    for text in (ticket, request, trace):
        kinds = {hit["kind"] for hit in found(text)}
        assert "request" in kinds or "event" in kinds, text
    exceptions = haechi.get(f"/api/requests/{request}").json()["exceptions"]
    assert [event["ticket"] for event in exceptions] == [ticket]
    event = haechi.get(f"/api/events/{exceptions[0]['id']}").json()
    assert event["request"]["id"] == request


def test_a_handled_exception_that_is_logged_is_captured(server, haechi):
    assert server.visitor.get("/your_app/trouble/handled").text == "sorry"
    event = event_on(haechi, "trouble/handled")
    assert (event["type"], event["mechanism"]) == ("NoCover", "logged")
    whole = haechi.get(f"/api/events/{event['id']}").json()
    assert [line["message"] for line in whole["logs"]] == ["payment failed: no cover for 7 won"]


def test_one_that_is_logged_and_then_raised_counts_once(server, haechi):
    for _ in range(3):
        assert server.visitor.get("/your_app/trouble/logged_and_raised").status == 500
    event_on(haechi, "trouble/logged_and_raised")

    def counted():
        counts = Counter()
        for issue in issues(haechi):
            for found in issue["routes"]:
                counts[found["route"]] += found["events"]
        return counts["trouble/logged_and_raised"]

    until(lambda: counted() >= 3, what="three occurrences")
    assert counted() == 3


def test_the_cause_of_an_exception_is_kept(server, haechi):
    server.visitor.get("/your_app/trouble/chained")
    causes = event_on(haechi, "trouble/chained")["causes"]
    assert [(cause["type"], cause["tie"]) for cause in causes] == [
        ("NoCover", "raised"),
        ("KeyError", "cause"),
    ]


@pytest.mark.parametrize(
    "path, app, route, kind, mechanism",
    [
        ("view", "your_app", "trouble/view", "ZeroDivisionError", "unhandled"),
        ("component", "your_app", "trouble/component", "NoCover", "unhandled"),
        ("streamed", "your_app", "trouble/streamed", "NoCover", "streamed"),
        ("in_thread", "your_app", None, "NoCover", "thread"),
        ("/bare_app/default/index", "bare_app", "default/index", "NameError", "unhandled"),
    ],
)
def test_exceptions_of_views_models_components_streams_and_threads(
    server, haechi, path, app, route, kind, mechanism
):
    try:
        server.visitor.get(path if path.startswith("/") else f"/your_app/trouble/{path}")
    except (OSError, http.client.HTTPException):
        assert path == "streamed", "only a broken stream breaks the connection"
    if route is None:
        thread = {"serve_rocket"}
        found = until(
            lambda: [issue for name in thread for issue in issues(haechi, name)],
            what="an issue of the program",
        )
        event = haechi.get(f"/api/issues/{found[0]['id']}").json()["latest"]
    else:
        event = event_on(haechi, route, app)
    assert (event["type"], event["mechanism"]) == (kind, mechanism)


def test_what_is_no_failure_is_no_exception(server, haechi):
    assert server.visitor.get("/your_app/trouble/fine").status == 200
    assert server.visitor.get("/your_app/trouble/nowhere").status == 404
    until(
        lambda: haechi.get("/api/requests?app=your_app&route=trouble/fine").json()["requests"],
        what="the request to be stored",
    )
    routes = {found["route"] for issue in issues(haechi) for found in issue["routes"]}
    assert not routes & {"trouble/fine", "(unmatched)"}
