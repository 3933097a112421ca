"""A dashboard that stays open holds no more after an hour than after some minutes.

Minutes are simulated: ticks and the page's own timers come SPEED times as fast, answers are the
server's. HAECHI_SOAK=1 waits for a real hour instead (`make soak`).
"""

import os
import threading

import pytest
from browsing import dashboard
from playwright.sync_api import expect
from serving import Asked
from waiting import until

SOAK = bool(os.environ.get("HAECHI_SOAK"))
SPEED = 1 if SOAK else 30
# the live charts are full after five minutes
WARM_MINUTES, MINUTES = (10, 60) if SOAK else (6, 10)
# what may come and go with the moment one looks; some minutes show only what is lost with
# every tick, and that on one page
HEAP_SHARE, NODES_SHARE, LISTENERS = (0.1, 0.03, 20) if SOAK else (0.3, 0.1, 20)
# lines the log shows at the most
LINES = 300
PAGES = {"overview": "#/?range=6h"}
if SOAK:
    PAGES |= {"logs": "#/logs", "workers": "#/workers?range=6h"}

# the stream and all timers as if time went faster; a lost stream is noticed as ever
HASTEN = """(() => {
  const speed = SPEED;
  const later = window.setTimeout.bind(window);
  window.setTimeout = (work, ms, ...more) => later(work, ms >= 1000 && ms !== 5000 ? ms / speed : ms, ...more);
  const Real = window.EventSource;
  let ahead = 0;
  window.EventSource = class extends Real {
    addEventListener(kind, listener) {
      super.addEventListener(kind, (event) => {
        const told = JSON.parse(event.data);
        if (kind !== "tick") return listener(event);
        const began = Date.parse(told.time);
        for (let i = 0; i < speed; i += 1) {
          const time = new Date(began + ahead).toISOString();
          ahead += i + 1 < speed ? 1000 : 0;
          later(() => listener({ data: JSON.stringify({ ...told, time }) }), (i * 1000) / speed);
        }
        window.ticks = (window.ticks ?? 0) + speed;
      });
    }
  };
})();"""


@pytest.fixture(scope="module")
def server(module_serve, module_site):
    """An app that is visited all the time, with log lines and now and then an exception."""
    made = module_serve("rocket", module_site)
    over = threading.Event()

    def visit():
        for number in range(10**9):
            if over.wait(0.1):
                return
            made.visitor.get(f"/your_app/probe/lines/{number}/2")
            if number % 50 == 0:
                made.visitor.get("/your_app/probe/boom")

    visitor = threading.Thread(target=visit)
    visitor.start()
    asked = Asked(made)
    until(lambda: asked.ask("/api/requests")["requests"], what="a request in the store")
    yield made
    over.set()
    visitor.join()


def held(page) -> "dict[str, float]":
    """What the page holds, of what is still in use: the least of some looks."""
    session = page.context.new_cdp_session(page)
    looks = []
    for _ in range(6):
        page.wait_for_function("(n) => window.lived > n", arg=page.evaluate("window.lived"))
        session.send("HeapProfiler.collectGarbage")
        counted = session.send("Memory.getDOMCounters")
        heap = session.send("Runtime.getHeapUsage")["usedSize"]
        looks.append((heap, counted["nodes"], counted["jsEventListeners"]))
    session.detach()
    return dict(zip(("heap", "nodes", "listeners"), map(min, zip(*looks)), strict=True))


def full(page, name) -> bool:
    """Whether the page shows as much as it ever will."""
    return name != "logs" or page.get_by_test_id("log-lines").locator("> li").count() >= LINES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_stays_open_does_not_soak_up_memory(page, server, name):
    if SPEED > 1:
        page.add_init_script(HASTEN.replace("SPEED", str(SPEED)))
    page.goto(dashboard(server, PAGES[name]))
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    page.evaluate(
        """() => {
          window.lived = 0;
          window.setInterval(() => { window.lived += 1; }, 1000);
        }"""
    )

    def wait(minutes):
        """Lets so many minutes pass from now on."""
        end = page.evaluate("window.lived") + minutes * 60 / SPEED
        until(lambda: page.evaluate("window.lived") >= end, minutes * 180 / SPEED + 30, "the time")

    wait(WARM_MINUTES)
    until(lambda: full(page, name), 120, "the page to be full")
    warm = held(page)
    wait(MINUTES)
    later = held(page)
    grown = {what: later[what] - warm[what] for what in warm}
    told = f"{name}: {warm}, and {later} {MINUTES} min later"
    print(told)
    assert grown["heap"] <= HEAP_SHARE * warm["heap"], told
    assert grown["nodes"] <= NODES_SHARE * warm["nodes"], told
    assert grown["listeners"] <= LISTENERS, told
    if SPEED > 1:
        assert page.evaluate("window.ticks") >= MINUTES * 60 * 0.5, "ticks came as simulated"
