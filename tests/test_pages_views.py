"""The pages of queries, releases, workers, and where the time went: every door of them."""

import sys
import threading

import pytest
import servers
from browsing import dashboard, number
from playwright.sync_api import expect
from serving import Asked
from test_spans import Plain
from waiting import until

WORKERS = 2


def gunicorn(port):
    options = ["--workers", str(WORKERS), "--threads", "1", "--no-control-socket"]
    bind = ["--bind", f"127.0.0.1:{port}", "timing_wsgi:application"]
    return [sys.executable, "-m", "gunicorn", *options, *bind]


@pytest.fixture(scope="module")
def server(module_serve):
    """An app of a release whose requests ask queries and wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(servers.COMMANDS, "timing", gunicorn)
        environment = {"HAECHI_APP": "shop", "HAECHI_RELEASE": "<b>2.0</b>"}
        made = module_serve("timing", Plain, environment=environment)
    for _ in range(8):
        assert made.visitor.get("/layered").status == 200
    asked = Asked(made)
    until(lambda: len(asked.ask("/api/requests")["requests"]) >= 8, what="the requests")
    until(lambda: asked.ask("/api/queries")["queries"], what="the queries")
    return made


def test_a_query_is_told_with_its_line_its_proof_and_the_ways_to_route_and_request(page, server):
    page.goto(dashboard(server))
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    page.keyboard.press("g")
    page.keyboard.press("q")
    expect(page.locator("h1")).to_have_text("Queries")
    rows = page.get_by_test_id("queries-table").locator("tbody tr")
    expect(rows).to_have_count(2)
    row = rows.filter(has_text="SELECT * FROM item WHERE id = ?")
    expect(row.get_by_test_id("query-place")).to_contain_text("timing_wsgi.py:")
    proof = row.get_by_test_id("query-proof")
    expect(proof).to_contain_text("Asked 48 times from")
    expect(proof).to_contain_text("in 8 requests")
    expect(rows.filter(has_text="SELECT ?").locator(".error-text")).to_have_text("8")
    row.get_by_test_id("query-request").first.click()
    expect(page.get_by_test_id("request-fields")).to_contain_text("/layered")
    page.go_back()
    row.get_by_test_id("query-route").first.click()
    expect(page.get_by_test_id("route-title")).to_contain_text("GET")


def test_a_request_shows_its_parts_and_spans_as_a_waterfall(page, server):
    request = Asked(server).ask("/api/requests")["requests"][0]["id"]
    page.goto(dashboard(server, f"#/requests/{request}"))
    spans = page.get_by_test_id("waterfall").locator("> li")
    expect(spans).to_have_count(10)
    expect(spans.first).to_contain_text("default/index")
    expect(spans.filter(has_text="SELECT * FROM item")).to_have_count(6)
    expect(spans.filter(has_text="other.example/api")).to_contain_text("502")
    expect(page.get_by_test_id("repeat")).to_contain_text("6 times")
    # a span is drawn within the one it belongs to, and not longer than the request
    bars = spans.locator(".track > span").all()
    boxes, track = (
        [bar.bounding_box() for bar in bars],
        spans.locator(".track").first.bounding_box(),
    )
    outer = boxes[0]
    for box in boxes:
        assert box["x"] >= outer["x"] - 1
        assert box["x"] + box["width"] <= track["x"] + track["width"] + 3


def test_queries_are_filtered_and_sorted_in_the_address(page, server):
    page.goto(dashboard(server, "#/queries"))
    rows = page.get_by_test_id("queries-table").locator("tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_test_id("queries-filter").fill("from ITEM")
    expect(rows).to_have_count(1)
    page.get_by_test_id("queries-sort").select_option("saves")
    expect(rows).to_have_count(1)
    assert "q=from+ITEM" in page.url and "sort=saves" in page.url
    page.get_by_test_id("queries-filter").fill("no such text")
    expect(page.get_by_text("No query matches.")).to_be_visible()


def test_the_parts_stand_on_each_other_over_time_on_overview_and_route(page, server):
    for place in ("", "#/routes/(unmatched)?method=GET&of=shop"):
        page.goto("about:blank")
        page.goto(dashboard(server, place))
        chart = page.get_by_test_id("split-chart")
        expect(chart.locator("canvas")).to_be_visible()
        expect(chart).to_contain_text("Database")
        expect(chart).to_contain_text("Garbage collector")
        # the names of all parts that occur: queue time is none of a request's
        expect(chart).not_to_contain_text("Waiting for a worker")


def test_every_chart_marks_a_release_and_says_so_to_those_who_cannot_see(page, server):
    page.goto(dashboard(server))
    past = page.locator("section", has=page.get_by_text("Over time")).locator(".plot")
    expect(past.first).to_have_attribute("data-marks", "1")
    for plot in past.all():
        expect(plot).to_have_attribute("data-marks", "1")
        assert "New releases: shop <b>2.0</b>," in plot.get_attribute("aria-label")
    # an hour before it there is none
    page.goto(dashboard(server, "#/?from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z"))
    expect(page.get_by_text("No requests in this range.").first).to_be_visible()


def test_a_release_leads_to_its_requests_and_they_are_filtered_by_it(page, server):
    page.goto(dashboard(server))
    last = page.get_by_test_id("last-release")
    expect(last).to_contain_text("<b>2.0</b>")
    expect(last.get_by_test_id("verdict")).to_have_attribute("data-value", "first")
    last.get_by_role("link").first.click()
    expect(page.locator("h1")).to_have_text("Releases")
    expect(page.get_by_test_id("releases-table").locator("tbody tr")).to_have_count(1)
    expect(page.get_by_test_id("release-verdict")).to_have_attribute("data-value", "<b>2.0</b>")
    page.get_by_test_id("releases-table").get_by_role("link", name="Its requests").click()
    expect(page.get_by_test_id("requests-table").locator("tbody tr").first).to_be_visible()
    expect(page.get_by_test_id("release-filter")).to_have_value("<b>2.0</b>")
    assert "release=%3Cb%3E2.0" in page.url
    page.get_by_test_id("requests-table").get_by_role("link").first.click()
    expect(page.get_by_test_id("request-fields")).to_contain_text("<b>2.0</b>")


def verdict_of(name, changes, requests=400):
    return {
        **{"app": "shop", "method": "GET", "route": name, "verdict": "worse", "changes": changes},
        **{"requests_before": requests, "requests_after": requests},
        **{"p50_before_ms": 20.5, "p50_after_ms": 61.2, "p95_before_ms": 30, "p95_after_ms": 90},
        **{"errors_before": 1, "errors_after": 40},
    }


def test_what_changed_is_told_by_how_much_and_how_surely(page, server):
    """The answer is the server's, with routes added: no test waits for an hour of traffic."""
    slower = {"change": "slower", "before": 20.5, "after": 61.2, "p": 1e-12}
    fails = {"change": "fails_more", "before": 0.0025, "after": 0.1, "p": 0.004}

    def judged(route):
        answer = route.fetch()
        found = answer.json()
        told = found["verdict"] if "releases" in route.request.url else found
        routes = [verdict_of("/<script>pay", [slower, fails])]
        told.update({"verdict": "worse", "judged": 1, "routes": routes})
        route.fulfill(response=answer, json=found)

    page.route("**/api/releases/verdict*", judged)
    page.route("**/api/changes*", judged)
    page.goto(dashboard(server))
    for test_id in ("last-release", "range-changes"):
        part = page.get_by_test_id(test_id)
        expect(part.get_by_test_id("verdict")).to_have_text("worse")
        expect(part).to_contain_text("slower: median 20.5 ms → 61.2 ms")
        expect(part).to_contain_text("fails more: 0.25 % → 10 %")
        expect(part).to_contain_text(">99.99 % sure")
        expect(part).to_contain_text("99.6 % sure")
    page.goto(dashboard(server, "#/releases"))
    row = page.get_by_test_id("route-verdicts").locator("tbody tr")
    expect(row).to_contain_text("/<script>pay")
    row.get_by_role("link").click()
    expect(page.get_by_test_id("route-title")).to_contain_text("/<script>pay")
    page.unroute_all(behavior="wait")


def test_workers_are_full_while_all_of_them_work_and_not_after(page, server):
    page.goto(dashboard(server, "#/running"))
    page.get_by_test_id("view-workers").click()
    expect(page.locator("h1")).to_have_text("Workers")
    until(lambda: number(page, "host-memory") > 0, what="the host's memory")
    busy = [threading.Thread(target=server.visitor.get, args=("/wait/6",)) for _ in range(WORKERS)]
    for thread in busy:
        thread.start()
    until(lambda: number(page, "workers-busy") == WORKERS, 5, "all workers to be busy")
    verdict = page.get_by_test_id("workers-verdict").get_attribute("data-value")
    assert verdict in ("full", "cpu"), "with the CPUs used up, more workers would not help"
    for thread in busy:
        thread.join()
    until(lambda: number(page, "workers-busy") == 0, 10, "all workers to be idle")
    expect(page.get_by_test_id("workers-table").locator("tbody tr")).to_have_count(WORKERS)
    # the wait that the front server told: 7 ms each
    until(lambda: 0 < number(page, "workers-queue") <= 7, what="the wait for a worker")
    expect(page.get_by_text("Waiting for a worker, mean")).to_be_visible()


def test_the_status_tells_which_version_of_each_app_runs(page, server):
    page.goto(dashboard(server, "#/status"))
    row = page.get_by_test_id("app-versions").locator("tbody tr")
    expect(row).to_contain_text("shop")
    row.get_by_role("link", name="<b>2.0</b>").click()
    expect(page.get_by_test_id("release-verdict")).to_have_attribute("data-value", "<b>2.0</b>")
