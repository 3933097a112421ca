"""An hour of a dashboard that is left open, in real time: `make soak`, or HAECHI_SOAK=1.

What the pages and the server hold is written down every minute, in `.run/soak-pages.tsv`.
"""

import os
import threading
from pathlib import Path

import pytest
from browsing import COUNT_SECONDS, Watched, held, renderers, resident, wait_for_second
from playwright.sync_api import expect
from serving import Serving
from waiting import until

MINUTES = int(os.environ.get("HAECHI_SOAK_MINUTES", "60"))
# the live charts are full after five minutes, the log of 300 lines after some
WARM_MINUTES = MINUTES // 6
LINES = 300
# what may come and go with the moment one looks
HEAP_SHARE, NODES_SHARE, LISTENERS, RESIDENT_SHARE = 0.1, 0.03, 20, 0.1
PAGES = {
    "overview": "",
    "logs": "#/logs",
    # goes through all pages every minute and is back when one looks
    "wanderer": "#/running",
}
WAY = (
    *("", "routes", "requests", "queries", "traffic", "releases", "logs", "logs?view=patterns"),
    *("issues", "workers", "status", "running"),
)
TABLE = Path(__file__).resolve().parent.parent / ".run" / "soak-pages.tsv"


@pytest.fixture
def visited(haechi_binary, serve, site, tmp_path):
    """An app that is visited all the time, and the `haechi serve` that stands beside it."""
    app = serve("rocket", site, server=False)
    serving = Serving(haechi_binary, app.data, tmp_path / "serving").start()
    over = threading.Event()

    def visit():
        for number in range(10**9):
            if over.wait(0.33):
                return
            app.visitor.get(f"/your_app/probe/lines/{number}/2")
            if number % 50 == 0:
                app.visitor.get("/your_app/probe/boom")
            if number % 60 == 0:
                app.visitor.get("/your_app/probe/slow/0.8")

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        until(lambda: serving.ask("/api/requests")["requests"], what="a request in the store")
        yield serving
    finally:
        over.set()
        visitor.join()
        serving.stop()


@pytest.fixture
def opened(browser, visited):
    """Every page in a window of its own, live, and all windows without a mistake at the end."""
    windows = {name: Watched(browser.new_context()) for name in PAGES}
    for name, window in windows.items():
        window.page.goto(f"http://127.0.0.1:{visited.port}/{PAGES[name]}")
        state = window.page.get_by_test_id("connection-state")
        expect(state).to_have_attribute("data-state", "live")
        assert window.page.evaluate("document.visibilityState") == "visible"
        window.page.evaluate(COUNT_SECONDS)
    yield {name: window.page for name, window in windows.items()}
    for window in windows.values():
        window.assert_well()
        window.page.context.close()


def wander(page):
    """Once through all pages, each until it shows something."""
    for place in WAY:
        page.evaluate("(place) => { location.hash = `#/${place}`; }", place)
        page.wait_for_function(
            """() => document.querySelectorAll("main .card").length > 0
                && !document.querySelector("main").innerText.includes("Loading…")"""
        )


def look(browser, pages, server) -> "dict[str, int]":
    """All there is to know of this minute."""
    found = {"server kB": resident(server.process.pid)}
    found["renderers kB"] = sum(map(resident, renderers(browser)))
    for name, page in pages.items():
        if name == "wanderer":
            wander(page)
        found |= {f"{name} {what}": amount for what, amount in held(page, looks=2).items()}
    return found


def least(table, column):
    return min(row[column] for row in table)


@pytest.mark.skipif(not os.environ.get("HAECHI_SOAK"), reason="takes an hour")
def test_an_hour_of_open_pages_soaks_up_no_memory(browser, visited, opened):
    table = []
    TABLE.parent.mkdir(exist_ok=True)
    with TABLE.open("w") as file:
        for minute in range(1, MINUTES + 1):
            for page in opened.values():
                wait_for_second(page, minute * 60)
            table.append(look(browser, opened, visited))
            if minute == 1:
                print("minute", *table[0], sep="\t", file=file)
            print(minute, *table[-1].values(), sep="\t", file=file, flush=True)
    lines = opened["logs"].get_by_test_id("log-lines").locator("> li")
    assert lines.count() == LINES, "the log was full"
    # the least of some minutes before, and of as many at the end
    before, after = table[WARM_MINUTES : 2 * WARM_MINUTES], table[-WARM_MINUTES:]
    # what drives the browser makes it keep a record of every answer, in the renderers' memory
    told = [column for column in table[0] if column != "renderers kB"]
    allowed = {"heap": HEAP_SHARE, "nodes": NODES_SHARE, "kB": RESIDENT_SHARE}
    grown = []
    for column in told:
        first, last = least(before, column), least(after, column)
        what = column.rsplit(" ")[-1]
        most = first + LISTENERS if what == "listeners" else first * (1 + allowed[what])
        if last > most:
            grown.append(f"{column}: {first} after {2 * WARM_MINUTES} min, {last} at the end")
    assert not grown, "\n".join(grown)
