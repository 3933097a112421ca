"""The numbers are the app's, not one worker's: equal to what was sent, whoever answers."""

import pytest
import servers
from numbers_of import requests_in_all, settled, statistics
from servers import SERVERS
from waiting import until

MIX = (
    "probe/ok",
    "probe/item",
    "probe/pid",
    "probe/stream",
    "default/index",
    "probe/no_such",
    "static/hello.txt",
)


@pytest.mark.parametrize("haechi_server", (True, False), ids=("with-server", "no-server"))
@pytest.mark.parametrize("kind", SERVERS)
def test_totals_equal_what_was_sent_whichever_worker_answers(serve, site, kind, haechi_server):
    visitor = serve(kind, site, server=haechi_server).visitor
    paths = [f"/your_app/{MIX[number % len(MIX)]}" for number in range(280)]
    answers = visitor.crowd(paths)
    assert {answer.status for answer in answers} == {200, 404}
    # every look is answered by whichever worker is free, and each must know of all
    for _ in range(6):
        numbers = settled(visitor, "your_app")
    statuses = numbers["status"]
    assert statuses["4xx"] == visitor.by_status["your_app", 4]
    assert sum(route["requests"] for route in numbers["routes"]) == requests_in_all(numbers)
    if kind != "rocket":
        pids = {answer.text for path, answer in zip(paths, answers) if path.endswith("/pid")}
        assert len(pids) == 2, "only one worker was asked; the test shows nothing"


@pytest.mark.parametrize("kind", ("gunicorn", "uwsgi"))
def test_a_pause_holds_in_every_worker_at_once_and_after_a_restart(serve, site, kind):
    first = serve(kind, site)
    visitor = first.visitor
    visitor.crowd(["/your_app/probe/ok"] * 20)
    before = requests_in_all(settled(visitor, "your_app"))
    visitor.get("/your_app/probe/switch/off")
    visitor.crowd(["/your_app/probe/ok"] * 40)
    after = requests_in_all(statistics(visitor, "your_app"))
    assert after == before + 1, "the look before the pause counts, nothing after it"
    first.stop()
    again = serve(kind, site, data=first.data).visitor
    again.crowd(["/your_app/probe/ok"] * 20)
    assert requests_in_all(statistics(again, "your_app")) <= after
    again.get("/your_app/probe/switch/on")
    now = requests_in_all(statistics(again, "your_app"))
    again.crowd(["/your_app/probe/ok"] * 20)
    assert requests_in_all(statistics(again, "your_app")) == now + 21


def test_the_flag_of_the_app_is_what_counts_when_nothing_is_on_by_default(serve, site, monkeypatch):
    def off(port):
        return ["env", "HAECHI_STATISTICS=off", *servers.COMMANDS["gunicorn"](port)]

    monkeypatch.setitem(servers.COMMANDS, "off-by-default", off)
    visitor = serve("off-by-default", site).visitor
    visitor.crowd(["/your_app/probe/ok"] * 10)
    visitor.get("/your_app/probe/switch/on")
    before = requests_in_all(statistics(visitor, "your_app"))
    assert before == 1, "nothing counts before the switch"
    visitor.crowd(["/your_app/probe/ok"] * 10)
    assert requests_in_all(statistics(visitor, "your_app")) == before + 11


def test_a_running_request_is_shown_with_its_age(serve, site):
    import threading

    visitor = serve("gunicorn", site).visitor
    slow = threading.Thread(target=visitor.get, args=("/your_app/probe/slow/2",))
    slow.start()
    try:

        def running():
            in_flight = statistics(visitor, "your_app")["in_flight"]
            return [one for one in in_flight if "slow" in one["path"]]

        assert until(running, 5)[0]["age_ms"] > 0
    finally:
        slow.join()


def test_an_error_page_of_routes_onerror_counts_once_as_the_first_request(serve, site):
    (site.root / "routes.py").write_text(
        "routes_onerror = [('your_app/*', '/your_app/probe/ok')]\n"
    )
    visitor = serve("rocket", site).visitor
    for _ in range(3):
        assert visitor.get("/your_app/probe/boom").status == 500
        assert visitor.get("/your_app/probe/item").status == 404
    numbers = settled(visitor, "your_app")
    routes = {route["route"]: route["requests"] for route in numbers["routes"]}
    assert routes["probe/boom"] == 3 and routes["probe/item"] == 3
    assert "probe/ok" not in routes


def test_the_parametric_router_leads_to_the_same_page(serve, site):
    (site.root / "routes.py").write_text(
        "routers = dict(BASE=dict(default_application='your_app'))\n"
    )
    visitor = serve("rocket", site).visitor
    for path in ("/your_app/stats", "/stats", "/your_app/default/stats"):
        assert visitor.get(path).text.lstrip().lower().startswith("<!doctype html")
    for path in ("/your_app/stats.json", "/stats.json"):
        assert visitor.get(path).json()["app"] == "your_app"
