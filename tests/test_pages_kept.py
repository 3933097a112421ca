"""Every table of the pages can be kept as CSV and JSON, whole, with the numbers of the API."""

import csv
import io
import json
import threading
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import raw_http
from browsing import kept
from playwright.sync_api import expect
from serving import Asked
from sites import Site, add_app, build_site
from test_pages_for_everyone import PHONE, show
from waiting import until

ROOT = Path(__file__).resolve().parent.parent
# waits for a file, so that something runs for as long as a test looks
WAITING = """
import os, time

def here():
    until = time.monotonic() + 60
    while time.monotonic() < until and not os.path.exists(request.vars.file):
        time.sleep(0.02)
    return "ok"

def failing():
    amount = 5
    raise ValueError(f"no cover for {amount}")
"""
# what is a table: in its form or in its meaning
TABLES = (
    "table, ol, figure, [data-testid=split], [data-testid=flame-graph], [data-testid^=issue-] > ul,"
    " [data-testid=issue-news]"
)
# lists that only tell or lead somewhere, and whose numbers are kept elsewhere on the page
NO_TABLES = "[data-testid=search-results], dialog"
# Every table that is seen, and whether the card or picture it stands in gives it as both kinds.
LOOK = """([tables, not]) => [...document.querySelectorAll(tables)]
    .filter((one) => one.getClientRects().length > 0 && one.closest(not) === null)
    .map((one) => {
        const card = one.closest("figure, .shares, .stack[data-testid], section, main");
        const has = (kind) => {
            const button = card.querySelector(`[data-testid=keep-${kind}]`);
            return button !== null && button.getClientRects().length > 0;
        };
        const named = one.closest("[data-testid]");
        return [named === null ? one.tagName : named.dataset.testid, has("csv") && has("json")];
    })"""
# tables that this server's traffic must fill, or the walk has seen nothing
SEEN = {
    *("routes-table", "inflight-table", "log-lines", "requests-table", "waterfall", "split"),
    *("flame-graph", "code-lines", "exceptions-list", "locals", "events-list", "issues-table"),
    *("app-versions", "recorder-versions", "drops-table", "workers-table", "queries-table"),
    *("releases-table", "patterns", "request-headers", "issue-routes", "chart-table"),
    *("latency-table", "day-hours", "stack-frames", "issue-news"),
}


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    """A file for which one request waits."""
    return tmp_path_factory.mktemp("gate") / "open"


@pytest.fixture(scope="module")
def server(module_serve, tmp_path_factory, gate):
    """The example's shop: slow, failing, asking its database, and with a request that waits."""
    site = Site(build_site(tmp_path_factory.mktemp("site")))
    folder = add_app(site.root, "your_app", ROOT / "examples" / "your_app")
    (folder / "VERSION").write_text("2.0")
    site.controller("your_app", "wait", WAITING)
    made = module_serve("rocket", site, environment={"HAECHI_SLOW_MS": "100"})
    for page in ("orders/at_once", "orders/one_by_one", "default/report", "default/items"):
        for _ in range(3):
            assert made.visitor.get(f"/your_app/{page}").status == 200, page
    assert made.visitor.get("/your_app/wait/failing").status == 500
    get = raw_http.get(f"/your_app/wait/here?file={gate}", [("Host", f"127.0.0.1:{made.port}")])
    waits = threading.Thread(target=raw_http.exchange, args=(made.port, get, 600))
    waits.start()
    asked = Asked(made)
    until(lambda: len(asked.ask("/api/requests")["requests"]) >= 13, what="the requests")
    until(lambda: asked.ask("/api/issues")["issues"], what="the issue")
    until(lambda: asked.ask("/api/queries")["queries"], what="the queries")
    yield made
    gate.touch()
    waits.join()


@pytest.fixture(scope="module")
def asked(server):
    return Asked(server)


@pytest.fixture(scope="module")
def ids(asked):
    """A slow request, the one that failed, its issue and its event."""
    issue = asked.ask("/api/issues")["issues"][0]["id"]
    return {
        "slow": asked.ask("/api/requests?route=default/report&sort=slowest")["requests"][0]["id"],
        "failed": asked.ask("/api/requests?status=5xx")["requests"][0]["id"],
        "issue": issue,
        "event": asked.ask(f"/api/issues/{issue}")["latest"]["id"],
        "line": asked.ask("/api/logs?app=your_app")["logs"][0],
    }


DROPS = {"=torn": 7, "overwritten": 12345}


def tell_drops(page):
    """Drops in the answer of the status: a server as well as this one has none."""

    def answer(route):
        found = route.fetch()
        route.fulfill(response=found, json={**found.json(), "drops": {**DROPS, "none": 0}})

    page.route("**/api/status", answer)


def places(ids):
    """Every page there is, by the file it is written in, with what of it holds tables."""
    around = f"around={ids['line']['id']}&at={ids['line']['time']}"
    return {
        "Overview": [""],
        "Routes": ["#/routes"],
        "Route": ["#/routes/default%2Freport?method=GET&of=your_app"],
        "Requests": ["#/requests"],
        "Request": [f"#/requests/{ids['slow']}", f"#/requests/{ids['failed']}"],
        "Running": ["#/running"],
        "Workers": ["#/workers"],
        "Queries": ["#/queries"],
        "Releases": ["#/releases"],
        "Logs": ["#/logs", "#/logs?live=off", "#/logs?view=patterns", f"#/logs?live=off&{around}"],
        "Issues": ["#/issues"],
        "Issue": [f"#/issues/{ids['issue']}"],
        "Event": [f"#/events/{ids['event']}"],
        "Traffic": ["#/traffic?range=24h"],
        "Status": ["#/status"],
    }


def unfold(page):
    """Opens what holds tables and is closed: a graph's numbers, a chart's, a running stack."""
    closed = page.get_by_role("button", name="As a table", exact=True)
    for _ in range(closed.count()):  # an open one has another name
        closed.first.click(force=True)
    if page.get_by_test_id("ask-stack").count() > 0:
        page.get_by_test_id("ask-stack").first.click()
        expect(page.get_by_test_id("stack-frames")).to_be_visible(timeout=10_000)


@pytest.mark.parametrize("size", ({"width": 1280, "height": 900}, PHONE))
def test_no_page_shows_a_table_that_cannot_be_kept(browser, server, ids, size):
    context = browser.new_context(viewport=size)
    page, seen, bare = context.new_page(), set(), []
    tell_drops(page)
    written = {path.stem for path in (ROOT / "web" / "src" / "pages").glob("*.svelte")}
    assert written == set(places(ids)), "a page that this test does not walk over"
    for name, addresses in places(ids).items():
        for address in addresses:
            show(page, server, address)
            for look in (lambda: None, lambda: unfold(page)):
                look()
                found = page.evaluate(LOOK, [TABLES, NO_TABLES])
                seen |= {table for table, _ in found}
                bare += [f"{name} ({address}): {table}" for table, whole in found if not whole]
    page.unroute_all(behavior="wait")
    context.close()
    assert not bare, "\n".join(sorted(set(bare)))
    missing = SEEN - seen
    assert not missing, (missing, seen)


def whole(page, at, what) -> "list[dict]":
    """The rows that a table is kept as, the same in both kinds of file."""
    here = page.locator(at)
    name, text = kept(page, here.get_by_test_id("keep-json").first)
    rows = json.loads(text)
    assert name.startswith(f"haechi-{what}-") and name.endswith(".json"), name
    name, text = kept(page, here.get_by_test_id("keep-csv").first)
    table = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert name.startswith(f"haechi-{what}-") and name.endswith(".csv"), name
    assert len(table) == len(rows) and set(table[0]) == {key for row in rows for key in row}
    for line, row in zip(table, rows, strict=True):
        for key, value in row.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                assert float(line[key]) == value, (key, line, row)
    return rows


def card(test_id) -> str:
    return f"section:has([data-testid={test_id}])"


def fixed_range() -> str:
    now = datetime.now(timezone.utc).replace(microsecond=0)
    ends = (now - timedelta(minutes=30), now + timedelta(minutes=2))
    return "from={}&to={}".format(*(at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in ends))


def test_the_routes_of_the_overview_are_kept_with_their_numbers(page, server, asked):
    between = fixed_range()
    show(page, server, f"#/?{between}")
    expect(page.get_by_test_id("routes-table")).to_be_visible()
    rows = whole(page, card("routes-table"), "routes")
    told = asked.ask(f"/api/routes?{between}&limit=100")["routes"]
    assert {(row["method"], row["route"]): row for row in rows} == {
        (row["method"], row["route"]): row for row in told
    }
    assert len(rows) == len(told) >= 5


def test_a_requests_spans_parts_code_and_lines_are_kept_whole(page, server, asked):
    found = asked.ask("/api/requests?route=orders/one_by_one&sort=slowest")["requests"][0]["id"]
    told = asked.ask(f"/api/requests/{found}")
    assert len(told["spans"]) > 10
    show(page, server, f"#/requests/{found}")
    course = "section:has([data-testid=waterfall]) .card-head"
    assert whole(page, course, "where-its-time-went") == told["spans"]
    assert whole(page, "[data-testid=split]", "where-the-time-went") == told["split"]


def test_the_lines_of_a_slow_requests_code_are_kept_with_full_paths_and_all_samples(
    page, server, asked, ids
):
    samples = asked.ask(f"/api/requests/{ids['slow']}")["samples"]
    show(page, server, f"#/requests/{ids['slow']}")
    rows = whole(page, card("flame-graph"), "where-it-was-while-it-was-slow")
    own = Counter()
    for frame in samples["frames"]:
        own[frame["file"], frame["function"], frame["line"]] += frame["own"]
    assert {(row["file"], row["function"], row["line"]): row["own"] for row in rows} == own
    assert sum(own.values()) == samples["samples"] > 0
    assert max(row["samples"] for row in rows) == samples["samples"]


def test_an_events_frames_are_kept_with_their_variables_and_an_issues_shares(
    page, server, asked, ids
):
    told = asked.ask(f"/api/events/{ids['event']}")
    show(page, server, f"#/events/{ids['event']}")
    rows = whole(page, "[data-testid=event]", "stack")
    frames = [frame for cause in told["causes"] for frame in reversed(cause["frames"])]
    assert [(row["file"], row["line"]) for row in rows] == [
        (frame["file"], frame["line"]) for frame in frames
    ]
    names = [{local["name"]: local["value"] for local in frame["locals"]} for frame in frames]
    assert [row["locals"] for row in rows] == names
    show(page, server, f"#/issues/{ids['issue']}")
    shares = whole(page, "[data-testid=issue-routes]", "routes")
    told = asked.ask(f"/api/issues/{ids['issue']}")["routes"]
    assert shares == [{"name": row["route"], "events": row["events"]} for row in told]


def test_the_tables_of_the_status_are_kept_and_none_of_them_runs_in_a_sheet(page, server, asked):
    tell_drops(page)
    show(page, server, "#/status")
    expect(page.get_by_test_id("drops-table")).to_be_visible()
    rows = whole(page, card("drops-table"), "dropped-records")
    assert {row["reason"]: row["count"] for row in rows} == DROPS
    _, text = kept(page, page.locator(card("drops-table")).get_by_test_id("keep-csv"))
    assert b"\r\n'=torn,7" in text
    rows = whole(page, card("app-versions"), "apps-and-their-versions")
    (app,) = [row for row in rows if row["app"] == "your_app"]
    told = next(row for row in asked.ask("/api/apps")["apps"] if row["app"] == "your_app")
    assert {key: app[key] for key in ("app", "requests", "workers", "first_seen")} == {
        key: told[key] for key in ("app", "requests", "workers", "first_seen")
    }
    assert app["release"] == "2.0"
    rows = whole(page, card("recorder-versions"), "versions-of-haechi")
    assert rows == asked.ask("/api/status")["recorder_processes"]
    page.unroute_all(behavior="wait")


def test_a_chart_and_the_map_of_latencies_are_kept_with_every_point(page, server, asked):
    between = fixed_range()
    route = "app=your_app&route=default/report&method=GET"
    show(page, server, f"#/routes/default%2Freport?method=GET&of=your_app&{between}")
    expect(page.get_by_test_id("latency-map")).to_be_visible()
    rows = whole(page, "section:has([data-testid=latency-map])", "how-often-each-latency-occurred")
    told = asked.ask(f"/api/latency?{route}&{between}")
    assert len(rows) == len(told["time"]) * len(told["below_ms"])
    assert sum(row["requests"] for row in rows) == 3
    assert [row["requests"] for row in rows] == [n for point in told["requests"] for n in point]
    rows = whole(page, "figure >> nth=0", "requests-per-minute")
    traffic = asked.ask(f"/api/traffic?{route}&{between}")["columns"]
    assert [row["requests"] for row in rows] == traffic["requests"]
    assert sum(row["requests"] for row in rows) == 3
