"""The ways through the pages: what a link holds, where a click leads, what can be kept."""

import csv
import gzip
import io
import json
import re
import threading
from datetime import datetime, timedelta, timezone

import pytest
from browsing import dashboard, kept, number
from playwright.sync_api import expect
from serving import Asked, Serving
from visitor import Visitor
from waiting import until

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
FIRST_LOAD_BYTES = 150_000
# what follows `g`; Traffic comes last, for the test that goes on from there
PAGES_BY_KEY = {
    **{"o": "Overview", "r": "Routes", "q": "Queries", "e": "Requests", "n": "Running now"},
    **{"w": "Workers", "l": "Logs", "i": "Issues", "v": "Releases", "s": "Status of Haechi"},
    "t": "Traffic",
}
# every page with tables, and how many of them this server's traffic fills at least
TABLES = {
    "#/routes": 1,
    "#/routes/probe%2Flines?method=GET&of=your_app": 1,
    "#/requests": 1,
    "#/traffic?range=24h": 10,
    "#/logs?live=off": 1,
    "#/logs?view=patterns": 1,
    "#/workers": 1,
}
CHARTS = {
    "": 5,
    "#/routes/probe%2Flines?method=GET&of=your_app": 4,
    "#/traffic": 2,
    "#/logs": 1,
    "#/workers": 1,
}


@pytest.fixture(scope="module")
def server(module_serve, module_site):
    """A web2py app with a slow request, log lines and visitors of several kinds."""
    made = module_serve("rocket", module_site)
    for _ in range(3):
        made.visitor.get("/your_app/probe/ok", headers={"User-Agent": FIREFOX})
    made.visitor.get("/your_app/probe/slow/0.4", headers={"User-Agent": FIREFOX})
    for number_ in range(8):
        made.visitor.get(f"/your_app/probe/lines/door{number_}/3")
    made.visitor.get("/your_app/probe/slow/0.05", headers={"User-Agent": "curl/8.5.0"})
    made.visitor.get("/your_app/nowhere/at/all", headers={"User-Agent": "ExampleBot/1.0"})
    made.visitor.get("/your_app/probe/ok", headers={"Referer": "https://example.org/list"})
    asked = Asked(made)
    until(
        lambda: len(asked.ask("/api/requests?app=your_app")["requests"]) >= 15,
        what="the requests in the store",
    )
    return made


def range_of_today(ahead: int = 2) -> str:
    """A fixed range around now, as an address has it."""
    now = datetime.now(timezone.utc).replace(microsecond=0)

    def text(at):
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")

    return f"from={text(now - timedelta(minutes=30))}&to={text(now + timedelta(minutes=ahead))}"


def test_a_spike_leads_to_the_routes_that_grew_to_the_slowest_request_to_its_line(page, server):
    page.goto(dashboard(server))
    over = page.locator("section", has=page.get_by_text("Over time")).locator(".u-over").first
    expect(over).to_be_visible()
    # traffic is minutes old at the most: the last bars are at the right
    found = False
    for share in (0.995, 0.98, 0.965, 0.95, 0.93):
        box = over.bounding_box()
        over.click(position={"x": box["width"] * share, "y": box["height"] / 2})
        expect(page.locator("h1")).to_have_text("Routes")
        expect(page.get_by_text("Loading…")).to_have_count(0)
        link = page.get_by_test_id("route-link").filter(has_text="probe/slow")
        if link.count() > 0:
            found = True
            break
        page.go_back()
        expect(over).to_be_visible()
    assert found, "no point of the chart led to the routes of its time"
    assert "sort=-grew" in page.url and "from=" in page.url
    link.first.click()
    expect(page.get_by_test_id("route-title")).to_contain_text("probe/slow")
    assert "from=" in page.url, "the range went along"
    slowest = page.get_by_test_id("route-slowest").locator("tbody tr")
    expect(slowest.first).to_contain_text("/your_app/probe/slow/0.4")
    slowest.first.get_by_role("link").click()
    expect(page.get_by_test_id("request-fields")).to_contain_text("/your_app/probe/slow/0.4")


def test_a_route_shows_its_latencies_requests_and_lines(page, server):
    page.goto(dashboard(server, "#/routes/probe%2Flines?method=GET&of=your_app"))
    expect(page.get_by_test_id("total-requests")).to_have_attribute("data-value", "8")
    expect(page.get_by_test_id("latency-map").locator("canvas")).to_be_visible()
    painted = """() => {
        const canvas = document.querySelector("[data-testid=latency-map] canvas");
        const { data } = canvas.getContext("2d").getImageData(100, 0, canvas.width - 130, canvas.height - 40);
        return data.some((value, i) => i % 4 === 3 && value > 0);
    }"""
    until(lambda: page.evaluate(painted), what="a cell in the map of latencies")
    lines = page.get_by_test_id("log-lines")
    expect(lines).to_contain_text("line door7 2")
    assert all("probe/lines" in text for text in lines.locator("li").all_inner_texts())


def test_a_line_leads_to_what_stands_around_it(page, server):
    page.goto(dashboard(server, "#/logs?live=off&q=door4"))
    line = page.get_by_test_id("log-lines").locator("li", has_text="line door4 1")
    line.get_by_test_id("line-context").click()
    chosen = page.locator("li[aria-current=true]")
    expect(chosen).to_contain_text("line door4 1")
    texts = page.get_by_test_id("log-lines").locator("li").all_inner_texts()
    found = [re.search(r"line (door\d \d)", text).group(1) for text in texts if "door" in text]
    assert found == sorted(found, reverse=True), "newest first, none left out or twice"
    at = found.index("door4 1")
    assert found[at - 2 : at + 3] == ["door5 0", "door4 2", "door4 1", "door4 0", "door3 2"]


def test_a_link_reproduces_the_view(browser, page, server):
    place = f"#/routes?app=your_app&{range_of_today(-1)}&compare=week&sort=-requests&q=probe"
    seen = []
    for context in (page.context, browser.new_context()):
        shown = context.new_page()
        shown.goto(dashboard(server, place))
        expect(shown.get_by_test_id("routes-table").or_(shown.locator(".notice"))).to_be_visible()
        assert shown.get_by_test_id("compare").input_value() == "week"
        assert shown.get_by_test_id("routes-filter").input_value() == "probe"
        assert shown.get_by_test_id("app-select").input_value() == "your_app"
        custom = shown.get_by_test_id("range-custom")
        expect(custom).to_have_attribute("aria-pressed", "true")
        seen.append((custom.inner_text(), shown.locator("main").inner_text()))
        shown.close()
    assert seen[0] == seen[1]


def test_a_comparison_is_a_dashed_line_and_goes_along(page, server):
    page.goto(dashboard(server))
    page.get_by_test_id("compare").select_option("day")
    expect(page.get_by_text("Requests, yesterday")).to_be_visible()
    expect(page.locator(".swatch.dashed")).to_have_count(2)
    page.locator("header nav").get_by_role("link", name="Routes").click()
    expect(page.get_by_test_id("compare")).to_have_value("day")


def test_dragging_over_a_chart_chooses_the_range_for_all_of_the_page(page, server):
    page.goto(dashboard(server, "#/traffic"))
    over = page.locator(".u-over").first
    expect(over).to_be_visible()
    expect(page.get_by_test_id("visits-codes")).to_be_visible()
    box = over.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 20, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, middle, steps=4)
    page.mouse.up()
    expect(page.get_by_test_id("range-custom")).to_have_attribute("aria-pressed", "true")
    # nothing was sent that early in the hour: charts and lists both say so
    expect(page.get_by_text("No requests in this range.")).to_be_visible()
    expect(page.get_by_test_id("visits-requests")).to_have_text("0")


def test_traffic_counts_visitors_apart_from_programs(page, server):
    page.goto(dashboard(server, "#/traffic"))
    all_of_them = until(lambda: max(0, number(page, "visits-requests")), what="a count of visits")
    programs = number(page, "visits-programs")
    agents = page.get_by_test_id("visits-agents")
    expect(agents).to_contain_text("Firefox 130, Linux")
    expect(agents.locator("tr", has_text="ExampleBot")).to_contain_text("program")
    expect(page.get_by_test_id("visits-referrers")).to_contain_text("https://example.org/list")
    expect(page.get_by_test_id("visits-not-found")).to_contain_text("/your_app/nowhere/at/all")
    expect(page.get_by_test_id("visits-clients")).to_contain_text("127.0.0.1")
    expect(page.get_by_test_id("visits-browsers").locator("tr", has_text="Firefox")).to_have_count(
        1
    )
    expect(page.get_by_test_id("visits-systems")).to_contain_text("Linux")
    expect(page.get_by_test_id("visits-sites")).to_contain_text("example.org")
    expect(page.get_by_test_id("visits-pages")).to_contain_text("probe/lines")
    page.get_by_test_id("who-people").click()
    until(lambda: number(page, "visits-requests") == all_of_them - programs, what="people alone")
    assert number(page, "visits-requests") == 4
    expect(page.get_by_test_id("visits-agents")).not_to_contain_text("ExampleBot")
    page.get_by_test_id("who-all").click()
    page.get_by_test_id("visits-not-found").get_by_role("link").first.click()
    expect(page.get_by_test_id("requests-table").locator("tbody tr")).to_have_count(1)


def test_traffic_tells_the_hours_of_the_day_of_any_longer_range(page, server):
    page.goto(dashboard(server, "#/traffic?range=7d&app=your_app"))
    columns = page.get_by_test_id("day-hours").locator("li")
    expect(columns).to_have_count(24)
    requests = number(page, "visits-requests")
    counted = [int(column.get_attribute("data-value")) for column in columns.all()]
    assert sum(counted) == requests >= 15
    now = page.evaluate("new Date().getHours()")
    assert counted[now] + counted[now - 1] == requests, "all of them came in the last hour"


def test_what_runs_is_shown_while_it_runs_and_no_longer(page, server):
    page.goto(dashboard(server, "#/running"))
    slow = threading.Thread(target=server.visitor.get, args=("/your_app/probe/slow/6",))
    slow.start()
    row = page.get_by_test_id("inflight-table").locator("tr", has_text="/your_app/probe/slow/6")
    expect(row).to_be_visible()
    expect(row.get_by_test_id("long-running")).to_have_count(0)
    slow.join()
    expect(row).to_have_count(0)


def test_a_request_that_hangs_is_flagged(page, server):
    """The answer is the server's, aged: no test waits half a minute for it."""

    def aged(route):
        answer = route.fetch()
        found = answer.json()
        for number_, age_ms in enumerate((31_000, 29_000)):
            found["inflight"].append(
                {
                    **{"id": f"{number_:016x}", "time": "2026-11-23T06:00:00.000Z"},
                    **{"app": "your_app", "method": "GET", "path": f"/hangs/{age_ms}"},
                    **{"route": None, "client": "127.0.0.1", "age_ms": age_ms, "pid": 1},
                }
            )
        route.fulfill(response=answer, json=found)

    page.route("**/api/inflight*", aged)
    page.goto(dashboard(server, "#/running"))
    expect(
        page.locator("tr", has_text="/hangs/31000").get_by_test_id("long-running")
    ).to_be_visible()
    expect(
        page.locator("tr", has_text="/hangs/29000").get_by_test_id("long-running")
    ).to_have_count(0)
    page.unroute_all(behavior="wait")


def test_keys_lead_to_pages_search_and_help(page, server):
    page.goto(dashboard(server))
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    for key, heading in PAGES_BY_KEY.items():
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page.locator("h1")).to_have_text(heading)
    page.keyboard.press("?")
    expect(page.get_by_test_id("keys-help")).to_be_visible()
    expect(page.get_by_test_id("keys-help").locator("dt", has_text="g")).to_have_count(11)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("keys-help")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.get_by_test_id("search-box")).to_be_focused()
    page.keyboard.type("gr?")
    expect(page.locator("h1")).to_have_text("Traffic")
    expect(page.get_by_test_id("search-results").get_by_role("link")).to_have_count(2)


def test_tables_are_kept_whole_as_csv_and_json(page, server):
    formula = "=HYPERLINK(1) by a bot"
    server.visitor.get("/your_app/probe/ok", headers={"User-Agent": formula})
    asked = Asked(server)

    def stored():
        rows = asked.ask("/api/requests?app=your_app")["requests"]
        return any(row["user_agent"] == formula for row in rows)

    until(stored, what="the request in the store")
    page.goto(dashboard(server, f"#/requests?app=your_app&{range_of_today(-1)}&method=GET"))
    page.goto(dashboard(server, "#/requests?app=your_app&range=6h"))
    expect(page.get_by_test_id("requests-table")).to_be_visible()
    name, text = kept(page, page.get_by_test_id("keep-json"))
    rows = json.loads(text)
    assert name.endswith(".json") and len(rows) >= 15
    name, text = kept(page, page.get_by_test_id("keep-csv"))
    table = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert name.endswith(".csv") and len(table) == len(rows)
    assert [row["path"] for row in table] == [row["path"] for row in rows]
    assert [float(row["duration_ms"]) for row in table] == [row["duration_ms"] for row in rows]
    assert f"'{formula}" in {row["user_agent"] for row in table}


def test_a_chart_is_kept_as_a_picture_and_read_as_a_table(page, server):
    page.goto(dashboard(server, "#/traffic"))
    expect(page.locator("canvas").first).to_be_visible()
    name, picture = kept(page, page.get_by_test_id("chart-png").first)
    assert name.endswith(".png") and picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(picture) > 2000
    page.get_by_test_id("chart-as-table").first.click(force=True)
    table = page.get_by_test_id("chart-table")
    expect(table).to_be_visible()
    cells = table.locator("tbody tr td:nth-child(2)").all_inner_texts()
    assert sum(int(cell.replace(",", "")) for cell in cells) >= 15


@pytest.mark.parametrize("place", TABLES)
def test_every_table_is_kept_as_csv_and_json(page, server, place):
    page.goto(dashboard(server, place))
    buttons = page.get_by_test_id("keep-csv")

    def full():
        return buttons.count() >= TABLES[place]

    until(full, what=f"{TABLES[place]} tables on {place}")
    for at in range(buttons.count()):
        if at % 5 == 4:
            page.reload()  # one page may not save more than ten files
            until(full, what=f"{TABLES[place]} tables on {place}")
        name, text = kept(page, buttons.nth(at))
        table = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
        assert name.endswith(".csv") and len(table) >= 2, (name, table)
        name, text = kept(page, page.get_by_test_id("keep-json").nth(at))
        rows = json.loads(text)
        assert name.endswith(".json") and set(rows[0]) <= set(table[0]), (name, table[0])


@pytest.mark.parametrize("place", CHARTS)
def test_every_chart_is_kept_as_a_picture(page, server, place):
    page.goto(dashboard(server, place))
    buttons = page.get_by_test_id("chart-png")
    until(lambda: buttons.count() >= CHARTS[place], what=f"{CHARTS[place]} charts on {place}")
    for at in range(buttons.count()):
        name, picture = kept(page, buttons.nth(at))
        assert name.endswith(".png") and picture.startswith(b"\x89PNG\r\n\x1a\n"), name


def test_a_fresh_haechi_says_what_to_do_next(page, haechi_binary, tmp_path):
    serving = Serving(haechi_binary, tmp_path / "data", tmp_path / "serving").start()
    try:
        for place in (
            "",
            "#/routes",
            "#/requests",
            "#/queries",
            "#/releases",
            "#/logs",
            "#/issues",
        ):
            page.goto("about:blank")
            page.goto(f"http://127.0.0.1:{serving.port}/{place}")
            expect(page.get_by_test_id("start-here")).to_contain_text("haechi run")
    finally:
        page.goto("about:blank")
        serving.stop()


def test_requests_are_filtered_by_anything_and_lead_to_similar_ones(page, server):
    page.goto(dashboard(server, "#/requests?app=your_app&range=6h"))
    rows = page.get_by_test_id("requests-table").locator("tbody tr")
    fill = {"min_ms": "300", "path": "probe/slow/0.4", "client": "127.0.0.1"}
    for name, text in fill.items():
        page.locator(f"input[name={name}]").fill(text)
        page.keyboard.press("Enter")
    page.locator("select[name=method]").select_option("GET")
    page.locator("select[name=status]").select_option("2xx")
    page.locator("select[name=route]").select_option("probe/slow")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("/your_app/probe/slow/0.4")
    for part in (
        "min_ms=300",
        "path=probe",
        "client=127",
        "method=GET",
        "status=2xx",
        "route=probe",
    ):
        assert part in page.url, part
    page.locator("input[name=user]").fill("nobody")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("requests-table")).to_have_count(0)
    page.go_back()
    rows.get_by_role("link").first.click()
    page.get_by_role("link", name="Requests of this route").click()
    expect(rows.nth(1)).to_be_visible()
    assert all("probe/slow" in text for text in rows.all_inner_texts())


def test_the_status_tells_what_haechi_itself_costs(page, server):
    page.goto(dashboard(server, "#/status"))
    until(lambda: number(page, "own-cpu") > 0, what="processor time")
    assert 2e6 < number(page, "own-memory") < 1e9
    expect(page.get_by_test_id("version")).to_have_text(re.compile(r"^\d+\.\d+\.\d+$"))


def test_the_first_load_is_small(server):
    visitor = Visitor(server.dashboard)
    index = visitor.get("/", headers={"Accept-Encoding": "gzip"})
    page = gzip.decompress(index.body) if "content-encoding" in index.headers else index.body
    sizes = {"/": len(index.body)}
    for asset in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.decode()):
        answer = visitor.get(asset, headers={"Accept-Encoding": "gzip"})
        assert answer.status == 200
        # what is text is sent packed
        assert asset.endswith(".svg") or answer.headers.get("content-encoding") == "gzip", asset
        sizes[asset] = len(answer.body)
    assert len(sizes) >= 3, sizes
    assert sum(sizes.values()) <= FIRST_LOAD_BYTES, sizes
