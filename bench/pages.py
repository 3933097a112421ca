"""The dashboard: the bytes of its first load, and how soon numbers are on the screen."""

import gzip
import re
import sys
import urllib.request

import store_answers
from figures import Row, Section, row_of
from programs import ROOT, Problem
from server import Server

sys.path.insert(0, str(ROOT / "tests"))

import browsing

LIMIT_BYTES = 150_000
LIMIT_MS = 1000.0
TIMES = 9
DAY = f"from={store_answers.DAY}T00:00:00Z&to={store_answers.DAY}T23:59:00Z"
PAGES = {
    "overview of the day": (f"#/?{DAY}", "total-requests"),
    "one route over the day": (f"#/routes/default%2Fpage3?of=your_app&{DAY}", "total-requests"),
    "visitors of the day": (f"#/traffic?{DAY}", "visits-requests"),
}
# notes, by the page's own clock, when a number first stands on it: in the frame that shows it
WATCH = """(() => {
  const look = () => {
    const shown = document.querySelector(`[data-testid="TESTID"]`);
    if (shown !== null && Number(shown.dataset.value) > 0) window.shownAt = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();"""


def measure(options) -> Section:
    rows = min(options.rows, 500_000) if options.quick else options.rows
    folder, _ = store_answers.filled(rows)
    section = Section("pages", f"The dashboard over {rows:,} requests of one day")
    with Server(folder) as server:
        size = first_load(server)
        section.rows.append(Row("first load, gzipped", size / 1e3, "kB", LIMIT_BYTES / 1e3))
        for what, times in shown(server).items():
            section.rows.append(row_of(f"numbers on the screen: {what}", times, "ms", LIMIT_MS))
    section.text = (
        f"Headless Chromium, {TIMES} times each with an empty cache, from the beginning of the "
        "navigation to the frame that shows the number, by the page's own clock. Visitors are "
        "counted from single requests for a second at the most."
    )
    return section


def first_load(server: Server) -> int:
    """Bytes on the wire of the page and all it loads, as a browser asks for them."""

    def packed(path: str) -> "tuple[bytes, bytes]":
        url = f"http://127.0.0.1:{server.port}{path}"
        asked = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(asked) as answer:
            sent = answer.read()
            is_packed = answer.headers.get("Content-Encoding") == "gzip"
            return sent, gzip.decompress(sent) if is_packed else sent

    sent, page = packed("/")
    assets = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.decode())
    if not assets:
        raise Problem("the dashboard is not part of this build; run `make build`")
    return len(sent) + sum(len(packed(asset)[0]) for asset in assets)


def shown(server: Server) -> "dict[str, list[float]]":
    """Milliseconds until each page shows its number."""
    from playwright.sync_api import sync_playwright

    times: dict[str, list[float]] = {what: [] for what in PAGES}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=browsing.chromium(), args=browsing.ARGUMENTS
        )
        for turn in range(TIMES + 1):
            for what, (place, testid) in PAGES.items():
                context = browser.new_context()
                page = context.new_page()
                page.add_init_script(WATCH.replace("TESTID", testid))
                page.goto(f"http://127.0.0.1:{server.port}/{place}")
                found = page.wait_for_function("() => window.shownAt", timeout=60_000)
                # the first turn warms the browser and the disk
                if turn > 0:
                    times[what].append(found.json_value())
                context.close()
        browser.close()
    return times
