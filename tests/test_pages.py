"""The pages in a real browser, with real traffic: they are live, and nothing in them runs code."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import browsing
import hostile
import pytest
from browsing import dashboard, number
from loading import Load
from playwright.sync_api import expect
from serving import Asked, Serving
from waiting import until

SAY = """
import json
import os

def say():
    text = json.load(open(os.path.join(request.folder, "private", "texts.json")))[int(request.args(0))]
    current.logger.info(text)
    try:
        raise RuntimeError(text)
    except Exception as e:
        current.logger.error(f"An exception occurred: {str(e)}")
    return "said"

def answer():
    text = json.load(open(os.path.join(request.folder, "private", "texts.json")))[int(request.args(0))]
    response.status, response.headers["X-Answer"] = 503, text
    return "busy"

def fail():
    text = json.load(open(os.path.join(request.folder, "private", "texts.json")))[int(request.args(0))]
    name = text.replace("\\0", "")
    error = type(name, (Exception,), {"__module__": name})(text)
    # the text is the file, the function, the source line and a local variable as well
    code = compile("def function(error, value):\\n  raise error\\n", text, "exec")
    space = {}
    exec(code, space)
    inner = space["function"].__code__.replace(
        co_name=text, co_qualname=text, co_varnames=("error", text)
    )
    space["function"].__code__ = inner
    try:
        raise KeyError(text)
    except KeyError as cause:
        try:
            space["function"](error, text)
        except Exception:
            current.logger.exception(text)
            raise

def hello():
    current.logger.info("hello number %s", request.args(0))
    return "ok"

def never_said_before():
    current.logger.warning("a line of its own kind")
    return "ok"
"""


@pytest.fixture(scope="module")
def server(module_serve, module_site):
    """A web2py app whose controller says what it is told."""
    module_site.controller("your_app", "hostile", SAY)
    texts = hostile.TEXTS + hostile.CONTROLS
    (module_site.app("your_app") / "private" / "texts.json").write_text(json.dumps(texts))
    return module_serve("rocket", module_site)


def test_numbers_change_while_traffic_flows_and_end_at_what_was_sent(serve, site, page):
    fresh = serve("rocket", site)
    page.goto(dashboard(fresh))
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    with Load(fresh.port, "/your_app/probe/ok", threads=2) as load:
        until(lambda: number(page, "live-rps") > 0, what="requests per second on the page")
        until(lambda: number(page, "live-p95") > 0, what="p95 on the page")
        rates = {number(page, "live-rps")}
        until(lambda: rates.add(number(page, "live-rps")) or len(rates) > 2, what="three rates")
        first = until(lambda: max(0, number(page, "total-requests")), 30, "a total on the page")
        until(lambda: number(page, "total-requests") > first, 30, "a larger total")
    row = page.get_by_test_id("routes-table").locator("tbody tr").first
    expect(row).to_contain_text("probe/ok")
    sent = len(load.answered)
    until(lambda: number(page, "total-requests") == sent, 30, f"the total to become {sent}")
    until(lambda: number(page, "live-rps") == 0, 30, "the rate to fall to nothing")
    assert number(page, "total-errors") == 0


def test_a_log_line_appears_by_itself_and_leads_to_its_request(page, server):
    page.goto(dashboard(server, "#/logs"))
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    server.visitor.get("/your_app/hostile/hello/4711")
    line = page.get_by_test_id("log-lines").locator("li", has_text="hello number 4711")
    expect(line).to_have_count(1)
    line.get_by_role("link", name="request").click()
    fields = page.get_by_test_id("request-fields")
    expect(fields).to_contain_text("/your_app/hostile/hello/4711")
    expect(fields).to_contain_text("hostile/hello")
    expect(page.get_by_test_id("log-lines")).to_contain_text("hello number 4711")


def test_a_search_marks_what_it_found_and_shows_the_place_of_a_mistake(watched, page, server):
    for nth in range(3):
        server.visitor.get(f"/your_app/hostile/hello/{nth}")
    page.goto(dashboard(server, "#/logs?live=off&range=6h"))
    field = page.get_by_test_id("log-search")
    field.fill('"hello number" level:info -nothere')
    lines = page.get_by_test_id("log-lines").locator("li")
    expect(lines.locator("mark").first).to_have_text("hello number")
    expect(page.get_by_test_id("log-chart").locator("canvas")).to_be_visible()
    counted = page.get_by_test_id("log-chart")
    until(lambda: float(counted.get_attribute("data-value") or 0) >= 3, what="lines in the chart")
    field.fill("hello level:loud")
    mistake = page.get_by_test_id("search-mistake")
    expect(mistake).to_have_attribute("data-value", "12")
    expect(mistake).to_contain_text("level must be trace")
    # the browser tells of the refusal that was asked for
    watched.look()
    watched.wrong.clear()


def test_a_tail_shows_only_lines_of_its_search(page, server):
    page.goto(dashboard(server, "#/logs?q=level:info%20numb*%20-2000"))
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    expect(page.get_by_test_id("log-live")).to_be_checked()
    for nth in (1999, 2000, 2001):
        server.visitor.get(f"/your_app/hostile/hello/{nth}")
    lines = page.get_by_test_id("log-lines")
    expect(lines.locator("li", has_text="hello number 2001")).to_have_count(1)
    expect(lines.locator("li", has_text="hello number 1999")).to_have_count(1)
    expect(lines.locator("li", has_text="hello number 2000")).to_have_count(0)


def test_a_flood_is_one_pattern_that_leads_to_its_lines(page, server):
    for nth in range(12):
        server.visitor.get(f"/your_app/hostile/hello/{nth}")
    page.goto(dashboard(server, "#/logs"))
    page.get_by_test_id("patterns-view").click()
    row = page.get_by_test_id("patterns").locator("tbody tr", has_text="hello number")

    def counted() -> int:
        text = row.locator("td.number").inner_text() if row.count() == 1 else "0"
        return int(text.replace(",", ""))

    until(lambda: counted() >= 12, what="twelve lines in one pattern")
    row.get_by_role("link").click()
    lines = page.get_by_test_id("log-lines").locator("li")
    expect(lines.first).to_contain_text("hello number")
    assert all("hello number" in text for text in lines.all_inner_texts())


def test_a_new_pattern_is_told_of_the_moment_it_appears(page, server):
    page.goto(dashboard(server, "#/logs"))
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    server.visitor.get("/your_app/hostile/never_said_before")
    news = page.get_by_test_id("pattern-news")
    expect(news).to_contain_text("a line of its own kind")
    news.get_by_role("link").click()
    expect(page.get_by_test_id("log-lines").locator("li")).to_have_count(1)


def test_a_request_is_found_in_the_list_and_opens(page, server):
    server.visitor.get("/your_app/probe/item?colour=green")
    page.goto(dashboard(server, "#/requests?status=4xx"))
    rows = page.get_by_test_id("requests-table").locator("tbody tr", has_text="/probe/item")

    def listed():
        page.get_by_role("button", name="Refresh").click()
        return rows.count() > 0

    until(listed, what="the request in the list")
    rows.first.get_by_role("link").click()
    fields = page.get_by_test_id("request-fields")
    expect(fields).to_contain_text("colour=green")
    expect(fields).to_contain_text("404")


def test_the_page_survives_a_restart_of_haechi_and_goes_on(
    watched, page, haechi_binary, serve, site, tmp_path
):
    app = serve("rocket", site, server=False)
    serving = Serving(haechi_binary, app.data, tmp_path / "serving").start()
    try:
        page.goto(f"http://127.0.0.1:{serving.port}/")
        state = page.get_by_test_id("connection-state")
        expect(state).to_have_attribute("data-state", "live")
        page.evaluate("window.neverLoadedAgain = true")
        with Load(app.port, "/your_app/probe/ok", threads=1) as load:
            until(lambda: number(page, "live-rps") > 0, what="a rate")
            serving.kill()
            expect(state).to_have_attribute("data-state", "lost")
            expect(page.get_by_test_id("connection-banner")).to_be_visible()
            serving.start()
            expect(state).to_have_attribute("data-state", "live")
            expect(page.get_by_test_id("connection-banner")).to_have_count(0)
            until(lambda: number(page, "live-rps") > 0, what="a rate after the restart")
        sent = len(load.answered)
        until(lambda: number(page, "total-requests") == sent, 30, f"the total to become {sent}")
        assert page.evaluate("window.neverLoadedAgain")
    finally:
        serving.stop()
    # a server that is away is the only thing the browser may have complained about
    watched.look()
    page.goto("about:blank")
    watched.wrong = [wrong for wrong in watched.wrong if "net::ERR_" not in wrong]


def test_the_apps_own_page_refreshes_itself_and_shows_changing_numbers(page, server):
    page.goto(f"http://127.0.0.1:{server.port}/your_app/stats")
    page.evaluate("window.neverLoadedAgain = true")
    shown = page.get_by_test_id("haechi-requests")
    before = shown.inner_text()
    with Load(server.port, "/your_app/probe/ok", threads=2):
        expect(shown).not_to_have_text(before)
        again = shown.inner_text()
        expect(shown).not_to_have_text(again)
        expect(page.get_by_test_id("haechi-rps")).not_to_have_text("0")
    expect(page.get_by_test_id("haechi-routes")).to_contain_text("probe/ok")
    assert page.evaluate("window.neverLoadedAgain")
    page.goto("about:blank")


@pytest.fixture(scope="module")
def attacked(server):
    """The server after every hostile text was sent in every place that a visitor can reach."""
    for at, text in enumerate(hostile.TEXTS):
        quoted = quote(text, safe="")
        head = {"User-Agent": text, "Referer": text, "X-Hostile": text}
        said = server.visitor.get(f"/your_app/hostile/say/{at}?q={quoted}", headers=head)
        assert said.text == "said", said.text
        server.visitor.get(f"/your_app/probe/ok/{quoted}", headers=head)
        server.visitor.get(f"/{quoted}/{quoted}", headers=head)
        server.visitor.get(f"/your_app/hostile/say/{at}", headers={"Cookie": text})
        assert server.visitor.get(f"/your_app/hostile/answer/{at}", headers=head).status == 503
    for at in range(len(hostile.CONTROLS)):
        server.visitor.get(f"/your_app/hostile/say/{len(hostile.TEXTS) + at}")
    for at in range(len(hostile.TEXTS + hostile.CONTROLS)):
        failed = server.visitor.get(f"/your_app/hostile/fail/{at}")
        assert failed.status == 500 and "web2py_error" in failed.headers, failed.text
    return server


def settle(page):
    """Waits until the page has asked for all it wants and shown it: two frames later."""
    page.wait_for_function("document.querySelectorAll('main .card').length > 0")
    page.evaluate("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")


def test_hostile_texts_never_run_on_any_page(watched, page, attacked):
    seen = "<script>window.canary=1</script>"
    asked = Asked(attacked)
    until(lambda: len(found_texts(asked)) >= 80, what="hostile log lines in the store")
    rows = asked.every("requests")
    opened = 0
    places = (
        *("", "#/requests", "#/logs", "#/logs?live=off", "#/status", "#/logs?level=error"),
        *("#/logs?view=patterns", "#/routes", "#/running", "#/traffic", "#/traffic?range=24h"),
        *("#/traffic?who=people", "#/queries", "#/releases", "#/workers", "#/issues"),
    )
    for place in places:
        page.goto("about:blank")
        page.goto(dashboard(attacked, place))
        settle(page)
        for button in page.locator("button.exception").all()[:20]:
            button.click()
            opened += 1
        watched.look()
    assert opened > 20, "no traceback was looked into"
    # the texts are there to be seen, as texts
    page.goto(dashboard(attacked, "#/logs"))
    expect(page.get_by_test_id("log-lines")).to_contain_text(seen)
    page.goto(dashboard(attacked, "#/traffic"))
    settle(page)
    # each that is opened is no longer among those that are not
    closed = page.locator("section[aria-labelledby^=visits-] button[aria-expanded=false]")
    expect(closed).not_to_have_count(0)
    while closed.count() > 0:
        closed.first.click()
    expect(page.get_by_test_id("visits-referrers")).to_contain_text(seen)
    expect(page.get_by_test_id("visits-agents")).to_contain_text("canary")
    watched.look()
    hostile_ones = [row for row in rows if "canary" in row["user_agent"] + row["path"]]
    assert len(hostile_ones) >= 80
    for row in hostile_ones[:: max(1, len(hostile_ones) // 30)]:
        page.goto(dashboard(attacked, f"#/requests/{row['id']}"))
        expect(page.get_by_test_id("request-fields")).to_contain_text(row["id"])
        watched.look()
    failed = [row for row in rows if row["route"] == "hostile/answer"]
    assert len(failed) == len(hostile.TEXTS)
    for row in failed:
        page.goto(dashboard(attacked, f"#/requests/{row['id']}"))
        headers = page.get_by_test_id("request-headers").locator("tr", has_text="x-hostile")
        expect(headers).to_contain_text(row["user_agent"])
        answer = page.get_by_test_id("response-headers").locator("tr", has_text="X-Answer")
        expect(answer).to_contain_text(row["user_agent"])
        watched.look()
    assert not watched.wrong


def test_hostile_exceptions_never_run_on_any_page(watched, page, attacked):
    asked = Asked(attacked)
    number = len(hostile.TEXTS + hostile.CONTROLS)

    def issues():
        found = asked.ask("/api/issues?app=your_app&state=all&limit=1000")["issues"]
        return [issue for issue in found if issue["type"] != "RuntimeError"]

    until(lambda: len(issues()) >= number - 2, what="hostile issues in the store")
    in_frames = set()
    page.goto(dashboard(attacked, "#/issues"))
    settle(page)
    expect(page.locator("main")).to_contain_text("canary")
    for issue in issues():
        event = asked.ask(f"/api/issues/{issue['id']}")["latest"]
        frame = event["causes"][0]["frames"][-1]
        names = "".join(local["name"] for local in frame["locals"])
        texts = {"file": frame["file"], "function": frame["function"], "local": names}
        in_frames |= {field for field, text in texts.items() if "canary" in text}
        for place in (f"#/issues/{issue['id']}", f"#/events/{event['id']}"):
            page.goto(dashboard(attacked, place))
            settle(page)
            folded = page.locator("main details:not([open]) > summary")
            for _ in range(min(5, folded.count())):
                folded.first.click()
        watched.look()
    assert in_frames == {"file", "function", "local"}
    assert not watched.wrong


def test_hostile_texts_in_the_address_never_run(watched, page, server):
    page.goto(dashboard(server))
    for at, text in enumerate(hostile.TEXTS):
        quoted = quote(text, safe="")
        places = (
            f"#/logs?q={quoted}",
            f"#/?app={quoted}",
            f"#/requests/{quoted}",
            f"#/requests?path={quoted}&route={quoted}&before={quoted}",
            f"#/routes/{quoted}?method={quoted}&of={quoted}",
            f"#/routes?q={quoted}&sort={quoted}&compare={quoted}",
            f"#/traffic?who={quoted}",
            f"#/logs?live=off&around={quoted}&at=2026-01-01T00:00:00Z",
            f"#/{quoted}",
            f"#{text}",
        )
        # every second one, by turns: each look costs the browser a while
        for place in places[at % 2 :: 2]:
            page.evaluate("(place) => { location.hash = place; }", place)
        watched.look()
        # what the API refuses with 400 or 404, the browser's console tells as an error
        watched.wrong = [w for w in watched.wrong if "status of 40" not in w]
    assert not watched.wrong


def test_hostile_texts_never_run_on_the_apps_own_page(watched, page, attacked):
    for path in ("/your_app/stats", "/your_app/default/stats"):
        page.goto(f"http://127.0.0.1:{attacked.port}{path}")
        shown = page.get_by_test_id("haechi-requests")
        before = shown.inner_text()
        attacked.visitor.get(f"/your_app/probe/ok/{quote(hostile.TEXTS[8], safe='')}")
        # refreshed by its script too, which fills the tables anew
        expect(shown).not_to_have_text(before)
        watched.look()
    assert not watched.wrong
    page.goto("about:blank")


def found_texts(asked) -> set:
    """Hostile log lines that are stored: each text alone, and in a sentence."""
    rows = asked.every("logs")
    return {row["message"] for row in rows if "canary" in row["message"]}


FOREIGN_PAGE = """<!doctype html><title>elsewhere</title><script>
const target = "TARGET";
async function steal() {
  const got = {};
  for (const mode of ["cors", "no-cors", "same-origin"]) {
    try {
      const answer = await fetch(target + "/api/apps", {mode, credentials: "include"});
      got["fetch " + mode] = answer.type === "opaque" ? "" : await answer.text();
    } catch { got["fetch " + mode] = ""; }
  }
  got.post = await fetch(target + "/api/apps", {method: "POST", mode: "no-cors", body: "{}"})
    .then((answer) => answer.type === "opaque" ? "" : "read", () => "");
  got.script = await new Promise((done) => {
    const script = document.createElement("script");
    script.src = target + "/api/apps";
    script.onload = () => done("loaded");
    script.onerror = () => done("");
    document.body.append(script);
  });
  got.image = await new Promise((done) => {
    const image = new Image();
    image.src = target + "/favicon.ico";
    image.onload = () => done("loaded");
    image.onerror = () => done("");
  });
  got.stream = await new Promise((done) => {
    const stream = new EventSource(target + "/api/live");
    stream.onerror = () => { stream.close(); done(""); };
    stream.addEventListener("tick", (event) => { stream.close(); done(event.data); });
  });
  got.frame = await new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.src = target + "/";
    frame.onload = () => {
      try { done(frame.contentDocument ? frame.contentDocument.body.innerText : ""); }
      catch { done(""); }
    };
    document.body.append(frame);
  });
  return got;
}
</script><body></body>"""


@pytest.fixture
def foreign(server):
    """A web page of another origin on this machine that wants the dashboard's data."""
    content = FOREIGN_PAGE.replace("TARGET", dashboard(server).rstrip("/")).encode()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made.server_port
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.mark.parametrize("host", ("localhost", "127.0.0.1", browsing.REBOUND))
def test_a_page_of_another_origin_gets_nothing(browser, foreign, host):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://{host}:{foreign}/")
    got = page.evaluate("steal()")
    assert set(got) == {
        *("fetch cors", "fetch no-cors", "fetch same-origin"),
        *("post", "script", "image", "stream", "frame"),
    }
    assert not any(got.values()), got
    context.close()


def test_a_name_of_elsewhere_that_leads_here_is_refused(browser, server):
    context = browser.new_context()
    page = context.new_page()
    for path in ("", "api/apps", "api/live", "metrics"):
        answer = page.goto(f"http://{browsing.REBOUND}:{server.dashboard}/{path}")
        assert answer.status == 403, path
        assert "your_app" not in answer.text()
    # the same browser gets the data under a name of this machine
    assert page.goto(dashboard(server, "api/apps")).status == 200
    context.close()
