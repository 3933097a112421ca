"""A headless Chromium whose pages report every error, dialog and breach of their policy."""

import os
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from waiting import until

REBOUND = "rebound.example"  # a name of elsewhere that leads to this machine
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1",
]
# what assistive technology needs, as WCAG 2.2 AA asks for it, and what is held to be good besides
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
AXE = Path(__file__).resolve().parent.parent / "web" / "node_modules" / "axe-core" / "axe.min.js"
WATCH = """
window.breaches = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.breaches.push(event.violatedDirective + " " + event.blockedURI));
"""


def chromium() -> str:
    """The browser: HAECHI_CHROMIUM, else the one on the path."""
    named = os.environ.get("HAECHI_CHROMIUM")
    found = named or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "chromium was not found; run `make setup`"
    return found


class Watched:
    """A page and everything that went wrong in it."""

    def __init__(self, context):
        self.wrong = []
        self.page = context.new_page()
        self.page.add_init_script(WATCH)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)

    def _console(self, message):
        if message.type == "error":
            self.wrong.append(f"console: {message.text} {message.location}")

    def _dialog(self, dialog):
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request):
        if urlsplit(request.url).hostname == "canary.invalid":
            self.wrong.append(f"request: {request.url}")

    def look(self) -> None:
        """Notes what the page itself knows: call before it goes away."""
        for frame in self.page.frames:
            found = frame.evaluate("[window.canary, window.breaches || []]")
            if found[0] is not None:
                self.wrong.append(f"a text ran as code in {frame.url}")
            self.wrong += [f"policy: {breach}" for breach in found[1]]

    def assert_well(self) -> None:
        self.look()
        assert not self.wrong, "\n".join(map(str, self.wrong[:20]))


def broken_rules(page, of: str = "", rules=None) -> "list[str]":
    """What axe finds wrong with a page, or with the one element of it that `of` selects."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    look = "([of, rules]) => axe.run(of || document, rules)"
    told = page.evaluate(look, [of, rules or RULES])
    assert of or len(told["passes"]) > 10, "axe looked at nothing"
    return [
        f"{rule['id']} ({rule['help']}) at {[node['target'] for node in rule['nodes']][:3]}"
        for rule in told["violations"]
    ]


def dashboard(server, place: str = "") -> str:
    return f"http://127.0.0.1:{server.dashboard}/{place}"


def number(page, test_id: str) -> float:
    """The number a figure shows, unrounded; -1 while there is none."""
    return float(page.get_by_test_id(test_id).get_attribute("data-value") or -1)


def kept(page, button) -> "tuple[str, bytes]":
    """What a button gives as a file: its name and content."""
    with page.expect_download() as waiting:
        button.click(force=True)
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


# what a page must be given for the two functions below
COUNT_SECONDS = "window.lived = 0; window.setInterval(() => { window.lived += 1; }, 1000);"


def wait_for_second(page, second: float) -> None:
    """Until the page has counted so many seconds."""
    lived = f"window.lived >= {second}"
    until(lambda: page.evaluate(lived), 180, f"second {second} of a page", every=0.2)


def held(page, looks: int = 6) -> "dict[str, int]":
    """What the page holds of what is still in use: the least of some looks, a second apart."""
    session = page.context.new_cdp_session(page)
    seen = []
    for _ in range(looks):
        wait_for_second(page, page.evaluate("window.lived") + 1)
        session.send("HeapProfiler.collectGarbage")
        counted = session.send("Memory.getDOMCounters")
        heap = session.send("Runtime.getHeapUsage")["usedSize"]
        seen.append((int(heap), counted["nodes"], counted["jsEventListeners"]))
    session.detach()
    return dict(zip(("heap", "nodes", "listeners"), map(min, zip(*seen)), strict=True))


def renderers(browser) -> "list[int]":
    """The processes that hold its pages."""
    session = browser.new_browser_cdp_session()
    told = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return [process["id"] for process in told if process["type"] == "renderer"]


def resident(pid: int) -> int:
    """The memory of a process, in kB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1))
