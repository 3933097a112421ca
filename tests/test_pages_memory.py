"""A dashboard that stays open asks little, and holds no more after a while than at first.

Minutes are simulated: ticks and the page's own timers come SPEED times as fast, answers are the
server's. The real hour is in test_pages_soak.py.
"""

import threading
from collections import Counter
from urllib.parse import urlsplit

import pytest
from browsing import COUNT_SECONDS, dashboard, held, wait_for_second
from playwright.sync_api import expect
from serving import Asked
from waiting import until

SPEED = 30
# the live charts are full after five minutes
WARM_MINUTES, MINUTES = 6, 10
# some minutes show only what is lost with every tick
HEAP_SHARE, NODES_SHARE, LISTENERS = 0.3, 0.1, 20
# seconds a page is listened to, and how often it may ask the same in one of them
SECONDS, OFTEN = 6, 2

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


@pytest.mark.parametrize("place", ("", "#/logs", "#/running", "#/workers", "#/issues", "#/traffic"))
def test_a_page_that_stays_open_asks_only_now_and_then(page, server, place):
    page.goto(dashboard(server, place))
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    asked = Counter()
    page.on("request", lambda request: asked.update([urlsplit(request.url).path]))
    page.evaluate(COUNT_SECONDS)
    wait_for_second(page, SECONDS)
    lived = page.evaluate("window.lived")
    assert asked and max(asked.values()) <= OFTEN * (lived + 1), (lived, asked)


def test_a_page_that_stays_open_holds_no_more_than_before(page, server):
    page.add_init_script(HASTEN.replace("SPEED", str(SPEED)))
    page.goto(dashboard(server, "#/?range=6h"))
    expect(page.get_by_test_id("connection-state")).to_have_attribute("data-state", "live")
    page.evaluate(COUNT_SECONDS)

    def wait(minutes):
        """Lets so many minutes pass from now on."""
        wait_for_second(page, page.evaluate("window.lived") + minutes * 60 / SPEED)

    wait(WARM_MINUTES)
    warm = held(page)
    wait(MINUTES)
    later = held(page)
    grown = {what: later[what] - warm[what] for what in warm}
    told = f"{warm}, and {later} {MINUTES} min later"
    print(told)
    assert grown["heap"] <= HEAP_SHARE * warm["heap"], told
    assert grown["nodes"] <= NODES_SHARE * warm["nodes"], told
    assert grown["listeners"] <= LISTENERS, told
    assert page.evaluate("window.ticks") >= MINUTES * 60 * 0.5, "ticks came as simulated"
