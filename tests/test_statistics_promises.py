"""`request.statistics` in real, unmodified web2py: the promised code, each alone and together."""

import pytest
from numbers_of import requests_in_all, settled, statistics

FOREIGN = {"X-Forwarded-For": "8.8.8.8"}
FOOLED = {"X-Forwarded-For": "127.0.0.1, 8.8.8.8"}
APPS_WITH_STATS = ("your_app", "bare_app", "traffic_app")


@pytest.fixture(scope="module")
def visitor(module_serve, module_site):
    return module_serve("rocket", module_site).visitor


@pytest.mark.parametrize("app", APPS_WITH_STATS)
@pytest.mark.parametrize("path", ("/default/stats", "/stats"))
def test_a_browser_gets_a_page_at_both_addresses(visitor, app, path):
    answer = visitor.get(f"/{app}{path}", {"Accept": "text/html,*/*;q=0.8"})
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.lstrip().lower().startswith("<!doctype html")


@pytest.mark.parametrize("app", APPS_WITH_STATS)
@pytest.mark.parametrize("path", ("/default/stats.json", "/stats.json"))
def test_json_is_given_by_extension(visitor, app, path):
    answer = visitor.get(f"/{app}{path}")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json()["app"] == app


@pytest.mark.parametrize("path", ("/default/stats", "/stats"))
def test_json_is_given_to_who_accepts_it(visitor, path):
    answer = visitor.get(f"/bare_app{path}", {"Accept": "application/json, text/plain, */*"})
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json()["app"] == "bare_app"


def test_the_index_of_the_first_piece_works_alone(visitor):
    assert visitor.get("/traffic_app/default/index").status == 200


def test_an_app_without_the_function_stats_has_no_such_address(visitor):
    assert visitor.get("/log_app/stats").status == 404
    assert visitor.get("/log_app/stats.json").status == 400


def test_a_controller_named_stats_is_left_alone(visitor, module_site):
    module_site.controller("catch_app", "stats", "def index():\n    return 'mine'\n")
    text = module_site.app("catch_app") / "controllers" / "default.py"
    text.write_text(text.read_text() + "\ndef stats():\n    return 'not mine'\n")
    assert visitor.get("/catch_app/stats").text == "mine"


@pytest.mark.parametrize("headers", (FOREIGN, FOOLED), ids=("foreign", "fooled"))
@pytest.mark.parametrize("path", ("/default/stats", "/default/stats.json", "/stats", "/stats.json"))
def test_the_numbers_are_not_given_to_another_machine(visitor, path, headers):
    answer = visitor.get(f"/your_app{path}", headers)
    assert answer.status == 403
    assert "requests" not in answer.text


@pytest.mark.parametrize(
    "header",
    (
        {"X-Forwarded-For": "8.8.8.8"},
        {"X-Forwarded-For": "127.0.0.1, 8.8.8.8"},
        {"X-Forwarded-For": "127.0.0.1, unknown"},
        {"X-Real-IP": "8.8.8.8"},
        {"Forwarded": "for=127.0.0.1, for=8.8.8.8"},
        {"Forwarded": 'for="[2001:db8::1]:4711"'},
        {"Forwarded": "by=127.0.0.1"},
    ),
)
@pytest.mark.parametrize("action", ("unguarded", "unguarded_keys", "in_dict", "in_dict.json"))
def test_an_action_that_does_not_ask_gives_nothing_to_another_machine(visitor, action, header):
    answer = visitor.get(f"/your_app/probe/{action}", header)
    assert answer.status == 403
    assert "requests" not in answer.text


@pytest.mark.parametrize(
    "header",
    (
        {"X-Forwarded-For": "127.0.0.1, ::1"},
        {"Forwarded": 'for="[::1]:9", for=127.0.0.2:80'},
    ),
)
def test_a_proxy_on_this_machine_is_this_machine(visitor, header):
    assert visitor.get("/your_app/probe/unguarded", header).status == 200


def test_as_a_value_it_works_in_generic_views(visitor):
    page = visitor.get("/your_app/probe/in_dict")
    assert page.status == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<!doctype" not in page.text.lower(), "a piece of a page, not a page in a page"
    assert visitor.get("/your_app/probe/in_dict.json").json()["stats"]["app"] == "your_app"


def test_in_a_loaded_component_it_is_a_piece_of_a_page(visitor):
    page = visitor.get("/your_app/probe/in_view")
    assert page.status == 200
    assert "<!doctype" not in page.text.lower()
    assert "your_app" in page.text and "None" not in page.text


def test_in_a_component_loaded_by_the_browser_it_is_a_piece_of_a_page(visitor):
    assert visitor.get("/your_app/probe/in_ajax_view").status == 200
    headers = {"web2py-component-element": "c1", "X-Requested-With": "XMLHttpRequest"}
    piece = visitor.get("/your_app/probe/component.load", headers)
    assert piece.status == 200
    assert piece.text and "<!doctype" not in piece.text.lower()


def test_it_reads_like_a_dict(visitor):
    assert visitor.get("/your_app/probe/like_a_dict").text == "True True"


def test_a_switch_holds_at_once_and_a_pause_counts_nothing(visitor):
    before = requests_in_all(settled(visitor, "your_app"))
    assert visitor.get("/your_app/probe/switch/off").text == "switched"
    for _ in range(5):
        visitor.get("/your_app/probe/ok")
    assert visitor.get("/your_app/probe/switch/on").text == "switched"
    # the switch-on request is the first that counts again; the look before it counted too
    assert requests_in_all(statistics(visitor, "your_app")) == before + 2
    visitor.sent["your_app"] = before + 3


def test_routes_statuses_and_static_files_are_named(visitor):
    for path in ("ok", "item", "boom", "stream", "nothing_here"):
        visitor.get(f"/your_app/probe/{path}")
    visitor.get("/your_app/static/hello.txt")
    visitor.get("/your_app/no_controller/at_all")
    numbers = settled(visitor, "your_app")
    routes = {route["route"] for route in numbers["routes"]}
    assert {
        "probe/ok",
        "probe/item",
        "probe/boom",
        "probe/stream",
        "(static)",
        "(unmatched)",
    } <= routes
    assert not any("nothing_here" in route or "no_controller" in route for route in routes)


def test_what_is_promised_is_in_it(visitor):
    visitor.get("/your_app/probe/slow/0.05")
    numbers = settled(visitor, "your_app")
    assert {"app", "state", "since", "in_flight"} <= numbers.keys()
    assert {"total", "per_second", "last_minute", "last_hour"} <= numbers["requests"].keys()
    assert {"1xx", "2xx", "3xx", "4xx", "5xx"} <= numbers["status"].keys()
    assert {"pid", "state", "requests", "in_flight"} <= numbers["workers"][0].keys()
    assert {"method", "route", "requests", "errors", "mean_ms", "p95_ms"} <= numbers["routes"][
        0
    ].keys()
    latency = numbers["latency_ms"]
    assert (
        0 < latency["p50"] <= latency["p90"] <= latency["p95"] <= latency["p99"] <= latency["max"]
    )
    assert latency["mean"] <= latency["max"] and latency["max"] >= 50
    assert numbers["bytes"]["out"] > 0
    assert numbers["slowest"][0]["duration_ms"] == latency["max"]
    times = [route["total_ms"] for route in numbers["routes"]]
    assert times == sorted(times, reverse=True)
    assert abs(sum(route["time_share"] for route in numbers["routes"]) - 1) < 0.01
